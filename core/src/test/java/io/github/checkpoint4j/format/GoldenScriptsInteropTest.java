package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real libraries still say of the golden files what is expected. */
@Tag("interop")
class GoldenScriptsInteropTest {
  @ParameterizedTest
  @ValueSource(strings = {"npz", "gguf", "tensorflow", "onnx"})
  void a_script_makes_what_is_expected(String topic, @TempDir Path folder)
      throws IOException, InterruptedException {
    Golden golden = Golden.topic(topic);
    Files.copy(golden.folder().resolve("make.py"), folder.resolve("make.py"));

    PyTorchInteropTest.python(folder.resolve("make.py"));

    assertThat(new Golden(folder).expected()).isEqualTo(golden.expected());
  }
}
