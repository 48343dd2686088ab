package io.github.checkpoint4j.keras.hdf5;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both ways with the real h5py, on trees made anew. */
@Tag("interop")
class Hdf5InteropTest {
  @TempDir Path folder;

  private Json.Obj python(String script, Object... arguments) throws Exception {
    Path said = folder.resolve("said.json");
    Path errors = folder.resolve("errors");
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("checkpoint4j.python"));
    command.add("-c");
    command.add(
        """
        import json, sys
        sys.path.insert(0, sys.argv[1])
        sys.dont_write_bytecode = True
        import h5py, make, numpy as np
        """
            + script);
    command.add(Golden.FOLDER.toString());
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(said.toFile())
            .redirectError(errors.toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    return (Json.Obj) Json.parse(Golden.bytes(said), "python");
  }

  private Path write(Hdf5Group tree, String name) throws IOException {
    return Files.write(folder.resolve(name), Hdf5WriteTest.bytes(Hdf5.write(tree)));
  }

  @Test
  void h5py_reads_what_java_wrote() throws Exception {
    Map<String, Json> expected = new LinkedHashMap<>();
    for (int seed = 0; seed < 30; seed++) {
      Hdf5Group tree = new RandomTree(seed).group(3);
      expected.put(write(tree, seed + ".h5").toString(), Described.tree(tree));
    }
    Json.Obj said =
        python(
            """
            print(json.dumps({p: make.tree(h5py.File(p, "r")) for p in sys.argv[2:]}))
            """,
            expected.keySet().toArray());

    assertThat(said).isEqualTo(new Json.Obj(expected));
  }

  @Test
  void h5py_extends_what_java_wrote() throws Exception {
    Map<String, Hdf5Node> children = new LinkedHashMap<>();
    for (int i = 0; i < 1000; i++) {
      children.put(
          "x" + i, Hdf5Dataset.of(Map.of(), new Hdf5Value.Numbers(Tensor.scalar((float) i))));
    }
    children.put("random", new RandomTree(5).group(3));
    children.put("none", new Hdf5Group(Map.of(), Map.of()));
    Path file =
        write(
            new Hdf5Group(Map.of("text", new Hdf5Value.Text("old".repeat(100))), children), "a.h5");
    Json.Obj said =
        python(
            """
            with h5py.File(sys.argv[2], "r+") as file:
                for i in range(1000):
                    file[f"w{i}"] = np.float64(i)
                    file[f"none/z{i}"] = np.int8(i % 100)
                    del file[f"x{i * 7 % 1000}"]
                    file[f"x{i * 7 % 1000}"] = np.arange(i % 10)
                file.attrs["text"] = "new" * 10000
                for i in range(50):
                    file.attrs[f"more{i}"] = "text" * i
                    file["random"].attrs[f"more{i}"] = i
                    file["w3"].attrs[f"more{i}"] = i
            print(json.dumps(make.tree(h5py.File(sys.argv[2], "r"))))
            """,
            file);

    assertThat(Described.tree(Hdf5.read(Golden.bytes(file), "a.h5"))).isEqualTo(said);
  }

  @Test
  void java_reads_what_h5py_wrote() throws Exception {
    for (int seed = 0; seed < 10; seed++) {
      write(new RandomTree(1000 + seed).group(3), seed + ".h5");
    }
    Json.Obj said =
        python(
            """
            said = {}
            for seed in range(10):
                for libver in ("earliest", "v108", "v110", "latest"):
                    path = f"{sys.argv[2]}/{libver}{seed}.h5"
                    with h5py.File(f"{sys.argv[2]}/{seed}.h5", "r") as old, h5py.File(
                        path, "w", libver=libver, track_order=seed % 2 == 1
                    ) as new:
                        for name in old:
                            old.copy(name, new)
                        for name, value in old.attrs.items():
                            new.attrs[name] = value
                    with h5py.File(path, "r") as file:
                        said[path] = make.tree(file)
            print(json.dumps(said))
            """,
            folder);

    assertThat(said.members()).hasSize(40);
    for (Map.Entry<String, Json> file : said.members().entrySet()) {
      Path path = Path.of(file.getKey());
      assertThat(Described.tree(Hdf5.read(Golden.bytes(path), "copy.h5")))
          .as(file.getKey())
          .isEqualTo(file.getValue());
    }
  }

  @Test
  void h5py_reads_datasets_over_4_gigabytes_that_java_wrote() throws Exception {
    Path sparse = folder.resolve("sparse");
    long size = (1L << 32) + 4096;
    try (FileChannel channel =
            FileChannel.open(
                sparse,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.SPARSE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        Arena arena = Arena.ofConfined()) {
      MemorySegment zeros = channel.map(FileChannel.MapMode.READ_WRITE, 0, size, arena);
      Tensor large = Tensor.of(Dtype.F32, new long[] {size / 4096, 1024}, zeros);
      Map<String, Hdf5Node> children = new LinkedHashMap<>();
      children.put("large", Hdf5Dataset.of(Map.of(), new Hdf5Value.Numbers(large)));
      children.put(
          "after",
          Hdf5Dataset.of(Map.of(), new Hdf5Value.Numbers(Tensor.ofFloats(new float[] {5}, 1))));
      FileContent content = Hdf5.write(new Hdf5Group(Map.of(), children));
      Path file = folder.resolve("large.h5");
      writeSparse(content, file);
      Json.Obj said =
          python(
              """
              with h5py.File(sys.argv[2], "r") as file:
                  large, after = file["large"], file["after"]
                  said = [list(large.shape), float(large[-1, -1]), float(after[0])]
              print(json.dumps({"said": said}))
              """,
              file);

      assertThat(said.get("said"))
          .isEqualTo(
              Json.array(
                  List.of(
                      Json.array(List.of(Json.of(size / 4096), Json.of(1024))),
                      Json.of(0.0),
                      Json.of(5.0))));
      assertReadBack(file, size);
    }
  }

  private static void assertReadBack(Path file, long size) throws IOException {
    try (FileChannel channel = FileChannel.open(file);
        Arena arena = Arena.ofConfined()) {
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      Hdf5Group back = Hdf5.read(mapped, "large.h5");
      Hdf5Dataset large = (Hdf5Dataset) back.find("large").orElseThrow();
      Hdf5Dataset after = (Hdf5Dataset) back.find("after").orElseThrow();

      assertThat(((Hdf5Value.Numbers) large.value()).tensor().byteSize()).isEqualTo(size);
      assertThat(((Hdf5Value.Numbers) after.value()).tensor().toFloats()).containsExactly(5);
    }
  }

  /** Writes a file without what is named {@code large}, which is zeros. */
  private static void writeSparse(FileContent content, Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      long at = 0;
      for (FileContent.Part part : content.parts()) {
        if (!part.tensor().equals(Optional.of("large"))) {
          channel.write(part.bytes().asByteBuffer(), at);
        }
        at += part.bytes().byteSize();
      }
    }
  }
}
