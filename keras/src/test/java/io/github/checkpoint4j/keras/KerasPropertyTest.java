package io.github.checkpoint4j.keras;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.keras.hdf5.Hdf5Group;
import io.github.checkpoint4j.keras.hdf5.Hdf5Value;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Models of any names, shapes and dtypes are what they were after they were written and read. */
class KerasPropertyTest {
  private static final List<Dtype> DTYPES =
      List.of(
          Dtype.BOOL,
          Dtype.U8,
          Dtype.I8,
          Dtype.I16,
          Dtype.U16,
          Dtype.F16,
          Dtype.BF16,
          Dtype.I32,
          Dtype.U32,
          Dtype.F32,
          Dtype.F64,
          Dtype.I64,
          Dtype.U64);
  private static final List<String> NAMES =
      List.of(
          "dense", "dense_1", "dense_10", "Ünïcode 層", "a b", "@x", "x".repeat(300), "kernel:0");

  private static Tensor tensor(Random random) {
    long[] shape = new long[random.nextInt(4)];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = random.nextInt(4);
    }
    Dtype dtype = DTYPES.get(random.nextInt(DTYPES.size()));
    byte[] bytes = new byte[Math.toIntExact(dtype.byteSize(Tensor.elementCount(shape)))];
    random.nextBytes(bytes);
    if (dtype == Dtype.BOOL) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] &= 1;
      }
    }
    return Tensor.of(dtype, shape, MemorySegment.ofArray(bytes));
  }

  private static String name(Random random) {
    return NAMES.get(random.nextInt(NAMES.size()));
  }

  private static KerasModel model(Random random, boolean legacy, int variables) {
    Map<String, String> names = new LinkedHashMap<>();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, Tensor> optimizer = new LinkedHashMap<>();
    for (int i = 0; i < variables; i++) {
      String layer = name(random) + i;
      if (legacy) {
        names.put("model_weights/" + layer, layer);
        for (int j = random.nextInt(3); j > 0; j--) {
          tensors.put("model_weights/" + layer + "/" + name(random) + j + "/w", tensor(random));
        }
        optimizer.put("optimizer_weights/adam/" + layer, tensor(random));
      } else {
        String group = random.nextBoolean() ? "layers/" + layer : "layers/" + layer + "/cell";
        names.put(group, name(random));
        for (int j = 0; j < random.nextInt(4); j++) {
          tensors.put(group + "/vars/" + j, tensor(random));
        }
        optimizer.put("optimizer/vars/" + i, tensor(random));
      }
    }
    Json.Obj config = Json.object().put("class_name", name(random)).build();
    return new KerasModel(
        legacy ? KerasLayout.LEGACY_MODEL : KerasLayout.ARCHIVE,
        Optional.of("3.15.1"),
        legacy ? Optional.of("jax") : Optional.empty(),
        legacy ? Optional.empty() : Optional.of("2026-01-01@00:00:00"),
        Optional.of(config),
        legacy ? Optional.of(config) : Optional.empty(),
        names,
        tensors,
        optimizer,
        Map.of());
  }

  @Property(tries = 100)
  void a_legacy_model_keeps_its_order_and_bytes(
      @ForAll long seed, @ForAll @IntRange(max = 20) int layers) throws IOException {
    KerasModel model = model(new Random(seed), true, layers);

    KerasModel read = Keras.read(Golden.joined(Keras.write(model)), "m.h5");

    assertThat(Golden.rows(read.variables())).isEqualTo(Golden.rows(model.variables()));
    assertThat(Golden.rows(read.optimizerVariables()))
        .isEqualTo(Golden.rows(model.optimizerVariables()));
    assertThat(List.copyOf(read.names().entrySet()))
        .isEqualTo(List.copyOf(model.names().entrySet()));
    assertThat(read.config()).isEqualTo(model.config());
    assertThat(read.trainingConfig()).isEqualTo(model.trainingConfig());
  }

  @Property(tries = 100)
  void an_archive_keeps_names_and_bytes(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 20) int layers) throws IOException {
    KerasModel model = model(new Random(seed), false, layers);

    KerasModel read = Keras.read(Golden.joined(Keras.write(model)), "m.keras");

    assertThat(read.names()).isEqualTo(model.names());
    assertThat(read.variables().keySet()).isEqualTo(model.variables().keySet());
    for (Map.Entry<String, Tensor> variable : model.variables().entrySet()) {
      Tensor found = read.variables().getOrDefault(variable.getKey(), Tensor.scalar(0));
      assertThat(found.hasSameBytes(variable.getValue())).as(variable.getKey()).isTrue();
    }
    assertThat(Golden.rows(read.optimizerVariables()))
        .isEqualTo(Golden.rows(model.optimizerVariables()));
  }

  @Property(tries = 200)
  void names_are_parted_as_numpy_parts_an_array_and_joined_again(
      @ForAll @IntRange(max = 5000) int count, @ForAll @IntRange(min = 1, max = 3000) int longest)
      throws IOException {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add("n".repeat(1 + (i * 7) % longest));
    }

    Map<String, Hdf5Value> parts = SplitAttribute.write("weight_names", names);

    var group = new Hdf5Group(parts, Map.of());
    assertThat(SplitAttribute.isIn(group, "weight_names")).isTrue();
    assertThat(SplitAttribute.read(group, "weight_names", "here")).isEqualTo(names);
    List<Integer> sizes = new ArrayList<>();
    for (var part : parts.values()) {
      if (part instanceof Hdf5Value.Texts texts) {
        int widest = texts.values().stream().mapToInt(String::length).max().orElse(0);
        assertThat(widest * texts.values().size()).isLessThanOrEqualTo(64_512);
        sizes.add(texts.values().size());
      }
    }
    if (!sizes.isEmpty()) {
      assertThat(sizes.getFirst() - sizes.getLast()).isBetween(0, 1);
    }
  }
}
