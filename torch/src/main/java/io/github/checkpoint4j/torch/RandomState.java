package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.state.Stateful;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;

/**
 * The state of the random numbers of a run, as Hugging Face's Trainer keeps it in {@code
 * rng_state.pth}: {@code cpu} is that of libtorch's default generator, which dropout and
 * initialisation draw from; {@code python} and {@code numpy} are for a Trainer in Python that goes
 * on with the run, and pass through here as they are.
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
  private static final String PYTHON = "python";
  private static final String NUMPY = "numpy";

  /** The bytes of libtorch's state: a seed, a Mersenne Twister 19937, the cached normal numbers. */
  private static final int CPU_BYTES = 5056;

  private static final long LARGEST_SEED = 0xFFFFFFFFL;

  private Map<String, Value> others;

  private RandomState(Map<String, Value> others) {
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
    if (seed < 0 || seed > LARGEST_SEED) {
      throw new IllegalArgumentException(
          "seed " + seed + ": expected a number from 0 to " + LARGEST_SEED);
    }
    Map<String, Value> others = new LinkedHashMap<>();
    others.put(PYTHON, python(seed));
    others.put(NUMPY, numpy(seed));
    torch.manual_seed(seed);
    return new RandomState(others);
  }

  @Override
  public StateDict stateDict() {
    try (var generator = torch.getDefaultCPUGenerator();
        var state = generator.get_state()) {
      return StateDict.builder()
          .put(PYTHON, others.getOrDefault(PYTHON, Value.none()))
          .put(NUMPY, others.getOrDefault(NUMPY, Value.none()))
          .put(CPU, NativeTensors.view(state))
          .build();
    }
  }

  /**
   * Sets libtorch's default generator to the {@code cpu} entry and keeps the others.
   *
   * @throws StateMismatchException if an entry is missing, or {@code cpu} is not a state of
   *     libtorch's generator; nothing was changed
   */
  @Override
  public void loadStateDict(StateDict state) {
    Tensor cpu = state.tensor(CPU);
    if (cpu.dtype() != Dtype.U8 || cpu.elementCount() != CPU_BYTES) {
      throw new StateMismatchException(
          "entry 'cpu' should be U8[" + CPU_BYTES + "], libtorch's generator, and is " + cpu);
    }
    Map<String, Value> kept = new LinkedHashMap<>();
    kept.put(PYTHON, state.get(PYTHON));
    kept.put(NUMPY, withPlainKey(state.get(NUMPY)));
    try (var generator = torch.getDefaultCPUGenerator();
        var copy = NativeTensors.copyOf(cpu)) {
      generator.set_state(copy);
    } catch (RuntimeException e) {
      throw new StateMismatchException(
          "entry 'cpu' is not a state of libtorch's generator: " + firstLine(e));
    }
    others = kept;
  }

  private static String firstLine(RuntimeException e) {
    String message = String.valueOf(e.getMessage());
    return message.lines().findFirst().orElse(message);
  }

  /** {@code random.getstate()}: version 3, the words and the position, no cached normal number. */
  private static Value python(long seed) {
    List<Value> words = values(MersenneTwister.seededByWords(BigInteger.valueOf(seed)));
    words.add(Value.of(MersenneTwister.WORDS));
    return Value.tuple(Value.of(3), new Value.Tuple(words), Value.none());
  }

  /** {@code numpy.random.get_state()}, its array as a list, which {@code set_state} takes too. */
  private static Value numpy(long seed) {
    return Value.tuple(
        Value.of("MT19937"),
        new Value.Items(values(MersenneTwister.seededByNumber(seed))),
        Value.of(MersenneTwister.WORDS),
        Value.of(0),
        Value.of(0.0));
  }

  /** NumPy's state with its array of words, if it is one, as a list. */
  private static Value withPlainKey(Value numpy) {
    if (!(numpy instanceof Value.Tuple(List<Value> parts))
        || parts.size() < 2
        || !(parts.get(1) instanceof Tensor words)
        || words.dtype() != Dtype.U32) {
      return numpy;
    }
    var word = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    long[] key = new long[Math.toIntExact(words.elementCount())];
    for (int i = 0; i < key.length; i++) {
      key[i] = Integer.toUnsignedLong(words.bytes().getAtIndex(word, i));
    }
    List<Value> plain = new ArrayList<>(parts);
    plain.set(1, new Value.Items(values(key)));
    return new Value.Tuple(plain);
  }

  private static List<Value> values(long[] words) {
    List<Value> values = new ArrayList<>(words.length + 1);
    for (long word : words) {
      values.add(Value.of(word));
    }
    return values;
  }
}
