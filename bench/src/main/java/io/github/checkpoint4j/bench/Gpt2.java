package io.github.checkpoint4j.bench;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.function.LongFunction;

/**
 * The weights of a GPT-2 between small and medium: 25 blocks of width 896 and 30,522 tokens, which
 * are 303 tensors of 1 GiB. They are random: no file system can shorten them.
 */
final class Gpt2 {
  /** A tensor in the middle of the file, of 3.2 MB. */
  static final String ONE_TENSOR = "h.12.attn.c_proj.weight";

  private static final int BLOCKS = 25;
  private static final long WIDTH = 896;
  private static final long TOKENS = 30_522;

  private final LongFunction<MemorySegment> memory;
  private final int scale;
  private final StateDict.Builder tensors = StateDict.builder();

  private Gpt2(LongFunction<MemorySegment> memory, int scale) {
    this.memory = memory;
    this.scale = scale;
  }

  /** The weights, in memory of the arena. */
  static StateDict weights(Arena arena) {
    SplittableRandom random = new SplittableRandom(1);
    return new Gpt2(size -> numbers(arena, size, random), 1).weights();
  }

  /**
   * Weights of {@code scale} times as many bytes: each tensor but {@link #ONE_TENSOR} has so many
   * times its rows. All are windows on the same numbers, so that they take the memory of the
   * largest.
   */
  static StateDict scaled(Arena arena, int scale) {
    long largest = Dtype.F32.byteSize(TOKENS * WIDTH * scale);
    MemorySegment numbers = numbers(arena, largest, new SplittableRandom(1));
    return new Gpt2(size -> numbers.asSlice(0, size), scale).weights();
  }

  private static MemorySegment numbers(Arena arena, long size, SplittableRandom random) {
    MemorySegment numbers = arena.allocate(size, 64);
    for (long at = 0; at < size; at += Float.BYTES) {
      numbers.set(ValueLayout.JAVA_FLOAT, at, (float) random.nextDouble(-1, 1));
    }
    return numbers;
  }

  private StateDict weights() {
    add("wte.weight", TOKENS, WIDTH);
    for (int i = 0; i < BLOCKS; i++) {
      String block = "h." + i + ".";
      addLayer(block + "ln_1", WIDTH);
      addLayer(block + "attn.c_attn", WIDTH, 3 * WIDTH);
      addLayer(block + "attn.c_proj", WIDTH, WIDTH);
      addLayer(block + "ln_2", WIDTH);
      addLayer(block + "mlp.c_fc", WIDTH, 4 * WIDTH);
      addLayer(block + "mlp.c_proj", 4 * WIDTH, WIDTH);
    }
    addLayer("ln_f", WIDTH);
    return tensors.build();
  }

  private void addLayer(String name, long... shape) {
    add(name + ".weight", shape);
    add(name + ".bias", shape[shape.length - 1]);
  }

  private void add(String name, long... shape) {
    long[] scaled = shape.clone();
    scaled[0] *= name.equals(ONE_TENSOR) ? 1 : scale;
    MemorySegment elements = memory.apply(Dtype.F32.byteSize(Tensor.elementCount(scaled)));
    tensors.put(name, Tensor.of(Dtype.F32, scaled, elements));
  }
}
