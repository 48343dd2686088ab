package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Dtype;
import java.util.Arrays;
import java.util.Optional;

/**
 * The types of GGUF's tensors: those of {@link Dtype}, and quantizations, in which a block of
 * elements takes some bytes.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/gguf-py/gguf/constants.py">
 *     GGMLQuantizationType and GGML_QUANT_SIZES</a>
 */
enum GgufType {
  F32(0, Dtype.F32),
  F16(1, Dtype.F16),
  Q4_0(2, 32, 18),
  Q4_1(3, 32, 20),
  Q5_0(6, 32, 22),
  Q5_1(7, 32, 24),
  Q8_0(8, 32, 34),
  Q8_1(9, 32, 40),
  Q2_K(10, 256, 84),
  Q3_K(11, 256, 110),
  Q4_K(12, 256, 144),
  Q5_K(13, 256, 176),
  Q6_K(14, 256, 210),
  Q8_K(15, 256, 292),
  IQ2_XXS(16, 256, 66),
  IQ2_XS(17, 256, 74),
  IQ3_XXS(18, 256, 98),
  IQ1_S(19, 256, 50),
  IQ4_NL(20, 32, 18),
  IQ3_S(21, 256, 110),
  IQ2_S(22, 256, 82),
  IQ4_XS(23, 256, 136),
  I8(24, Dtype.I8),
  I16(25, Dtype.I16),
  I32(26, Dtype.I32),
  I64(27, Dtype.I64),
  F64(28, Dtype.F64),
  IQ1_M(29, 256, 56),
  BF16(30, Dtype.BF16),
  TQ1_0(34, 256, 54),
  TQ2_0(35, 256, 66),
  MXFP4(39, 32, 17),
  NVFP4(40, 64, 36),
  Q1_0(41, 128, 18);

  private final int number;
  private final int blockElements;
  private final int blockBytes;
  private final Optional<Dtype> dtype;

  GgufType(int number, Dtype dtype) {
    this.number = number;
    this.blockElements = 1;
    this.blockBytes = dtype.bits() / 8;
    this.dtype = Optional.of(dtype);
  }

  GgufType(int number, int blockElements, int blockBytes) {
    this.number = number;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
    this.dtype = Optional.empty();
  }

  static Optional<GgufType> of(long number) {
    return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
  }

  /** The dtype of the elements; empty if they are quantized. */
  Optional<Dtype> dtype() {
    return dtype;
  }

  int number() {
    return number;
  }

  int blockElements() {
    return blockElements;
  }

  int blockBytes() {
    return blockBytes;
  }
}
