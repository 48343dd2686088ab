package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** The filters themselves, the way back. None gives more than it is allowed to. */
final class Compression {
  private Compression() {}

  static MemorySegment inflate(MemorySegment bytes, int most, Source source)
      throws CorruptFileException {
    byte[] inflated = new byte[most];
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(bytes.asByteBuffer());
      int length = 0;
      while (!inflater.finished() && length < most) {
        int step = inflater.inflate(inflated, length, most - length);
        if (step == 0) {
          throw source.corrupt("a compressed chunk ends too early");
        }
        length += step;
      }
      return MemorySegment.ofArray(inflated).asSlice(0, length);
    } catch (DataFormatException e) {
      throw source.corrupt("a chunk that cannot be inflated: " + e.getMessage());
    } finally {
      inflater.end();
    }
  }

  /** Puts the bytes of an element, which were apart, together again. */
  static MemorySegment unshuffle(MemorySegment bytes, int elementSize) {
    byte[] shuffled = bytes.toArray(ValueLayout.JAVA_BYTE);
    int count = shuffled.length / elementSize;
    byte[] together = shuffled.clone();
    for (int i = 0; i < elementSize; i++) {
      int from = i * count;
      for (int j = 0; j < count; j++) {
        together[j * elementSize + i] = shuffled[from + j];
      }
    }
    return MemorySegment.ofArray(together);
  }

  /** Compares the checksum at the end, which is taken off. */
  static MemorySegment fletcher32(MemorySegment bytes, Source source) throws CorruptFileException {
    long length = bytes.byteSize() - 4;
    if (length < 0) {
      throw source.corrupt("a chunk too short for its checksum");
    }
    long first = 0;
    long second = 0;
    for (long at = 0; at < length; at += 2) {
      first += LittleEndian.unsignedByte(bytes, at) << 8;
      first += at + 1 < length ? LittleEndian.unsignedByte(bytes, at + 1) : 0;
      first = (first & 0xffff) + (first >>> 16);
      second += first;
      second = (second & 0xffff) + (second >>> 16);
    }
    first = (first & 0xffff) + (first >>> 16);
    second = (second & 0xffff) + (second >>> 16);
    if (LittleEndian.unsignedInt(bytes, length) != ((second << 16) | first)) {
      throw source.corrupt("the checksum of a chunk does not match");
    }
    return bytes.asSlice(0, length);
  }

  /** Undoes LZF: runs of bytes as they are, and references to what came before. */
  static MemorySegment unLzf(MemorySegment bytes, int most, Source source)
      throws CorruptFileException {
    byte[] in = bytes.toArray(ValueLayout.JAVA_BYTE);
    byte[] out = new byte[most];
    int to = 0;
    try {
      for (int from = 0; from < in.length; ) {
        int control = in[from++] & 0xff;
        if (control < 32) {
          System.arraycopy(in, from, out, to, control + 1);
          from += control + 1;
          to += control + 1;
        } else {
          int length = control >>> 5;
          if (length == 7) {
            length += in[from++] & 0xff;
          }
          int reference = to - ((control & 31) << 8) - (in[from++] & 0xff) - 1;
          for (int i = 0; i < length + 2; i++) {
            out[to++] = out[reference++];
          }
        }
      }
    } catch (IndexOutOfBoundsException _) {
      throw source.corrupt("a chunk that is not LZF");
    }
    return MemorySegment.ofArray(Arrays.copyOf(out, to));
  }
}
