package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import java.util.Optional;

/**
 * An array that grows: its first entries are in the index block, the next in blocks that the index
 * block names, the others in blocks named by secondary blocks. Blocks are in groups; every other
 * group has twice as many, and every other one twice as large ones.
 */
final class GrowingChunkArray extends ChunkArray {
  private final Source source;
  private final int bits;
  private final int inIndex;
  private final int leastInBlock;
  private final int leastPointers;
  private final long page;
  private final long index;

  private GrowingChunkArray(Cursor header, long chunkSize) throws CorruptFileException {
    super(header, chunkSize);
    source = header.source();
    bits = header.u8();
    inIndex = header.u8();
    leastInBlock = header.u8();
    leastPointers = header.u8();
    page = 1L << Math.min(62, header.u8());
    index = header.skip(6L * 8).i64();
    header.checksum();
    if (bits > 62
        || Integer.bitCount(leastInBlock) != 1
        || Integer.bitCount(leastPointers) != 1
        || leastPointers < 2) {
      throw header.corrupt("blocks of " + leastInBlock + ", " + leastPointers + " pointers");
    }
  }

  static GrowingChunkArray read(Source source, long address, long chunkSize)
      throws CorruptFileException {
    return new GrowingChunkArray(
        source.at(address, 72, "chunk array").signature("EAHD").version(0), chunkSize);
  }

  @Override
  Optional<Cursor> entry(long number) throws CorruptFileException {
    if (index == Source.UNDEFINED || number < 0 || number >= 1L << bits) {
      return Optional.empty();
    }
    source.at(index, 14, "chunk array").signature("EAIB").version(0);
    long begin = index + 14;
    if (number < inIndex) {
      return Optional.of(entry(source, begin, number, inIndex, Long.MAX_VALUE));
    }
    long within = number - inIndex;
    int group = log2(within / leastInBlock + 1);
    long blockLength = (long) leastInBlock << ((group + 1) / 2);
    long inGroup = within - leastInBlock * ((1L << group) - 1);
    long blockInGroup = inGroup / blockLength;
    long pointers = begin + (long) inIndex * entrySize;
    int direct = 2 * log2(leastPointers);
    int offsetSize = Math.ceilDiv(bits, 8);
    long block;
    if (group < direct) {
      block = pointer(pointers + 8 * (blocksBefore(group) + blockInGroup));
    } else {
      long secondary = pointer(pointers + 16L * (leastPointers - 1) + 8L * (group - direct));
      if (secondary == Source.UNDEFINED) {
        return Optional.empty();
      }
      source.at(secondary, 14, "chunk array").signature("EASB").version(0);
      long after = secondary + 14 + offsetSize;
      if (blockLength > page) {
        long pages = blockLength / page;
        long made = blockInGroup * pages + inGroup % blockLength / page;
        if (!FixedChunkArray.isMade(source, after, made)) {
          return Optional.empty();
        }
        after += Math.ceilDiv(pages, 8) << (group / 2);
      }
      block = pointer(after + 8 * blockInGroup);
    }
    if (block == Source.UNDEFINED) {
      return Optional.empty();
    }
    source.at(block, 14, "chunk array").signature("EADB").version(0);
    return Optional.of(
        entry(source, block + 14 + offsetSize, inGroup % blockLength, blockLength, page));
  }

  private long pointer(long address) throws CorruptFileException {
    return source.at(address, 8, "chunk array").i64();
  }

  /** Blocks of the groups before one: group {@code g} has {@code 2^(g/2)}. */
  private static long blocksBefore(int group) {
    long blocks = 0;
    for (int i = 0; i < group; i++) {
      blocks += 1L << (i / 2);
    }
    return blocks;
  }

  private static int log2(long value) {
    return 63 - Long.numberOfLeadingZeros(value);
  }
}
