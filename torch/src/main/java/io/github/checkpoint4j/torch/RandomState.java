package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * The state of the random numbers of a run, as Hugging Face's Trainer keeps it in {@code
 * rng_state.pth}: {@code cpu} is that of libtorch's default generator, which dropout and
 * initialisation draw from; {@code python} and {@code numpy} are for a Trainer in Python that goes
 * on with the run, and pass through here as they are. Of a model on a GPU there is {@code cuda},
 * the state of the GPU's default generator; on the CPU that passes through, too.
 *
 * <p>The default generator is one for the whole process. Building a model draws from it: load this
 * state last.
 *
 * @see <a
 *     href="https://github.com/huggingface/transformers/blob/main/src/transformers/trainer.py">{@code
 *     Trainer._save_rng_state} and {@code _load_rng_state}</a>
 */
public final class RandomState implements Stateful {
  private static final String CPU = "cpu";
  private static final String CUDA = "cuda";
  private static final String PYTHON = "python";
  private static final String NUMPY = "numpy";
  private static final String EPOCH = "epoch_begin";

  /** The bytes of libtorch's state: a seed, a Mersenne Twister 19937, the cached normal numbers. */
  private static final int CPU_BYTES = 5056;

  private static final long LARGEST_SEED = 0xFFFFFFFFL;
  private static final ValueLayout.OfInt WORD =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final long seed;
  private final Optional<Generator> gpu;
  private Map<String, Value> others;

  private RandomState(long seed, Optional<Generator> gpu, Map<String, Value> others) {
    this.seed = seed;
    this.gpu = gpu;
    this.others = others;
  }

  /**
   * Seeds libtorch's default generator, and the entries for Python and NumPy as {@code
   * transformers.set_seed(seed)} would.
   *
   * @param seed from 0 to 2^32 - 1, NumPy's range
   * @throws IllegalArgumentException if it is not in that range
   */
  public static RandomState seeded(long seed) {
    return seeded(seed, Optional.empty());
  }

  /**
   * As {@link #seeded(long)}, for a model on a GPU, whose default generator is seeded, too.
   *
   * @param gpu that generator
   */
  static RandomState seeded(long seed, Optional<Generator> gpu) {
    if (seed < 0 || seed > LARGEST_SEED) {
      throw new IllegalArgumentException(
          "seed " + seed + ": expected a number from 0 to " + LARGEST_SEED);
    }
    Map<String, Value> others = new LinkedHashMap<>();
    others.put(PYTHON, python(seed));
    others.put(NUMPY, numpy(seed));
    torch.manual_seed(seed);
    return new RandomState(seed, gpu, others);
  }

  /** Keeps the default generator's state as that which the order of this epoch is drawn in. */
  void beginEpoch() {
    try (var generator = torch.getDefaultCPUGenerator();
        var state = generator.get_state()) {
      others.put(EPOCH, NativeTensors.heapCopy(state));
    }
  }

  /** Whether the state is known that the order of this epoch was drawn in. */
  boolean knowsEpoch() {
    return others.containsKey(EPOCH);
  }

  /**
   * A generator in the state that the order of this epoch was drawn in. If that is not known, since
   * Python's Trainer saved the checkpoint: as that of the first epoch, which is what that Trainer
   * takes, too, in whichever epoch it goes on.
   */
  Generator generatorOfEpoch() {
    Generator generator = torch.make_generator_cpu(seed);
    if (others.get(EPOCH) instanceof Tensor state) {
      try (var copy = NativeTensors.copyOf(state)) {
        generator.set_state(copy);
      }
    } else {
      DataLoader.drawWorkerSeed(new GeneratorOptional(generator));
    }
    return generator;
  }

  @Override
  public StateDict stateDict() {
    try (var generator = torch.getDefaultCPUGenerator();
        var state = generator.get_state()) {
      StateDict.Builder all = StateDict.builder();
      others.forEach(all::put);
      all.put(CPU, NativeTensors.view(state));
      gpu.ifPresent(
          other -> {
            try (var own = other.get_state()) {
              all.put(CUDA, NativeTensors.view(own));
            }
          });
      return all.build();
    }
  }

  /**
   * Sets libtorch's default generator to the {@code cpu} entry and, of a model on a GPU, that of
   * the GPU to {@code cuda}, if it is there; keeps the other entries in place of those of their
   * names.
   *
   * @throws StateMismatchException if {@code cpu} is missing, or it, {@code cuda} or {@code
   *     epoch_begin} is not a state of its generator; nothing was changed
   */
  @Override
  public void loadStateDict(StateDict state) {
    if (state.contains(EPOCH)) {
      try (var scratch = torch.make_generator_cpu(seed)) {
        set(scratch, state, EPOCH);
      }
    }
    Map<String, Value> kept = new LinkedHashMap<>(others);
    kept.remove(EPOCH);
    kept.putAll(HeapCopy.of(state).entries());
    kept.remove(CPU);
    try (var generator = torch.getDefaultCPUGenerator();
        var before = generator.get_state()) {
      set(generator, state, CPU);
      if (gpu.isPresent() && state.contains(CUDA)) {
        try {
          set(gpu.get(), state, CUDA);
        } catch (StateMismatchException e) {
          generator.set_state(before);
          throw e;
        }
        kept.remove(CUDA);
      }
    }
    others = kept;
  }

  private static void set(Generator generator, StateDict state, String entry) {
    Tensor tensor = state.tensor(entry);
    boolean fits = entry.equals(CUDA) || tensor.elementCount() == CPU_BYTES;
    if (tensor.dtype() != Dtype.U8 || !fits) {
      throw new StateMismatchException(
          "entry '%s' should be U8[%d], libtorch's generator, and is %s"
              .formatted(entry, CPU_BYTES, tensor));
    }
    try (var copy = NativeTensors.copyOf(tensor)) {
      generator.set_state(copy);
    } catch (RuntimeException e) {
      throw new StateMismatchException(
          "entry '%s' is not a state of libtorch's generator: %s".formatted(entry, firstLine(e)));
    }
  }

  private static String firstLine(RuntimeException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  /** {@code random.getstate()}: version 3, the words and the position, no cached normal number. */
  private static Value python(long seed) {
    List<Value> words = new ArrayList<>();
    for (int word : MersenneTwister.seededByWords(BigInteger.valueOf(seed))) {
      words.add(Value.of(Integer.toUnsignedLong(word)));
    }
    words.add(Value.of(MersenneTwister.WORDS));
    return Value.tuple(Value.of(3), new Value.Tuple(words), Value.none());
  }

  /** {@code numpy.random.get_state()}: the words, the position, no cached normal number. */
  private static Value numpy(long seed) {
    MemorySegment words = MemorySegment.ofArray(new byte[MersenneTwister.WORDS * Integer.BYTES]);
    int[] seeded = MersenneTwister.seededByNumber((int) seed);
    for (int i = 0; i < seeded.length; i++) {
      words.setAtIndex(WORD, i, seeded[i]);
    }
    return Value.tuple(
        Value.of("MT19937"),
        new Value.NdArray(Tensor.of(Dtype.U32, new long[] {MersenneTwister.WORDS}, words)),
        Value.of(MersenneTwister.WORDS),
        Value.of(0),
        Value.of(0.0));
  }
}
