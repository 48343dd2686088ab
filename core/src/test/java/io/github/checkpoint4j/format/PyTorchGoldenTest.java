package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every tensor of every golden file has the name, dtype, shape and bytes that Python sees. */
class PyTorchGoldenTest {
  private static final Golden GOLDEN = Golden.topic("pytorch");

  /** The files that Python reads too. */
  static List<Path> files() {
    return Stream.of(".pt", ".pth").flatMap(suffix -> GOLDEN.files("", suffix).stream()).toList();
  }

  static List<Path> allFiles() {
    return Stream.concat(files().stream(), GOLDEN.files("only-saved", ".pt").stream()).toList();
  }

  @ParameterizedTest
  @MethodSource("allFiles")
  void every_tensor_is_what_python_sees(Path file) throws IOException {
    String name = GOLDEN.folder().relativize(file).toString();
    List<String> expected =
        GOLDEN.expected().array(name).items().stream().map(Json::toText).toList();

    assertThat(rows(PyTorch.read(Golden.bytes(file), name))).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("allFiles")
  void every_tensor_is_the_same_after_writing_and_reading(Path file) throws IOException {
    Value value = PyTorch.read(Golden.bytes(file), "original");
    MemorySegment written = PyTorchWriteTest.joined(PyTorch.write(value, "again"));

    assertThat(rows(PyTorch.read(written, "written"))).isEqualTo(rows(value));
  }

  private static List<String> rows(Value value) {
    List<String> rows = new ArrayList<>();
    walk(value, "", rows);
    return rows;
  }

  private static void walk(Value value, String path, List<String> rows) {
    switch (value) {
      case Tensor tensor -> rows.add(row(path, tensor));
      case StateDict dict ->
          dict.entries().forEach((name, entry) -> walk(entry, join(path, name), rows));
      case Value.Dict dict ->
          dict.entries()
              .forEach(
                  (key, entry) ->
                      walk(
                          entry,
                          join(path, key instanceof Value.Int index ? index.value() + "" : "?"),
                          rows));
      case Value.Items items -> walkAll(items.values(), path, rows);
      case Value.Tuple tuple -> walkAll(tuple.values(), path, rows);
      default -> {}
    }
  }

  private static void walkAll(List<Value> values, String path, List<String> rows) {
    for (int i = 0; i < values.size(); i++) {
      walk(values.get(i), join(path, String.valueOf(i)), rows);
    }
  }

  private static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private static String row(String name, Tensor tensor) {
    return Json.object()
        .put("name", name)
        .put("dtype", tensor.dtype().name())
        .put("shape", Json.array(Arrays.stream(tensor.shape()).mapToObj(Json::of).toList()))
        .put("sha256", sha256(tensor))
        .build()
        .toText();
  }

  private static String sha256(Tensor tensor) {
    try {
      byte[] bytes = tensor.bytes().toArray(ValueLayout.JAVA_BYTE);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
