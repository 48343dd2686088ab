package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.NativeTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Beam search as transformers 5.23 does it: of all continuations of a prompt's beams the likeliest
 * are taken, or drawn, so many that enough of them go on even if others are complete.
 *
 * @see <a href="https://github.com/huggingface/transformers">transformers/generation/utils.py,
 *     _beam_search</a>
 */
final class BeamSearch {
  private final Decoder decoder;
  private final GenerationConfig config;
  private final GeneratorOptional generator;
  private final TokenScores scores;
  private final int beams;

  /** The continuations that are looked at for each prompt. */
  private final int width;

  BeamSearch(Decoder decoder, GenerationConfig config, GeneratorOptional generator) {
    this.decoder = decoder;
    this.config = config;
    this.generator = generator;
    int ends = config.eosTokenIds().size();
    this.scores = new TokenScores(config, ends == 0 ? 2 : ends + 1);
    this.beams = config.numBeams();
    this.width = Math.multiplyExact(Math.max(2, 1 + ends), beams);
  }

  /**
   * A continuation.
   *
   * @param row the row it continues
   * @param token its last token
   * @param sum of its tokens' logarithmic probabilities
   */
  private record Candidate(int row, long token, float sum) {}

  List<Generated> run(long[][] prompts) {
    var rows = new PromptRows(prompts, beams, config.maxNewTokens());
    List<Beams> complete = new ArrayList<>();
    for (long[] prompt : prompts) {
      complete.add(new Beams(prompt, beams));
    }
    float[] sums = new float[rows.count()];
    // The beams of a prompt are the same at first: only the continuations of one are looked at.
    Arrays.fill(sums, Beams.OUT);
    for (int row = 0; row < sums.length; row += beams) {
      sums[row] = 0;
    }
    Tensor input = rows.all();
    boolean goesOn = true;
    while (goesOn) {
      List<List<Candidate>> candidates = candidates(rows, input, sums, prompts.length);
      int[] from = new int[rows.count()];
      long[] tokens = new long[rows.count()];
      boolean allComplete = true;
      for (int prompt = 0; prompt < prompts.length; prompt++) {
        List<Candidate> of = candidates.get(prompt);
        List<Beams.Beam> written = written(rows, of);
        float[] running = new float[width];
        for (int i = 0; i < width; i++) {
          running[i] = of.get(i).sum + (written.get(i).complete ? Beams.OUT : 0);
          allComplete &= written.get(i).complete;
        }
        int[] chosen = Beams.greatest(running, beams);
        for (int beam = 0; beam < beams; beam++) {
          int row = prompt * beams + beam;
          from[row] = of.get(chosen[beam]).row;
          tokens[row] = of.get(chosen[beam]).token;
          sums[row] = running[chosen[beam]];
        }
        boolean closed =
            config.earlyStopping() == EarlyStopping.AT_ONCE && complete.get(prompt).areComplete();
        complete.get(prompt).takeIn(written, beams, divisor(rows.written() + 1), closed);
      }
      decoder.select(Arrays.stream(from).asLongStream().toArray());
      rows.append(from, tokens);
      input = rows.last();
      goesOn = goesOn(complete, sums, rows.written()) && !allComplete;
    }
    return texts(complete, rows.prompt());
  }

  private List<List<Candidate>> candidates(
      PromptRows rows, Tensor input, float[] sums, int prompts) {
    try (var _ = new PointerScope()) {
      Tensor likely = scores.of(rows, torch.log_softmax(decoder.advance(input), -1));
      int vocabulary = Math.toIntExact(likely.size(1));
      Tensor before =
          NativeTensors.copyOf(io.github.checkpoint4j.state.Tensor.ofFloats(sums, sums.length, 1));
      Tensor all = likely.add(before).view(prompts, (long) beams * vocabulary);
      Tensor values;
      Tensor places;
      if (config.doSample()) {
        places = TextGeneration.draw(all, width, generator);
        values = torch.gather(all, 1, places);
      } else {
        var top = torch.topk(all, width);
        values = top.get0();
        places = top.get1();
      }
      return split(
          NativeTensors.view(values.contiguous()).toFloats(),
          NativeTensors.view(places.contiguous()).toLongs(),
          vocabulary);
    }
  }

  private List<List<Candidate>> split(float[] values, long[] places, int vocabulary) {
    List<List<Candidate>> split = new ArrayList<>();
    for (int start = 0; start < places.length; start += width) {
      List<Candidate> ofPrompt = new ArrayList<>(width);
      for (int i = start; i < start + width; i++) {
        int row = split.size() * beams + Math.toIntExact(places[i] / vocabulary);
        ofPrompt.add(new Candidate(row, places[i] % vocabulary, values[i]));
      }
      split.add(ofPrompt);
    }
    return split;
  }

  private List<Beams.Beam> written(PromptRows rows, List<Candidate> candidates) {
    List<Beams.Beam> written = new ArrayList<>();
    int length = rows.length() + 1;
    for (Candidate candidate : candidates) {
      long[] tokens = rows.extended(candidate.row, candidate.token);
      boolean complete = TextGeneration.isComplete(config, rows.prompt(), tokens, length);
      written.add(new Beams.Beam(tokens, length, candidate.sum, complete));
    }
    return written;
  }

  private boolean goesOn(List<Beams> complete, float[] sums, int written) {
    boolean longest = config.earlyStopping() == EarlyStopping.NEVER && config.lengthPenalty() > 0;
    float divisor = divisor(longest ? config.maxNewTokens() : written);
    boolean mayImprove = false;
    boolean open = false;
    for (int prompt = 0; prompt < complete.size(); prompt++) {
      Beams of = complete.get(prompt);
      of.compare(sums[prompt * beams] / divisor);
      mayImprove |= of.mayImprove();
      open |= !of.areComplete();
    }
    return mayImprove && (open || config.earlyStopping() != EarlyStopping.AT_ONCE);
  }

  private float divisor(int length) {
    return (float) Math.pow(length, config.lengthPenalty());
  }

  private List<Generated> texts(List<Beams> complete, int prompt) {
    List<Generated> texts = new ArrayList<>();
    for (int of = 0; of < complete.size(); of++) {
      for (Beams.Beam beam : complete.get(of).best().subList(0, config.numReturnSequences())) {
        texts.add(
            new Generated(of, PromptRows.written(beam.tokens, prompt, beam.length), beam.score));
      }
    }
    return texts;
  }
}
