package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/** Random trees of everything that is written. */
final class RandomTree {
  static final List<Dtype> DTYPES =
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
          Dtype.C64,
          Dtype.F64,
          Dtype.I64,
          Dtype.U64,
          Dtype.C128);

  private static final List<String> LETTERS =
      List.of("a", "B", "_", "0", " ", ".", "\u00e4", "\u4f60", "\ud83d\ude00", "\\", "'", "\n");

  private final Random random;

  RandomTree(long seed) {
    this.random = new Random(seed);
  }

  /** A group with groups at most {@code depth} deep in it. */
  Hdf5Group group(int depth) {
    Map<String, Hdf5Node> children = new LinkedHashMap<>();
    for (int i = random.nextInt(random.nextInt(20) == 0 ? 400 : 12); i > 0; i--) {
      String name = text() + i;
      if (!name.equals(".") && !name.equals("..")) {
        children.put(name, depth > 0 && random.nextInt(4) == 0 ? group(depth - 1) : dataset());
      }
    }
    return new Hdf5Group(attributes(), children);
  }

  private Hdf5Dataset dataset() {
    Hdf5Value value = value(random.nextInt(50) == 0 ? 3000 : 40);
    Map<String, Hdf5Value> attributes = new LinkedHashMap<>();
    if (random.nextInt(3) == 0) {
      attributes.putAll(attributes());
    }
    if (value.dtype().filter(Dtype.BF16::equals).isPresent()) {
      attributes.put("dtype", new Hdf5Value.Text("bfloat16"));
    }
    return Hdf5Dataset.of(attributes, value);
  }

  private Map<String, Hdf5Value> attributes() {
    Map<String, Hdf5Value> attributes = new LinkedHashMap<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      Hdf5Value value = value(30);
      if (value.dtype().filter(Dtype.BF16::equals).isEmpty()) {
        attributes.put(text() + i, value);
      }
    }
    return attributes;
  }

  private Hdf5Value value(int most) {
    return switch (random.nextInt(8)) {
      case 0 -> new Hdf5Value.Text(text().repeat(random.nextInt(most)));
      case 1 ->
          new Hdf5Value.Texts(Stream.generate(this::text).limit(random.nextInt(most)).toList());
      case 2 -> new Hdf5Value.Empty();
      default -> new Hdf5Value.Numbers(tensor(most));
    };
  }

  private Tensor tensor(int most) {
    Dtype dtype = DTYPES.get(random.nextInt(DTYPES.size()));
    long[] shape = new long[random.nextInt(4)];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = i == 0 ? random.nextInt(most) : random.nextInt(4);
    }
    byte[] bytes = new byte[(int) dtype.byteSize(Tensor.elementCount(shape))];
    random.nextBytes(bytes);
    for (int i = 0; dtype == Dtype.BOOL && i < bytes.length; i++) {
      bytes[i] = (byte) (bytes[i] & 1);
    }
    return Tensor.of(dtype, shape, MemorySegment.ofArray(bytes));
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      text.append(LETTERS.get(random.nextInt(LETTERS.size())));
    }
    return text.toString();
  }
}
