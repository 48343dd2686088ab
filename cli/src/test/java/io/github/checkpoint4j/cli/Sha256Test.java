package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class Sha256Test {
  /** The examples of FIPS 180-4. */
  @Test
  void of_nothing_and_of_abc() {
    assertThat(Sha256.of(MemorySegment.ofArray(new byte[0])))
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assertThat(Sha256.of(MemorySegment.ofArray("abc".getBytes(StandardCharsets.US_ASCII))))
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }

  @Test
  void of_more_than_one_piece() throws Exception {
    byte[] bytes = new byte[(1 << 26) + 5];
    bytes[bytes.length - 1] = 1;

    assertThat(Sha256.of(MemorySegment.ofArray(bytes)))
        .isEqualTo(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
  }
}
