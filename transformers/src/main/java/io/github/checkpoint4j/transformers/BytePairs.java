package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Byte-pair encoding: tokens, and which two of them become one.
 *
 * @param vocabulary the tokens, whose ids are their places
 * @param merges in the order in which they are done
 */
record BytePairs(List<String> vocabulary, List<Merge> merges) {

  /** Two tokens that become one. */
  record Merge(String left, String right) {}

  BytePairs {
    vocabulary = List.copyOf(vocabulary);
    merges = List.copyOf(merges);
  }

  /**
   * The bytes, each as the letter that GPT-2 writes it as, without merges. A byte that prints in
   * Latin-1 is itself; the others are the letters from U+0100 on.
   *
   * @param special tokens before them
   * @see <a href="https://github.com/openai/gpt-2/blob/master/src/encoder.py">{@code
   *     bytes_to_unicode}</a>
   */
  static BytePairs of(List<String> special) {
    IntStream printed =
        Stream.of(
                IntStream.rangeClosed('!', '~'),
                IntStream.rangeClosed(0xA1, 0xAC),
                IntStream.rangeClosed(0xAE, 0xFF))
            .flatMapToInt(letters -> letters);
    IntStream others = IntStream.range(0x100, 0x100 + 68);
    Stream<String> letters = IntStream.concat(printed, others).mapToObj(Character::toString);
    return new BytePairs(Stream.concat(special.stream(), letters).toList(), List.of());
  }

  /**
   * With the merges that make the most of words.
   *
   * @param words how often each word is there; of characters that are tokens
   * @param vocabularySize the most tokens
   * @param minFrequency how often a pair has to be there
   */
  BytePairs trained(Map<String, Long> words, int vocabularySize, long minFrequency) {
    var training = new BytePairTraining(vocabulary, words);
    training.run(vocabularySize, minFrequency);
    List<String> tokens = training.vocabulary();
    // A pair that is merged again has the later rank.
    var pairs = new LinkedHashSet<Merge>();
    for (BytePairTraining.Pair pair : training.merges()) {
      var merge = new Merge(tokens.get(pair.left()), tokens.get(pair.right()));
      pairs.remove(merge);
      pairs.add(merge);
    }
    return new BytePairs(tokens, new ArrayList<>(pairs));
  }

  /** The model of a tokenizer.json. */
  Json toJson() {
    List<Json> pairs = new ArrayList<>(merges.size());
    for (Merge merge : merges) {
      pairs.add(Json.array(List.of(Json.of(merge.left()), Json.of(merge.right()))));
    }
    return Json.object()
        .put("type", "BPE")
        .put("dropout", Json.Null.NULL)
        .put("unk_token", Json.Null.NULL)
        .put("continuing_subword_prefix", Json.Null.NULL)
        .put("end_of_word_suffix", Json.Null.NULL)
        .put("fuse_unk", false)
        .put("byte_fallback", false)
        .put("ignore_merges", false)
        .put("vocab", TokenizerJson.vocabulary(vocabulary))
        .put("merges", Json.array(pairs))
        .build();
  }
}
