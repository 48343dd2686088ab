package io.github.checkpoint4j.transformers;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds the pairs of tokens that are merged in byte-pair encoding, one after the other as {@code
 * BpeTrainer} of Hugging Face's tokenizers library does, its queue of counts that may be out of
 * date included.
 *
 * @see <a
 *     href="https://github.com/huggingface/tokenizers/blob/main/tokenizers/src/models/bpe/trainer.rs">{@code
 *     BpeTrainer::do_train}</a>
 */
final class BytePairTraining {
  /** The most frequent pair first; of equals the one of the lower ids. */
  private static final Comparator<Candidate> MOST_FREQUENT =
      Comparator.comparingLong(Candidate::count)
          .reversed()
          .thenComparing(
              Candidate::pair, Comparator.comparingInt(Pair::left).thenComparingInt(Pair::right));

  private final List<String> vocabulary;
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<Word> words = new ArrayList<>();
  private final Map<Pair, Long> counts = new HashMap<>();
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>(MOST_FREQUENT);
  private final List<Pair> merges = new ArrayList<>();

  /** Two tokens next to each other, by id. */
  record Pair(int left, int right) {}

  /**
   * A pair that may be merged.
   *
   * @param count how often it was there when it was queued
   * @param words the places of the words that had it
   */
  private record Candidate(Pair pair, long count, Set<Integer> words) {}

  /**
   * Nothing merged yet.
   *
   * @param alphabet the tokens there are
   * @param wordCounts how often each word is there; its characters are of the alphabet
   */
  BytePairTraining(List<String> alphabet, Map<String, Long> wordCounts) {
    vocabulary = new ArrayList<>(alphabet);
    for (String token : alphabet) {
      ids.put(token, ids.size());
    }
    Map<Pair, Set<Integer>> places = new HashMap<>();
    wordCounts.forEach(
        (text, count) -> {
          int[] tokens = text.codePoints().map(c -> ids.get(Character.toString(c))).toArray();
          Word word = new Word(tokens, count);
          word.forEachPair(pair -> changed(pair, count, words.size(), places));
          words.add(word);
        });
    queue(places);
  }

  /**
   * Merges until there are enough tokens, or no pair that is frequent enough.
   *
   * @param minFrequency 0 or 1 for any pair that is there
   */
  void run(int vocabularySize, long minFrequency) {
    while (vocabulary.size() < vocabularySize && !queue.isEmpty()) {
      Candidate top = queue.remove();
      long count = counts.getOrDefault(top.pair(), 0L);
      if (count != top.count()) {
        queue.add(new Candidate(top.pair(), count, top.words()));
      } else if (count < Math.max(minFrequency, 1)) {
        return;
      } else {
        merge(top);
      }
    }
  }

  List<String> vocabulary() {
    return vocabulary;
  }

  /** What was merged, in order; a pair may be there again. */
  List<Pair> merges() {
    return merges;
  }

  private void merge(Candidate candidate) {
    Pair pair = candidate.pair();
    int id = token(vocabulary.get(pair.left()) + vocabulary.get(pair.right()));
    merges.add(pair);
    Map<Pair, Set<Integer>> places = new HashMap<>();
    for (int place : candidate.words()) {
      Word word = words.get(place);
      word.merge(
          pair, id, (changed, change) -> changed(changed, change * word.count(), place, places));
    }
    queue(places);
  }

  /** Two ways of merging may lead to one token. */
  private int token(String text) {
    Integer known = ids.putIfAbsent(text, vocabulary.size());
    if (known != null) {
      return known;
    }
    vocabulary.add(text);
    return vocabulary.size() - 1;
  }

  private void changed(Pair pair, long change, int place, Map<Pair, Set<Integer>> places) {
    counts.merge(pair, change, Math::addExact);
    if (change > 0) {
      places.computeIfAbsent(pair, _ -> new TreeSet<>()).add(place);
    }
  }

  private void queue(Map<Pair, Set<Integer>> places) {
    places.forEach(
        (pair, where) -> {
          long count = counts.getOrDefault(pair, 0L);
          if (count > 0) {
            queue.add(new Candidate(pair, count, where));
          }
        });
  }
}
