package io.github.checkpoint4j.transformers;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What a configuration makes of the scores of the next token, in the order and with the arithmetic
 * of transformers' {@code LogitsProcessor}s.
 *
 * @param kept the likeliest tokens that are drawn from in any case
 * @see <a
 *     href="https://github.com/huggingface/transformers">transformers/generation/logits_process.py</a>
 */
record TokenScores(GenerationConfig config, int kept) {
  private static final float NONE = Float.NEGATIVE_INFINITY;

  /**
   * Changes scores.
   *
   * @param scores [rows, vocabulary]: logits, or logarithmic probabilities in beam search
   */
  Tensor of(PromptRows rows, Tensor scores) {
    Tensor changed = scores;
    if (config.repetitionPenalty() != 1) {
      changed = penalized(rows, changed);
    }
    if (config.noRepeatNgramSize() > 0 && rows.length() >= config.noRepeatNgramSize()) {
      changed = withoutRepeats(rows, changed);
    }
    if (rows.written() < config.minNewTokens() && !config.eosTokenIds().isEmpty()) {
      changed = changed.clone();
      for (long end : config.eosTokenIds()) {
        changed.select(1, end).fill_(new Scalar(NONE));
      }
    }
    return config.doSample() ? narrowed(changed) : changed;
  }

  /** Each token that a row has gets a score that is worse by the factor. */
  private Tensor penalized(PromptRows rows, Tensor scores) {
    Scalar penalty = new Scalar(config.repetitionPenalty());
    Tensor tokens = rows.all();
    Tensor present = torch.gather(scores, 1, tokens);
    Tensor worse =
        torch.where(present.lt(new Scalar(0f)), present.mul(penalty), present.div(penalty));
    return scores.scatter(1, tokens, worse);
  }

  private Tensor withoutRepeats(PromptRows rows, Tensor scores) {
    Tensor changed = scores.clone();
    int before = config.noRepeatNgramSize() - 1;
    for (int row = 0; row < rows.count(); row++) {
      long[] tokens = rows.row(row);
      int end = rows.length();
      for (int start = 0; start + before < end; start++) {
        if (sameRun(tokens, start, end - before, before)) {
          changed.select(0, row).select(0, tokens[start + before]).fill_(new Scalar(NONE));
        }
      }
    }
    return changed;
  }

  private static boolean sameRun(long[] tokens, int a, int b, int count) {
    for (int i = 0; i < count; i++) {
      if (tokens[a + i] != tokens[b + i]) {
        return false;
      }
    }
    return true;
  }

  private Tensor narrowed(Tensor scores) {
    Tensor changed = scores;
    Scalar none = new Scalar(NONE);
    if (config.temperature() != 1) {
      changed = changed.div(new Scalar(config.temperature()));
    }
    if (config.topK() > 0) {
      long count = Math.min(Math.max(config.topK(), kept), changed.size(1));
      Tensor least = torch.topk(changed, count).get0().select(1, count - 1).unsqueeze(1);
      changed = changed.masked_fill(changed.lt(least), none);
    }
    if (config.topP() < 1) {
      var sorted = torch.sort(changed, -1, false);
      Tensor unlikely =
          torch.cumsum(torch.softmax(sorted.get0(), -1), -1).le(new Scalar(1 - config.topP()));
      long count = Math.min(kept, changed.size(1));
      unlikely.narrow(1, changed.size(1) - count, count).fill_(new Scalar(0));
      changed = changed.masked_fill(unlikely.scatter(1, sorted.get1(), unlikely), none);
    }
    return changed;
  }
}
