package io.github.checkpoint4j.keras.hdf5;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Tensor;
import io.jhdf.HdfFile;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Another reader in Java, jHDF, understands what is written too. */
class JHdfTest {
  private static Hdf5Dataset dataset(Hdf5Value value) {
    return Hdf5Dataset.of(Map.of(), value);
  }

  @Test
  void jHDF_reads_what_is_written() throws IOException {
    Map<String, Hdf5Node> children = new LinkedHashMap<>();
    children.put(
        "floats", dataset(new Hdf5Value.Numbers(Tensor.ofFloats(new float[] {1, 2, 3, 4}, 2, 2))));
    children.put("longs", dataset(new Hdf5Value.Numbers(Tensor.ofLongs(new long[] {-1, 2}, 2))));
    children.put("texts", dataset(new Hdf5Value.Texts(List.of("a", "bc"))));
    for (int i = 0; i < 2000; i++) {
      children.put("child" + i, dataset(new Hdf5Value.Numbers(Tensor.scalar((float) i))));
    }
    Map<String, Hdf5Value> attributes =
        Map.of(
            "text", new Hdf5Value.Text("{}".repeat(50_000)),
            "names", new Hdf5Value.Texts(List.of("dense", "dense_1")));
    byte[] file =
        Hdf5WriteTest.bytes(
            Hdf5.write(new Hdf5Group(attributes, Map.of("g", new Hdf5Group(Map.of(), children)))));
    try (HdfFile read = HdfFile.fromBytes(file)) {
      assertThat(read.getDatasetByPath("g/floats").getData())
          .isEqualTo(new float[][] {{1, 2}, {3, 4}});
      assertThat(read.getDatasetByPath("g/longs").getData()).isEqualTo(new long[] {-1, 2});
      assertThat(read.getDatasetByPath("g/texts").getData()).isEqualTo(new String[] {"a", "bc"});
      assertThat(read.getDatasetByPath("g/child1234").getData()).isEqualTo(1234f);
      assertThat(read.getByPath("g").isGroup()).isTrue();
      assertThat(read.getAttribute("text").getData()).isEqualTo("{}".repeat(50_000));
      assertThat(read.getAttribute("names").getData()).isEqualTo(new String[] {"dense", "dense_1"});
    }
  }
}
