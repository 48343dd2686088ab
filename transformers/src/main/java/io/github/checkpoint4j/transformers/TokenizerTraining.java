package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes tokenizers of texts. Each is a tokenizer.json of parts that Hugging Face's tokenizers
 * library has, so that Python's {@code AutoTokenizer} opens its files and gives the same ids.
 */
public final class TokenizerTraining {
  private static final String PAD = "<pad>";
  private static final String BOS = "<s>";
  private static final String EOS = "</s>";
  private static final String UNK = "<unk>";
  private static final Pattern WHITE_SPACE =
      Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

  private TokenizerTraining() {}

  /**
   * A token for each character (code point) that the texts have. The special tokens are {@code
   * <pad>}, {@code <s>}, {@code </s>} and {@code <unk>}, ids 0 to 3; then come the characters, the
   * most frequent first, of equals the lower code point. {@code <s>} is put before a text.
   *
   * @throws IllegalArgumentException if the texts have no character
   */
  public static Tokenizer characters(List<String> texts) {
    Map<String, Long> counts = new HashMap<>();
    for (String text : texts) {
      NativeTokenizer.wellFormed(text)
          .codePoints()
          .mapToObj(Character::toString)
          .forEach(c -> counts.merge(c, 1L, Long::sum));
    }
    requireSome(counts.keySet().size());
    List<String> special = List.of(PAD, BOS, EOS, UNK);
    List<String> vocabulary =
        Stream.concat(
                special.stream(),
                counts.entrySet().stream()
                    .sorted(
                        Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                            .thenComparingInt(entry -> entry.getKey().codePointAt(0)))
                    .map(Map.Entry::getKey))
            .toList();
    return Tokenizer.trained(
        TokenizerJson.document(
            TokenizerJson.specialTokens(special),
            Json.Null.NULL,
            split("[\\s\\S]"),
            beginning(),
            TokenizerJson.part("Fuse"),
            wordLevel(vocabulary)),
        roles(special));
  }

  /**
   * One vocabulary for words and their transcriptions: a token for each character of the sources,
   * and one for each symbol of the targets, which are symbols with spaces between them. The special
   * tokens are {@code <pad>}, {@code </s>} and {@code <unk>}, ids 0 to 2, as a T5 has them; then
   * come the characters and then the symbols, each sorted. {@code </s>} is put after a text.
   *
   * <p>A text is split at white space, and what is between into the longest symbols and the
   * characters. So that a word is not taken for symbols, characters and symbols have to differ, as
   * small letters do from ARPAbet's capitals. Decoded tokens have spaces between them.
   *
   * @throws IllegalArgumentException if the pairs have no character
   */
  public static Tokenizer transcription(List<TextPair> pairs) {
    var characters = new TreeSet<String>();
    var symbols = new TreeSet<String>();
    for (TextPair pair : pairs) {
      Stream.of(words(pair.source()))
          .flatMapToInt(String::codePoints)
          .mapToObj(Character::toString)
          .forEach(characters::add);
      symbols.addAll(List.of(words(pair.target())));
    }
    symbols.remove("");
    requireSome(characters.size() + symbols.size());
    List<String> special = List.of(PAD, EOS, UNK);
    List<String> vocabulary =
        Stream.of(special, characters, symbols)
            .flatMap(tokens -> tokens.stream())
            .distinct()
            .toList();
    String longSymbols =
        symbols.stream()
            .filter(symbol -> symbol.codePointCount(0, symbol.length()) > 1)
            .sorted(Comparator.comparingInt(String::length).reversed())
            .map(symbol -> escaped(symbol) + "|")
            .collect(Collectors.joining());
    return Tokenizer.trained(
        TokenizerJson.document(
            TokenizerJson.specialTokens(special),
            Json.Null.NULL,
            Json.object()
                .put("type", "Sequence")
                .put(
                    "pretokenizers",
                    Json.array(
                        List.of(
                            TokenizerJson.part("WhitespaceSplit"),
                            split(longSymbols + "[\\s\\S]"))))
                .build(),
            ending(),
            Json.Null.NULL,
            wordLevel(vocabulary)),
        roles(special));
  }

  /**
   * Subwords of bytes, as GPT-2 has them: pairs of tokens that are next to each other in a word are
   * put together, the most frequent first, until the vocabulary is full. The merges are those of
   * {@code BpeTrainer} of the tokenizers library. The special tokens are {@code <pad>}, {@code <s>}
   * and {@code </s>}, ids 0 to 2; then come the 256 bytes. {@code <s>} is put before a text.
   *
   * @param vocabularySize the most tokens: fewer if no pair is left
   * @param minFrequency how often a pair has to be there; 0 or 1 for any
   * @throws IllegalArgumentException if the special tokens and the bytes alone are more than {@code
   *     vocabularySize}
   */
  public static Tokenizer bytePairs(List<String> texts, int vocabularySize, long minFrequency) {
    return bytePairs(texts, vocabularySize, minFrequency, List.of(PAD, BOS, EOS), beginning());
  }

  /**
   * As {@link #bytePairs(List, int, long)}, for a model that makes one text of another: one
   * vocabulary for both. The special tokens are {@code <pad>} and {@code </s>}, ids 0 and 1, as a
   * T5 has them. {@code </s>} is put after a text.
   *
   * @throws IllegalArgumentException as there
   */
  public static Tokenizer bytePairsOfPairs(
      List<TextPair> pairs, int vocabularySize, long minFrequency) {
    List<String> texts =
        pairs.stream().flatMap(pair -> Stream.of(pair.source(), pair.target())).toList();
    return bytePairs(texts, vocabularySize, minFrequency, List.of(PAD, EOS), ending());
  }

  private static Tokenizer bytePairs(
      List<String> texts,
      int vocabularySize,
      long minFrequency,
      List<String> special,
      Json postProcessor) {
    BytePairs bytes = BytePairs.of(special);
    if (vocabularySize < bytes.vocabulary().size()) {
      throw new IllegalArgumentException(
          "a vocabulary of %d tokens has no room for %d special tokens and 256 bytes; %d is the least"
              .formatted(vocabularySize, special.size(), bytes.vocabulary().size()));
    }
    BytePairs trained = bytes.trained(words(texts, bytes), vocabularySize, minFrequency);
    return Tokenizer.trained(byteLevel(special, postProcessor, trained), roles(special));
  }

  /** What is between white space, as the library's WhitespaceSplit takes it. */
  private static String[] words(String text) {
    return WHITE_SPACE.split(NativeTokenizer.wellFormed(text));
  }

  /** The words of texts, in the letters that stand for bytes, and how often each is there. */
  private static Map<String, Long> words(List<String> texts, BytePairs bytes) {
    // The library splits words better than a second reading of its expressions could.
    String json = byteLevel(List.of(), Json.Null.NULL, bytes).toText();
    Map<String, Long> counts = new LinkedHashMap<>();
    try (NativeTokenizer splitter = NativeTokenizer.parse(json, "the bytes alone")) {
      for (String text : texts) {
        splitter.words(text).forEach(word -> counts.merge(word, 1L, Long::sum));
      }
    } catch (CorruptFileException e) {
      throw new IllegalStateException("the bytes alone are no tokenizer: " + e.getMessage(), e);
    }
    return counts;
  }

  private static Json.Obj byteLevel(List<String> special, Json postProcessor, BytePairs pairs) {
    return TokenizerJson.document(
        TokenizerJson.specialTokens(special),
        Json.Null.NULL,
        byteLevel(false),
        postProcessor,
        byteLevel(true),
        pairs.toJson());
  }

  private static Json byteLevel(boolean addPrefixSpace) {
    return Json.object()
        .put("type", "ByteLevel")
        .put("add_prefix_space", addPrefixSpace)
        .put("trim_offsets", true)
        .put("use_regex", true)
        .build();
  }

  private static Json wordLevel(List<String> vocabulary) {
    return Json.object()
        .put("type", "WordLevel")
        .put("vocab", TokenizerJson.vocabulary(vocabulary))
        .put("unk_token", UNK)
        .build();
  }

  /** Splits a text into what matches. */
  private static Json split(String regex) {
    return Json.object()
        .put("type", "Split")
        .put("pattern", Json.object().put("Regex", regex).build())
        .put("behavior", "Isolated")
        .put("invert", false)
        .build();
  }

  /** Puts the token that begins a text before it. */
  private static Json beginning() {
    Json begin = TokenizerJson.special(BOS, 0);
    Json first = TokenizerJson.sequence("A", 0);
    return TokenizerJson.template(
        List.of(begin, first),
        List.of(begin, first, begin, TokenizerJson.sequence("B", 0)),
        Map.of(BOS, 1L));
  }

  /** Puts the token that ends a text after it, which is the second in such a vocabulary. */
  private static Json ending() {
    Json end = TokenizerJson.special(EOS, 0);
    Json first = TokenizerJson.sequence("A", 0);
    return TokenizerJson.template(
        List.of(first, end),
        List.of(first, end, TokenizerJson.sequence("B", 0), end),
        Map.of(EOS, 1L));
  }

  private static Map<SpecialToken, String> roles(List<String> special) {
    Map<SpecialToken, String> roles = new EnumMap<>(SpecialToken.class);
    for (SpecialToken token : SpecialToken.values()) {
      token.usual().stream().filter(special::contains).forEach(name -> roles.put(token, name));
    }
    return roles;
  }

  /** A symbol in a regular expression that matches it alone. */
  private static String escaped(String symbol) {
    return symbol
        .codePoints()
        .mapToObj(
            c -> (c < 128 && !Character.isLetterOrDigit(c) ? "\\" : "") + Character.toString(c))
        .collect(Collectors.joining());
  }

  private static void requireSome(int tokens) {
    if (tokens == 0) {
      throw new IllegalArgumentException(
          "no character in the texts that a tokenizer is to be made of; give others");
    }
  }
}
