package io.github.checkpoint4j.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/** What a crash left of a file's bytes. */
final class Remains {
  /** The unit in which a page cache writes back and a journal maps a file. */
  static final int BLOCK = 4096;

  /** How many blocks at most have every subset of them tried; of larger files, a selection. */
  private static final int ALL_SUBSETS = 3;

  private final String label;
  private final byte[] bytes;
  private final String digest;

  private Remains(String label, byte[] bytes, String digest) {
    this.label = label;
    this.bytes = bytes;
    this.digest = digest;
  }

  static Remains whole(byte[] bytes) {
    return new Remains("whole", bytes, digest(bytes));
  }

  /** The same bytes, as what there was before another crash. */
  Remains asWhole() {
    return new Remains("whole", bytes, digest);
  }

  /**
   * All that may be left of bytes that were not synced, each different from the others: the first
   * is the whole, and then nothing, a beginning, zeros, strange bytes, or blocks missing between
   * others.
   *
   * @param before what the file held when it was last synced, if it was
   */
  static List<Remains> ofUnsynced(byte[] bytes, Optional<byte[]> before) {
    int size = bytes.length;
    Map<String, Remains> distinct = new LinkedHashMap<>();
    add(distinct, "whole", bytes);
    before.ifPresent(old -> add(distinct, "as before", old));
    add(distinct, "empty", new byte[0]);
    add(distinct, "zeros", new byte[size]);
    add(distinct, "cut in half", Arrays.copyOf(bytes, size / 2));
    add(distinct, "one byte short", Arrays.copyOf(bytes, Math.max(0, size - 1)));
    add(distinct, "cut at a block", Arrays.copyOf(bytes, Math.max(0, size - 1) / BLOCK * BLOCK));
    byte[] strange = new byte[size];
    new Random(size).nextBytes(strange);
    add(distinct, "strange bytes", strange);
    int blocks = Math.ceilDiv(size, BLOCK);
    for (long missing : missingBlocks(blocks)) {
      byte[] torn = bytes.clone();
      for (int block = 0; block < blocks; block++) {
        if ((missing >> block & 1) != 0) {
          Arrays.fill(torn, block * BLOCK, Math.min(size, (block + 1) * BLOCK), (byte) 0);
        }
      }
      add(distinct, "without blocks " + Long.toBinaryString(missing), torn);
    }
    return List.copyOf(distinct.values());
  }

  private static List<Long> missingBlocks(int blocks) {
    List<Long> sets = new ArrayList<>();
    if (blocks <= ALL_SUBSETS) {
      for (long set = 1; set < 1L << blocks; set++) {
        sets.add(set);
      }
      return sets;
    }
    Random random = new Random(blocks);
    long all = blocks >= Long.SIZE ? -1 : (1L << blocks) - 1;
    sets.add(1L);
    sets.add(all ^ 1L);
    sets.add(0x5555_5555_5555_5555L & all);
    for (int i = 0; i < 3; i++) {
      sets.add(random.nextLong() & all);
    }
    return sets;
  }

  private static void add(Map<String, Remains> distinct, String label, byte[] bytes) {
    Remains remains = new Remains(label, bytes, digest(bytes));
    distinct.putIfAbsent(remains.digest, remains);
  }

  private static String digest(byte[] bytes) {
    CRC32 one = new CRC32();
    one.update(bytes);
    CRC32C other = new CRC32C();
    other.update(bytes);
    return bytes.length
        + "-"
        + Long.toHexString(one.getValue())
        + "-"
        + Long.toHexString(other.getValue());
  }

  String label() {
    return label;
  }

  byte[] bytes() {
    return bytes;
  }

  /** The same for the same bytes, and in all likelihood for no others: size and two checksums. */
  String digest() {
    return digest;
  }
}
