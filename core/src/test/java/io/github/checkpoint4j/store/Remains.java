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
  private final long digest;

  private Remains(String label, byte[] bytes, long digest) {
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
   * is the whole, and then nothing, a beginning, zeros, strange bytes, blocks missing between
   * others, or more than was written. Where a block is missing there are zeros, as in a hole, or
   * strange bytes, which some other file had there. A file is longer than it should be if its
   * blocks were allocated, or written as whole blocks, before it got its size.
   *
   * @param before what the file held when it was last synced, if it was
   */
  static List<Remains> ofUnsynced(byte[] bytes, Optional<byte[]> before) {
    int size = bytes.length;
    Map<Long, Remains> distinct = new LinkedHashMap<>();
    add(distinct, "whole", bytes);
    before.ifPresent(old -> add(distinct, "as before", old));
    add(distinct, "empty", new byte[0]);
    add(distinct, "zeros", new byte[size]);
    add(distinct, "cut in half", Arrays.copyOf(bytes, size / 2));
    add(distinct, "one byte short", Arrays.copyOf(bytes, Math.max(0, size - 1)));
    add(distinct, "cut at a block", Arrays.copyOf(bytes, Math.max(0, size - 1) / BLOCK * BLOCK));
    int allocated = (size / BLOCK + 1) * BLOCK;
    byte[] strange = new byte[allocated];
    new Random(size).nextBytes(strange);
    add(distinct, "strange bytes", Arrays.copyOf(strange, size));
    add(distinct, "longer, by zeros", Arrays.copyOf(bytes, allocated));
    add(distinct, "longer, by strange bytes", patched(strange, bytes, 0, size));
    add(distinct, "longer and strange", strange);
    int blocks = Math.ceilDiv(size, BLOCK);
    for (long missing : missingBlocks(blocks)) {
      String which = Long.toBinaryString(missing);
      add(distinct, "without blocks " + which, torn(bytes, missing, new byte[allocated]));
      add(distinct, "with strange blocks " + which, torn(bytes, missing, strange));
    }
    return List.copyOf(distinct.values());
  }

  private static byte[] torn(byte[] bytes, long missing, byte[] instead) {
    byte[] torn = bytes;
    for (int at = 0; at < bytes.length; at += BLOCK) {
      if (((missing >> (at / BLOCK)) & 1) != 0) {
        torn = patched(torn, instead, at, Math.min(bytes.length, at + BLOCK));
      }
    }
    return torn;
  }

  /** A copy of {@code bytes} with those of another array from one place to another. */
  private static byte[] patched(byte[] bytes, byte[] other, int from, int to) {
    byte[] patched = bytes.clone();
    System.arraycopy(other, from, patched, from, to - from);
    return patched;
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

  private static void add(Map<Long, Remains> distinct, String label, byte[] bytes) {
    Remains remains = new Remains(label, bytes, digest(bytes));
    distinct.putIfAbsent(remains.digest, remains);
  }

  private static long digest(byte[] bytes) {
    CRC32 one = new CRC32();
    one.update(bytes);
    CRC32C other = new CRC32C();
    other.update(bytes);
    return Hash.of(bytes.length, one.getValue() << 32 | other.getValue());
  }

  String label() {
    return label;
  }

  byte[] bytes() {
    return bytes;
  }

  /** The same for the same bytes, and in all likelihood for no others: size and two checksums. */
  long digest() {
    return digest;
  }
}
