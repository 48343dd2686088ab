package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The tokens of a tokenizer.json by name.
 *
 * @param added those that are found in a text before the model is asked
 * @param all those and the model's
 */
record TokenIds(Map<String, Long> added, Map<String, Long> all) {

  /**
   * The tokens that a tokenizer.json lists.
   *
   * @param source the file's name, for messages
   * @throws CorruptFileException if a list is of another form than it has to be
   */
  static TokenIds of(Json.Obj tokenizer, String source) throws CorruptFileException {
    Map<String, Long> added = new HashMap<>();
    try {
      for (Json item : tokenizer.array("added_tokens").items()) {
        if (item instanceof Json.Obj token) {
          added.put(token.text("content"), token.integer("id"));
        }
      }
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException(source + ": added_tokens: " + e.getMessage(), e);
    }
    Map<String, Long> all = new HashMap<>();
    try {
      if (tokenizer.find("model").isPresent()) {
        put(tokenizer.object("model"), all);
      }
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException(source + ": model: " + e.getMessage(), e);
    }
    all.putAll(added);
    return new TokenIds(Map.copyOf(added), Map.copyOf(all));
  }

  /** A model of Unigram lists pairs of a token and its score; the others have ids by token. */
  private static void put(Json.Obj model, Map<String, Long> ids) {
    if (model.get("vocab") instanceof Json.Arr pairs) {
      long id = 0;
      for (Json item : pairs.items()) {
        if (!(item instanceof Json.Arr pair
            && !pair.items().isEmpty()
            && pair.items().getFirst() instanceof Json.Str token)) {
          throw new IllegalArgumentException(
              "item " + id + " of 'vocab' should be a token and its score and is " + item.kind());
        }
        ids.put(token.value(), id++);
      }
      return;
    }
    Json.Obj vocabulary = model.object("vocab");
    for (String token : vocabulary.members().keySet()) {
      ids.put(token, vocabulary.integer(token));
    }
  }

  /**
   * The ids of the special tokens by what they are for. The first of the configurations that has a
   * member for it, be it null, decides; without one it is the usual token that was added.
   *
   * @param configurations tokenizer_config.json and special_tokens_map.json, as far as there are,
   *     by file name
   * @param source the name of the tokenizer.json, for messages
   * @throws CorruptFileException if a configuration names a token that there is not
   */
  Map<SpecialToken, Long> special(Map<String, Json.Obj> configurations, String source)
      throws CorruptFileException {
    Map<SpecialToken, Long> ids = new EnumMap<>(SpecialToken.class);
    for (SpecialToken token : SpecialToken.values()) {
      special(token, configurations, source).ifPresent(id -> ids.put(token, id));
    }
    return ids;
  }

  private OptionalLong special(
      SpecialToken token, Map<String, Json.Obj> configurations, String source)
      throws CorruptFileException {
    for (Map.Entry<String, Json.Obj> file : configurations.entrySet()) {
      Json named = file.getValue().find(token.key()).orElse(null);
      if (named == null) {
        continue;
      }
      // Until transformers 4 a token could be written with its settings around it.
      Json content =
          named instanceof Json.Obj object ? object.find("content").orElse(named) : named;
      return switch (content) {
        case Json.Str name -> OptionalLong.of(named(name.value(), token, file.getKey(), source));
        case Json.Null _ -> OptionalLong.empty();
        default ->
            throw new CorruptFileException(
                "%s: %s should be a token and is %s"
                    .formatted(file.getKey(), token.key(), content.kind()));
      };
    }
    return usual(token.usual());
  }

  private long named(String name, SpecialToken token, String file, String source)
      throws CorruptFileException {
    Long id = all.get(name);
    if (id == null) {
      throw new CorruptFileException(
          "%s: %s is '%s', which is not among the %d tokens of %s; correct the name, or add the token there"
              .formatted(file, token.key(), TextFile.shortened(name), all.size(), source));
    }
    return id;
  }

  private OptionalLong usual(List<String> names) {
    for (String name : names) {
      Long id = added.get(name);
      if (id != null) {
        return OptionalLong.of(id);
      }
    }
    return OptionalLong.empty();
  }
}
