package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.NativeTensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Writes texts as transformers' {@code generate} does: greedily, by drawing, or by beam search; the
 * same tokens of the same logits, and when drawing with {@code seed} those that Python draws after
 * {@code torch.manual_seed(seed)}.
 *
 * <p>The prompts given together have one length. The model should be in evaluation mode.
 */
public final class TextGeneration {
  private TextGeneration() {}

  /**
   * Continues prompts.
   *
   * @param prompts the tokens of each, of one length, at least one
   * @return {@code numReturnSequences} for each prompt, in their order, of beam search the best
   *     first
   * @throws IllegalArgumentException if there are no prompts, one is empty or of another length, or
   *     the most tokens are more than the model has positions for
   * @throws ArithmeticException if a token is to be drawn, and none can be: the logits are not
   *     finite, or all tokens are forbidden
   */
  public static List<Generated> generate(
      Decoder decoder, long[][] prompts, GenerationConfig config) {
    requireOneLength(prompts);
    if (prompts[0].length + (long) config.maxNewTokens() > decoder.maxLength()) {
      throw new IllegalArgumentException(
          "a prompt of %d tokens and maxNewTokens %d; the model has %d positions: give less"
              .formatted(prompts[0].length, config.maxNewTokens(), decoder.maxLength()));
    }
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      GeneratorOptional generator =
          config.seed().isPresent()
              ? new GeneratorOptional(torch.make_generator_cpu(config.seed().getAsLong()))
              : new GeneratorOptional();
      return config.numBeams() > 1
          ? new BeamSearch(decoder, config, generator).run(prompts)
          : oneByOne(decoder, prompts, config, generator);
    }
  }

  private static void requireOneLength(long[][] prompts) {
    if (prompts.length == 0) {
      throw new IllegalArgumentException("there are no prompts to continue; give one");
    }
    for (long[] prompt : prompts) {
      if (prompt.length == 0) {
        throw new IllegalArgumentException(
            "a prompt has no tokens; give it at least the one that begins a text");
      }
      if (prompt.length != prompts[0].length) {
        throw new IllegalArgumentException(
            "prompts of %d and of %d tokens; give those of one length together"
                .formatted(prompts[0].length, prompt.length));
      }
    }
  }

  /** The likeliest token, or one that is drawn, for all rows until all are complete. */
  private static List<Generated> oneByOne(
      Decoder decoder, long[][] prompts, GenerationConfig config, GeneratorOptional generator) {
    var rows = new PromptRows(prompts, config.numReturnSequences(), config.maxNewTokens());
    var scores = new TokenScores(config, 1);
    int[] ends = new int[rows.count()];
    int open = rows.count();
    Tensor input = rows.all();
    while (open > 0) {
      try (var _ = new PointerScope()) {
        Tensor next = scores.of(rows, decoder.advance(input));
        Tensor chosen =
            config.doSample() ? draw(next, 1, generator) : next.argmax(new LongOptional(-1), true);
        long[] tokens = NativeTensors.view(chosen).toLongs();
        for (int row = 0; row < tokens.length; row++) {
          tokens[row] = ends[row] > 0 ? config.padding() : tokens[row];
        }
        rows.append(tokens);
      }
      for (int row = 0; row < rows.count(); row++) {
        if (ends[row] == 0 && isComplete(config, rows.prompt(), rows.row(row), rows.length())) {
          ends[row] = rows.length();
          open--;
        }
      }
      input = rows.last();
    }
    List<Generated> texts = new ArrayList<>();
    for (int row = 0; row < rows.count(); row++) {
      texts.add(
          new Generated(
              row / config.numReturnSequences(),
              PromptRows.written(rows.row(row), rows.prompt(), ends[row]),
              Double.NaN));
    }
    return texts;
  }

  /**
   * Draws places of each row, without putting any back.
   *
   * @param scores [rows, places]: logarithmic probabilities but for a constant of the row
   * @return int64 [rows, count]
   * @throws ArithmeticException if a row has no place that can be drawn
   */
  static Tensor draw(Tensor scores, long count, GeneratorOptional generator) {
    Tensor probabilities = torch.softmax(scores, -1);
    if (!probabilities.isfinite().all().item_bool()) {
      throw new ArithmeticException(
          "no token can be drawn: the model's logits are not finite, or every token is forbidden;"
              + " look for NaN with ckpt tensors --stats, or give a greater noRepeatNgramSize");
    }
    return torch.multinomial(probabilities, count, false, generator);
  }

  /** Whether nothing comes after these tokens. */
  static boolean isComplete(GenerationConfig config, int prompt, long[] tokens, int length) {
    return length - prompt >= config.maxNewTokens()
        || config.eosTokenIds().contains(tokens[length - 1])
        || config.stopCondition().isComplete(prompt, tokens, length);
  }
}
