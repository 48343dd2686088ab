package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.QuantizedTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * The numbers of tensors that GGUF quantizes in one way, computed from their blocks in single
 * precision: bit for bit those that the Python package {@code gguf} makes of them.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/gguf-py/gguf/quants.py">
 *     quants.py, dequantize_blocks</a>
 */
public final class Quantization {
  /** One element of a block that begins at byte {@code at}. */
  private interface Element {
    float of(MemorySegment blocks, long at, int index);
  }

  private final int blockElements;
  private final int blockBytes;
  private final Element element;

  private Quantization(GgufType type, Element element) {
    this.blockElements = type.blockElements();
    this.blockBytes = type.blockBytes();
    this.element = element;
  }

  /** How a tensor is quantized; empty if the numbers of such are not computed here. */
  public static Optional<Quantization> of(QuantizedTensor tensor) {
    return Optional.ofNullable(
        switch (tensor.quantization()) {
          case "Q4_0" -> new Quantization(GgufType.Q4_0, Quantization::q40);
          case "Q4_1" -> new Quantization(GgufType.Q4_1, Quantization::q41);
          case "Q5_0" -> new Quantization(GgufType.Q5_0, Quantization::q50);
          case "Q5_1" -> new Quantization(GgufType.Q5_1, Quantization::q51);
          case "Q8_0" -> new Quantization(GgufType.Q8_0, Quantization::q80);
          case "Q2_K" -> new Quantization(GgufType.Q2_K, Quantization::q2k);
          case "Q3_K" -> new Quantization(GgufType.Q3_K, Quantization::q3k);
          case "Q4_K" -> new Quantization(GgufType.Q4_K, Quantization::q4k);
          case "Q5_K" -> new Quantization(GgufType.Q5_K, Quantization::q5k);
          case "Q6_K" -> new Quantization(GgufType.Q6_K, Quantization::q6k);
          default -> null;
        });
  }

  /**
   * A number.
   *
   * @param blocks the tensor's bytes
   * @param index its place among the elements in row-major order
   */
  public float at(MemorySegment blocks, long index) {
    return element.of(blocks, index / blockElements * blockBytes, (int) (index % blockElements));
  }

  private static int unsigned(MemorySegment blocks, long at) {
    return LittleEndian.unsignedByte(blocks, at);
  }

  private static int signed(MemorySegment blocks, long at) {
    return blocks.get(ValueLayout.JAVA_BYTE, at);
  }

  private static float half(MemorySegment blocks, long at) {
    return Float.float16ToFloat(blocks.get(LittleEndian.SHORT, at));
  }

  /** Of 32 elements the first 16 are the lower halves of bytes, the others the upper ones. */
  private static int nibble(MemorySegment blocks, long at, int index) {
    return (unsigned(blocks, at + index % 16) >> (index / 16 * 4)) & 0xf;
  }

  /** The fifth bit of each of 32 elements. */
  private static int fifth(MemorySegment blocks, long at, int index) {
    return ((blocks.get(LittleEndian.INT, at) >>> index) & 1) << 4;
  }

  private static float q40(MemorySegment blocks, long at, int index) {
    return half(blocks, at) * (nibble(blocks, at + 2, index) - 8);
  }

  private static float q41(MemorySegment blocks, long at, int index) {
    return half(blocks, at) * nibble(blocks, at + 4, index) + half(blocks, at + 2);
  }

  private static float q50(MemorySegment blocks, long at, int index) {
    int value = nibble(blocks, at + 6, index) | fifth(blocks, at + 2, index);
    return half(blocks, at) * (value - 16);
  }

  private static float q51(MemorySegment blocks, long at, int index) {
    int value = nibble(blocks, at + 8, index) | fifth(blocks, at + 4, index);
    return half(blocks, at) * value + half(blocks, at + 2);
  }

  private static float q80(MemorySegment blocks, long at, int index) {
    return half(blocks, at) * signed(blocks, at + 2 + index);
  }

  /** Two bits of each of 256 elements: 128 in 32 bytes, the first 32 the lowest bits. */
  private static int pair(MemorySegment blocks, long at, int index) {
    return (unsigned(blocks, at + index / 128 * 32L + index % 32) >> (index % 128 / 32 * 2)) & 3;
  }

  private static float q2k(MemorySegment blocks, long at, int index) {
    int scales = unsigned(blocks, at + index / 16);
    float scale = half(blocks, at + 80) * (scales & 0xf);
    float least = half(blocks, at + 82) * (scales >> 4);
    return scale * pair(blocks, at + 16, index) - least;
  }

  private static float q3k(MemorySegment blocks, long at, int index) {
    int group = index / 16;
    int low = (unsigned(blocks, at + 96 + group % 8) >> (group / 8 * 4)) & 0xf;
    int high = (unsigned(blocks, at + 104 + group % 4) >> (group / 4 * 2)) & 3;
    float scale = half(blocks, at + 108) * ((low | (high << 4)) - 32);
    // Four is taken off where the bit is not set.
    int mask = (unsigned(blocks, at + index % 32) >> (index / 32)) & 1;
    return scale * (pair(blocks, at + 32, index) - (mask == 1 ? 0 : 4));
  }

  /** Four bits of each of 256 elements: 64 in 32 bytes, the first 32 the lower halves. */
  private static int half64(MemorySegment blocks, long at, int index) {
    return (unsigned(blocks, at + index / 64 * 32L + index % 32) >> (index % 64 / 32 * 4)) & 0xf;
  }

  /** The scale of eight groups, of 6 bits: of the last four, 2 bits are with the first four. */
  private static int scale(MemorySegment blocks, long at, int group) {
    return group < 4
        ? unsigned(blocks, at + group) & 0x3f
        : (unsigned(blocks, at + 4 + group) & 0xf)
            | ((unsigned(blocks, at + group - 4) >> 2) & 0x30);
  }

  /** What is taken off in eight groups, as {@link #scale}. */
  private static int least(MemorySegment blocks, long at, int group) {
    return group < 4
        ? unsigned(blocks, at + 4 + group) & 0x3f
        : (unsigned(blocks, at + 4 + group) >> 4) | ((unsigned(blocks, at + group) >> 2) & 0x30);
  }

  private static float q45k(MemorySegment blocks, long at, int group, int value) {
    float scale = half(blocks, at) * scale(blocks, at + 4, group);
    float least = half(blocks, at + 2) * least(blocks, at + 4, group);
    return scale * value - least;
  }

  private static float q4k(MemorySegment blocks, long at, int index) {
    return q45k(blocks, at, index / 32, half64(blocks, at + 16, index));
  }

  private static float q5k(MemorySegment blocks, long at, int index) {
    int fifth = ((unsigned(blocks, at + 16 + index % 32) >> (index / 32)) & 1) << 4;
    return q45k(blocks, at, index / 32, half64(blocks, at + 48, index) | fifth);
  }

  private static float q6k(MemorySegment blocks, long at, int index) {
    int low =
        (unsigned(blocks, at + index / 128 * 64L + index % 64) >> (index % 128 / 64 * 4)) & 0xf;
    int value = (low | (pair(blocks, at + 128, index) << 4)) - 32;
    return half(blocks, at + 208) * signed(blocks, at + 192 + index / 16) * value;
  }
}
