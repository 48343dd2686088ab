package io.github.checkpoint4j.torch;

import java.math.BigInteger;

/**
 * The states a Mersenne Twister 19937 is seeded to by Python and by NumPy: 624 words of 32 bits.
 *
 * @see <a href="http://www.math.sci.hiroshima-u.ac.jp/m-mat/MT/MT2002/emt19937ar.html">Matsumoto
 *     and Nishimura, mt19937ar: {@code init_genrand}, {@code init_by_array}</a>
 */
final class MersenneTwister {
  /** The words of the state, and the position that says that all of them are used up. */
  static final int WORDS = 624;

  private MersenneTwister() {}

  /** The state after {@code numpy.random.seed(seed)}: {@code init_genrand}. */
  static int[] seededByNumber(int seed) {
    int[] state = new int[WORDS];
    state[0] = seed;
    for (int i = 1; i < WORDS; i++) {
      state[i] = 1812433253 * mixed(state[i - 1]) + i;
    }
    return state;
  }

  /**
   * The state after Python's {@code random.seed(seed)}: {@code init_by_array} of the words of the
   * seed without its sign, lowest first.
   */
  static int[] seededByWords(BigInteger seed) {
    int[] key = words(seed.abs());
    int[] state = seededByNumber(19650218);
    int i = 1;
    for (int k = 0; k < Math.max(WORDS, key.length); k++) {
      int j = k % key.length;
      state[i] = (state[i] ^ (mixed(state[i - 1]) * 1664525)) + key[j] + j;
      i = next(state, i);
    }
    for (int k = 1; k < WORDS; k++) {
      state[i] = (state[i] ^ (mixed(state[i - 1]) * 1566083941)) - i;
      i = next(state, i);
    }
    state[0] = 0x80000000;
    return state;
  }

  private static int next(int[] state, int i) {
    if (i < WORDS - 1) {
      return i + 1;
    }
    state[0] = state[WORDS - 1];
    return 1;
  }

  private static int mixed(int word) {
    return word ^ (word >>> 30);
  }

  private static int[] words(BigInteger number) {
    int[] words = new int[Math.max(1, (number.bitLength() + 31) / 32)];
    for (int i = 0; i < words.length; i++) {
      words[i] = number.shiftRight(32 * i).intValue();
    }
    return words;
  }
}
