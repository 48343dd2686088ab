package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.Sharding;
import io.github.checkpoint4j.store.TrainerLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A directory that models are saved into, one after another. */
class ModelDirectoryTest {
  private static final float OLD = 1;
  private static final float NEW = 2;

  /** What is read where there are no weights. */
  private static final float NONE = -1;

  @TempDir private Path path;

  /** A model of four tensors of one value, in this many files. */
  private static Map<String, FileContent> model(float value, int shards) {
    StateDict.Builder state = StateDict.builder();
    for (int i = 0; i < 4; i++) {
      state.put("t" + i, Tensor.ofFloats(new float[] {value}, 1));
    }
    long size = 4L * (4 + shards - 1) / shards / 4 * 4;
    Map<String, FileContent> files =
        new LinkedHashMap<>(
            TrainerLayout.files(
                "model", state.build(), Sharding.DEFAULT.withMaxShardSize(Math.max(4, size))));
    assertThat(files).hasSize(shards == 1 ? 1 : shards + 1);
    files.put("config.json", FileContent.of("{\"value\": " + value + "}"));
    return files;
  }

  private float value() throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      StateDict state = checkpoint.state("model");
      List<Float> values = new ArrayList<>();
      for (String name : state.names()) {
        values.add(state.tensor(name).toFloats()[0]);
      }
      assertThat(values).hasSize(4);
      assertThat(Set.copyOf(values)).as("of one save").hasSize(1);
      return values.getFirst();
    } catch (NoSuchFileException e) {
      return NONE;
    } catch (CorruptFileException e) {
      assertThat(e).hasMessageContaining("holds no file");
      return NONE;
    }
  }

  private Set<String> names() throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      Set<String> names = new TreeSet<>();
      files.forEach(file -> names.add(file.getFileName().toString()));
      return names;
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 2", "1, 4", "2, 1", "2, 2", "2, 4", "4, 1", "4, 2", "4, 4"})
  void whenever_a_save_ends_the_weights_are_of_one_save(int before, int after) throws IOException {
    Files.writeString(path.resolve("README.md"), "of the user");
    var directory = new ModelDirectory(path);
    directory.save(model(OLD, before));
    assertThat(value()).isEqualTo(OLD);

    Map<String, FileContent> files = model(NEW, after);
    float last = OLD;
    boolean wasMissing = false;
    for (ModelDirectory.Step step : directory.steps(files)) {
      step.perform();
      float now = value();
      wasMissing |= now == NONE;
      assertThat(now).isIn(last == OLD ? List.of(OLD, NONE, NEW) : List.of(last, NEW));
      last = now;
    }
    assertThat(last).isEqualTo(NEW);
    assertThat(wasMissing).isEqualTo(before == after && after > 1);
    Set<String> expected = new TreeSet<>(files.keySet());
    expected.add("README.md");
    assertThat(names()).isEqualTo(expected);
    assertThat(path.resolve("config.json")).hasContent("{\"value\": 2.0}");
  }

  @ParameterizedTest
  @CsvSource({"1, 2", "2, 1", "2, 2", "4, 2"})
  void a_save_that_was_cut_short_anywhere_is_made_good_by_the_next(int before, int after)
      throws IOException {
    var directory = new ModelDirectory(path);
    int steps = directory.steps(model(NEW, after)).size();
    for (int cut = 0; cut <= steps; cut++) {
      directory.save(model(OLD, before));
      List<ModelDirectory.Step> all = directory.steps(model(NEW, after));
      for (ModelDirectory.Step step : all.subList(0, Math.min(cut, all.size()))) {
        step.perform();
      }
      directory.save(model(3, after));
      assertThat(value()).isEqualTo(3);
      assertThat(names()).isEqualTo(new TreeSet<>(model(3, after).keySet()));
    }
  }

  @Test
  void a_file_that_cannot_be_written_leaves_what_was_there() throws IOException {
    var directory = new ModelDirectory(path);
    directory.save(model(OLD, 2));
    Set<String> before = names();
    Files.createDirectories(path.resolve(".model-00002-of-00002.safetensors.tmp/full"));

    assertThatThrownBy(() -> directory.save(model(NEW, 2))).isInstanceOf(IOException.class);

    assertThat(value()).isEqualTo(OLD);
    assertThat(names()).containsAll(before);
    assertThat(names()).doesNotContain(".model-00001-of-00002.safetensors.tmp");
  }
}
