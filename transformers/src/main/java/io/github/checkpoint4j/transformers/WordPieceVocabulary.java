package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
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
    List<Json> added = new ArrayList<>();
    for (String token : SPECIAL) {
      added.add(
          Json.object()
              .put("id", id(token))
              .put("content", token)
              .put("single_word", false)
              .put("lstrip", false)
              .put("rstrip", false)
              .put("normalized", false)
              .put("special", true)
              .build());
    }
    Map<String, Json> vocabulary = new LinkedHashMap<>();
    ids.forEach((token, id) -> vocabulary.put(token, Json.of(id)));
    return Json.object()
        .put("version", "1.0")
        .put("truncation", Json.Null.NULL)
        .put("padding", Json.Null.NULL)
        .put("added_tokens", Json.array(added))
        .put(
            "normalizer",
            Json.object()
                .put("type", "BertNormalizer")
                .put("clean_text", true)
                .put("handle_chinese_chars", flag(configuration, "tokenize_chinese_chars"))
                .put("strip_accents", configuration.find("strip_accents").orElse(Json.Null.NULL))
                .put("lowercase", flag(configuration, "do_lower_case"))
                .build())
        .put("pre_tokenizer", Json.object().put("type", "BertPreTokenizer").build())
        .put("post_processor", postProcessor())
        .put(
            "decoder",
            Json.object().put("type", "WordPiece").put("prefix", "##").put("cleanup", true).build())
        .put(
            "model",
            Json.object()
                .put("type", "WordPiece")
                .put("unk_token", "[UNK]")
                .put("continuing_subword_prefix", "##")
                .put("max_input_chars_per_word", 100)
                .put("vocab", Json.object(vocabulary))
                .build())
        .build();
  }

  private Json postProcessor() {
    Json cls = special("[CLS]", 0);
    Json end = special("[SEP]", 0);
    return Json.object()
        .put("type", "TemplateProcessing")
        .put("single", Json.array(List.of(cls, sequence("A", 0), end)))
        .put(
            "pair",
            Json.array(List.of(cls, sequence("A", 0), end, sequence("B", 1), special("[SEP]", 1))))
        .put(
            "special_tokens",
            Json.object().put("[CLS]", template("[CLS]")).put("[SEP]", template("[SEP]")).build())
        .build();
  }

  private Json template(String token) {
    return Json.object()
        .put("id", token)
        .put("ids", Json.array(List.of(Json.of(id(token)))))
        .put("tokens", Json.array(List.of(Json.of(token))))
        .build();
  }

  private static Json special(String token, long type) {
    return piece("SpecialToken", token, type);
  }

  private static Json sequence(String name, long type) {
    return piece("Sequence", name, type);
  }

  private static Json piece(String kind, String name, long type) {
    return Json.object()
        .put(kind, Json.object().put("id", name).put("type_id", type).build())
        .build();
  }

  private static boolean flag(Json.Obj configuration, String name) {
    return configuration.find(name).isEmpty() || configuration.bool(name);
  }

  private long id(String token) {
    return ids.getOrDefault(token, 0L);
  }
}
