package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tokens of an old BERT directory, vocab.txt: one a line, the line's index is the id. */
final class WordPieceVocabulary {
  private static final List<String> SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");

  private final Map<String, Long> ids;

  private WordPieceVocabulary(Map<String, Long> ids) {
    this.ids = ids;
  }

  /**
   * The vocabulary of a vocab.txt.
   *
   * @param text the file
   * @param source the file's name, for messages
   * @throws CorruptFileException if one of BERT's special tokens is missing
   */
  static WordPieceVocabulary parse(String text, String source) throws CorruptFileException {
    Map<String, Long> ids = new LinkedHashMap<>();
    long id = 0;
    for (String token : text.lines().toList()) {
      ids.put(token, id++);
    }
    for (String token : SPECIAL) {
      if (!ids.containsKey(token)) {
        throw new CorruptFileException(
            source
                + ": no line '"
                + token
                + "' among its "
                + id
                + "; not the vocabulary of a BERT");
      }
    }
    return new WordPieceVocabulary(ids);
  }

  /**
   * The tokenizer.json of the same tokenizer, as transformers makes it of these files.
   *
   * @param configuration tokenizer_config.json, which may set {@code do_lower_case}, {@code
   *     tokenize_chinese_chars} and {@code strip_accents}
   * @see <a href="https://github.com/huggingface/transformers">transformers/models/bert/
   *     tokenization_bert.py</a>
   */
  Json.Obj toTokenizerJson(Json.Obj configuration) {
    List<Json> added =
        SPECIAL.stream().map(token -> TokenizerJson.specialToken(token, id(token))).toList();
    return TokenizerJson.document(
        added,
        Json.object()
            .put("type", "BertNormalizer")
            .put("clean_text", true)
            .put("handle_chinese_chars", flag(configuration, "tokenize_chinese_chars"))
            .put("strip_accents", configuration.find("strip_accents").orElse(Json.Null.NULL))
            .put("lowercase", flag(configuration, "do_lower_case"))
            .build(),
        TokenizerJson.part("BertPreTokenizer"),
        postProcessor(),
        Json.object().put("type", "WordPiece").put("prefix", "##").put("cleanup", true).build(),
        Json.object()
            .put("type", "WordPiece")
            .put("unk_token", "[UNK]")
            .put("continuing_subword_prefix", "##")
            .put("max_input_chars_per_word", 100)
            .put("vocab", TokenizerJson.vocabulary(ids))
            .build());
  }

  private Json postProcessor() {
    Json cls = TokenizerJson.special("[CLS]", 0);
    Json first = TokenizerJson.sequence("A", 0);
    Json end = TokenizerJson.special("[SEP]", 0);
    Map<String, Long> special = new LinkedHashMap<>();
    special.put("[CLS]", id("[CLS]"));
    special.put("[SEP]", id("[SEP]"));
    return TokenizerJson.template(
        List.of(cls, first, end),
        List.of(cls, first, end, TokenizerJson.sequence("B", 1), TokenizerJson.special("[SEP]", 1)),
        special);
  }

  private static boolean flag(Json.Obj configuration, String name) {
    return configuration.find(name).isEmpty() || configuration.bool(name);
  }

  private long id(String token) {
    return ids.getOrDefault(token, 0L);
  }
}
