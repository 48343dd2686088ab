package io.github.checkpoint4j.keras.hdf5;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged files are read as far as they make sense, or refused; nothing else happens. */
class Hdf5DamageTest {
  static Stream<byte[]> files() throws Exception {
    Hdf5Group tree = Golden.read("small");
    return Stream.of(
        Golden.bytes("small").toArray(ValueLayout.JAVA_BYTE),
        Golden.bytes("small-latest").toArray(ValueLayout.JAVA_BYTE),
        Hdf5WriteTest.bytes(Hdf5.write(tree)));
  }

  /** Whether a file is refused, with a message that names it. */
  private static boolean isRefused(byte[] file, String damage) {
    try {
      Hdf5HostileTest.read(MemorySegment.ofArray(file), "damaged.h5");
      return false;
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      assertThat(e.getMessage()).startsWith("damaged.h5: ").doesNotContain("\n");
      return true;
    } catch (RuntimeException | Error e) {
      return fail(damage, e);
    }
  }

  @MethodSource("files")
  @ParameterizedTest
  void a_file_cut_at_any_length_is_refused(byte[] file) {
    assertThat(isRefused(file, "whole")).isFalse();
    for (int length = 0; length < file.length; length++) {
      assertThat(isRefused(Arrays.copyOf(file, length), "cut at " + length))
          .as("cut at %d", length)
          .isTrue();
    }
  }

  @MethodSource("files")
  @ParameterizedTest
  void a_file_with_any_byte_changed_is_read_or_refused(byte[] file) {
    int refused = 0;
    for (int at = 0; at < file.length; at++) {
      for (int change : new int[] {1, 0x80, 0xff, 0x24}) {
        byte[] changed = file.clone();
        changed[at] ^= (byte) change;
        refused += isRefused(changed, "byte " + at + " changed by " + change) ? 1 : 0;
      }
    }

    assertThat(refused).isGreaterThan(1000);
  }
}
