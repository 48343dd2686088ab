package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The parts of a tokenizer.json, with the members, and in the order, that Hugging Face's tokenizers
 * library writes.
 */
final class TokenizerJson {
  private TokenizerJson() {}

  /** The whole file, of a tokenizer that neither pads nor cuts by itself. */
  static Json.Obj document(
      List<Json> addedTokens,
      Json normalizer,
      Json preTokenizer,
      Json postProcessor,
      Json decoder,
      Json model) {
    return Json.object()
        .put("version", "1.0")
        .put("truncation", Json.Null.NULL)
        .put("padding", Json.Null.NULL)
        .put("added_tokens", Json.array(addedTokens))
        .put("normalizer", normalizer)
        .put("pre_tokenizer", preTokenizer)
        .put("post_processor", postProcessor)
        .put("decoder", decoder)
        .put("model", model)
        .build();
  }

  /** A special token among the added tokens: it is found in a text before anything else. */
  static Json specialToken(String content, long id) {
    return Json.object()
        .put("id", id)
        .put("content", content)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true)
        .build();
  }

  /** The special tokens whose ids are their places in the list. */
  static List<Json> specialTokens(List<String> contents) {
    List<Json> tokens = new ArrayList<>();
    for (int id = 0; id < contents.size(); id++) {
      tokens.add(specialToken(contents.get(id), id));
    }
    return tokens;
  }

  /**
   * Puts special tokens around and between texts.
   *
   * @param single the pieces of one text, made by {@link #special} and {@link #sequence}
   * @param pair the pieces of two texts
   * @param ids of the special tokens in them
   */
  static Json template(List<Json> single, List<Json> pair, Map<String, Long> ids) {
    Map<String, Json> tokens = new LinkedHashMap<>();
    ids.forEach(
        (token, id) ->
            tokens.put(
                token,
                Json.object()
                    .put("id", token)
                    .put("ids", Json.array(List.of(Json.of(id))))
                    .put("tokens", Json.array(List.of(Json.of(token))))
                    .build()));
    return Json.object()
        .put("type", "TemplateProcessing")
        .put("single", Json.array(single))
        .put("pair", Json.array(pair))
        .put("special_tokens", Json.object(tokens))
        .build();
  }

  /** A special token of a template. */
  static Json special(String token, long type) {
    return piece("SpecialToken", token, type);
  }

  /** The place of a text in a template: A, or B for the second of two. */
  static Json sequence(String name, long type) {
    return piece("Sequence", name, type);
  }

  /** Tokens and their ids, as a model lists them. */
  static Json vocabulary(Map<String, Long> ids) {
    Map<String, Json> vocabulary = new LinkedHashMap<>();
    ids.forEach((token, id) -> vocabulary.put(token, Json.of(id)));
    return Json.object(vocabulary);
  }

  /** Tokens whose ids are their places in the list. */
  static Json vocabulary(List<String> tokens) {
    Map<String, Long> ids = new LinkedHashMap<>();
    for (String token : tokens) {
      ids.put(token, (long) ids.size());
    }
    return vocabulary(ids);
  }

  /** A part of one kind without settings. */
  static Json part(String type) {
    return Json.object().put("type", type).build();
  }

  private static Json piece(String kind, String name, long type) {
    return Json.object()
        .put(kind, Json.object().put("id", name).put("type_id", type).build())
        .build();
  }
}
