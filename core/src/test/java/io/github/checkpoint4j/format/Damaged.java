package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.util.Arrays;

/** A file that is damaged in every way of a kind, and read. */
final class Damaged {
  private final byte[] file;

  Damaged(byte[] file) {
    this.file = file;
  }

  interface Reading {
    void of(byte[] file, String source) throws IOException;
  }

  /** Whether a file is refused, with a message that names it; anything else fails. */
  static boolean isRefused(byte[] file, String damage, Reading reading) {
    try {
      reading.of(file, "damaged");
      return false;
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      assertThat(e.getMessage()).as(damage).startsWith("damaged").doesNotContain("\n");
      return true;
    } catch (IOException | RuntimeException | Error e) {
      return fail(damage, e);
    }
  }

  /** Cut at each length up to {@code end}, it must be refused. */
  void requireRefusedWhenCut(int end, Reading reading) {
    assertThat(isRefused(file, "whole", reading)).isFalse();
    for (int length = 0; length < end; length++) {
      String damage = "cut at " + length;
      assertThat(isRefused(Arrays.copyOf(file, length), damage, reading)).as(damage).isTrue();
    }
  }

  /** With each byte changed in several ways, it must be read or refused; how often the latter. */
  int refusedWhenChanged(Reading reading) {
    int refused = 0;
    for (int at = 0; at < file.length; at++) {
      for (int change : new int[] {1, 0x80, 0xff}) {
        byte[] changed = file.clone();
        changed[at] ^= (byte) change;
        refused += isRefused(changed, "byte " + at + " changed by " + change, reading) ? 1 : 0;
      }
    }
    return refused;
  }
}
