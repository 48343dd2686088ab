package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class FingerprintTest {

  @Test
  void it_names_what_the_bits_depend_on() {
    torch.set_num_threads(1);
    Json.Obj fingerprint = Fingerprint.current();
    assertThat(fingerprint.text("libtorch")).isEqualTo("2.10.0");
    assertThat(fingerprint.integer("threads")).isEqualTo(1);
    assertThat(fingerprint.text("cpu_capability")).matches("[A-Z0-9_]+");
    assertThat(fingerprint.text("device")).isEqualTo("cpu");
    assertThat(fingerprint.text("architecture")).isEqualTo(System.getProperty("os.arch"));
  }

  @Test
  void it_names_the_device() {
    assertThat(Fingerprint.current(TorchDevice.parse("cuda:1")).text("device")).isEqualTo("cuda:1");
  }
}
