package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import java.util.Optional;

/** An array of a number of chunks that does not change. */
final class FixedChunkArray extends ChunkArray {
  private static final int PREFIX = 14;

  private final Source source;
  private final long page;
  private final long length;
  private final long block;

  private FixedChunkArray(Cursor header, long chunkSize) throws CorruptFileException {
    super(header, chunkSize);
    this.source = header.source();
    this.page = 1L << Math.min(62, header.u8());
    this.length = header.size();
    this.block = header.i64();
    header.checksum();
  }

  static FixedChunkArray read(Source source, long address, long chunkSize)
      throws CorruptFileException {
    return new FixedChunkArray(
        source.at(address, 28, "chunk array").signature("FAHD").version(0), chunkSize);
  }

  @Override
  Optional<Cursor> entry(long number) throws CorruptFileException {
    if (block == Source.UNDEFINED || number < 0 || number >= length) {
      return Optional.empty();
    }
    source.at(block, PREFIX, "chunk array").signature("FADB").version(0);
    long begin = block + PREFIX;
    if (length > page) {
      long pages = Math.ceilDiv(length, page);
      if (!isMade(source, begin, number / page)) {
        return Optional.empty();
      }
      begin += Math.ceilDiv(pages, 8);
    }
    return Optional.of(entry(source, begin, number, length, page));
  }

  /** Whether a page was written, which a bit tells, the first one being the highest. */
  static boolean isMade(Source source, long bits, long page) throws CorruptFileException {
    return (source.at(bits + page / 8, 1, "chunk array").u8() & (0x80 >> (int) (page % 8))) != 0;
  }
}
