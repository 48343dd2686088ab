package io.github.checkpoint4j.torch;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * The states a Mersenne Twister 19937 is seeded to by Python and by NumPy: 624 words of 32 bits.
 *
 * @see <a href="http://www.math.sci.hiroshima-u.ac.jp/m-mat/MT/MT2002/emt19937ar.html">Matsumoto
 *     and Nishimura, mt19937ar: {@code init_genrand}, {@code init_by_array}</a>
 */
final class MersenneTwister {
  /** The words of the state, and the position that says that all of them are used up. */
  static final int WORDS = 624;

  private static final long MASK = 0xFFFFFFFFL;

  private MersenneTwister() {}

  /** The state after {@code numpy.random.seed(seed)}: {@code init_genrand}. */
  static long[] seededByNumber(long seed) {
    long[] state = new long[WORDS];
    state[0] = seed & MASK;
    for (int i = 1; i < WORDS; i++) {
      state[i] = (1812433253L * mixed(state[i - 1]) + i) & MASK;
    }
    return state;
  }

  /**
   * The state after Python's {@code random.seed(seed)}: {@code init_by_array} of the seed's words,
   * lowest first.
   */
  static long[] seededByWords(BigInteger seed) {
    List<Long> key = words(seed.abs());
    long[] state = seededByNumber(19650218);
    int i = 1;
    int j = 0;
    for (int k = Math.max(WORDS, key.size()); k > 0; k--) {
      state[i] = ((state[i] ^ (mixed(state[i - 1]) * 1664525L)) + key.get(j) + j) & MASK;
      i++;
      j = (j + 1) % key.size();
      if (i == WORDS) {
        state[0] = state[WORDS - 1];
        i = 1;
      }
    }
    for (int k = WORDS - 1; k > 0; k--) {
      state[i] = ((state[i] ^ (mixed(state[i - 1]) * 1566083941L)) - i) & MASK;
      i++;
      if (i == WORDS) {
        state[0] = state[WORDS - 1];
        i = 1;
      }
    }
    state[0] = 0x80000000L;
    return state;
  }

  private static long mixed(long word) {
    return word ^ (word >>> 30);
  }

  private static List<Long> words(BigInteger number) {
    List<Long> words = new ArrayList<>();
    BigInteger rest = number;
    do {
      words.add(rest.longValue() & MASK);
      rest = rest.shiftRight(32);
    } while (rest.signum() > 0);
    return words;
  }
}
