package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.NativeTensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;

/**
 * The complete texts of one prompt in beam search, as many as there are beams, the best first. As
 * in transformers, places that are not taken yet have a score that is hardly ever reached.
 */
final class Beams {
  /** What makes a text worse than any that is complete. */
  static final float OUT = -1e9f;

  /** A text. Its tokens, given and written, are the first {@code length}; they never change. */
  static final class Beam {
    final long[] tokens;
    final int length;
    final float score;
    final boolean complete;

    Beam(long[] tokens, int length, float score, boolean complete) {
      this.tokens = tokens;
      this.length = length;
      this.score = score;
      this.complete = complete;
    }
  }

  private List<Beam> best;
  private boolean mayImprove = true;

  Beams(long[] prompt, int count) {
    best = Collections.nCopies(count, new Beam(prompt, prompt.length, OUT, false));
  }

  boolean areComplete() {
    return best.stream().allMatch(beam -> beam.complete);
  }

  /** Whether a text that is still written may become one of them. */
  boolean mayImprove() {
    return mayImprove;
  }

  List<Beam> best() {
    return best;
  }

  /**
   * Takes in texts that were written one token further.
   *
   * @param candidates the likeliest first, with the sums of their logarithmic probabilities
   * @param first how many of them count if they are complete
   * @param divisor what the sums are divided by
   * @param closed whether no text is taken in any more
   */
  void takeIn(List<Beam> candidates, int first, float divisor, boolean closed) {
    List<Beam> all = new ArrayList<>(best);
    for (int i = 0; i < candidates.size(); i++) {
      Beam candidate = candidates.get(i);
      boolean counts = candidate.complete && i < first;
      float score = candidate.score / divisor;
      score += closed ? OUT : 0;
      score += mayImprove ? 0 : OUT;
      score += counts ? 0 : OUT;
      all.add(new Beam(candidate.tokens, candidate.length, score, counts));
    }
    float[] scores = new float[all.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = all.get(i).score;
    }
    List<Beam> chosen = new ArrayList<>();
    for (int index : greatest(scores, best.size())) {
      chosen.add(all.get(index));
    }
    best = chosen;
  }

  /**
   * Compares them with what the best text that is still written can come to.
   *
   * @param reachable its score
   */
  void compare(float reachable) {
    float worst = Float.POSITIVE_INFINITY;
    for (Beam beam : best) {
      worst = Math.min(worst, beam.score);
    }
    boolean better = false;
    for (Beam beam : best) {
      better |= reachable > (beam.complete ? worst : OUT);
    }
    mayImprove &= better;
  }

  /** The places of the greatest values; of equal ones those that libtorch chooses. */
  static int[] greatest(float[] values, int count) {
    try (var _ = new PointerScope()) {
      var tensor =
          NativeTensors.copyOf(io.github.checkpoint4j.state.Tensor.ofFloats(values, values.length));
      long[] places = NativeTensors.view(torch.topk(tensor, count).get1()).toLongs();
      int[] chosen = new int[places.length];
      for (int i = 0; i < chosen.length; i++) {
        chosen[i] = Math.toIntExact(places[i]);
      }
      return chosen;
    }
  }
}
