package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.util.Set;

/**
 * The templates of a tokenizer.json. The native library takes it for granted that they are
 * complete, and ends the whole process at the first text if they are not.
 */
final class PostProcessors {
  private PostProcessors() {}

  /**
   * Checks that the templates name nothing that they lack.
   *
   * @param source the file's name, for messages
   * @throws CorruptFileException if they do
   */
  static void requireComplete(Json.Obj tokenizer, String source) throws CorruptFileException {
    try {
      if (tokenizer.find("post_processor").orElse(Json.Null.NULL) instanceof Json.Obj processor) {
        require(processor);
      }
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException(source + ": post_processor: " + e.getMessage(), e);
    }
  }

  private static void require(Json.Obj processor) {
    if (processor.find("processors").orElse(Json.Null.NULL) instanceof Json.Arr processors) {
      for (Json item : processors.items()) {
        if (item instanceof Json.Obj inner) {
          require(inner);
        }
      }
    }
    // The library knows a template by its members, whatever its type says.
    if (processor.find("single").isPresent() || processor.find("pair").isPresent()) {
      Json.Obj special = processor.object("special_tokens");
      require(processor.array("single"), Set.of("A"), special);
      require(processor.array("pair"), Set.of("A", "B"), special);
    }
  }

  private static void require(Json.Arr pieces, Set<String> sequences, Json.Obj special) {
    for (Json item : pieces.items()) {
      if (!(item instanceof Json.Obj piece)) {
        throw new IllegalArgumentException("a piece should be an object and is " + item.kind());
      }
      if (piece.find("SpecialToken").isPresent()) {
        requireSpecial(piece.object("SpecialToken").text("id"), special);
      } else {
        String sequence = piece.object("Sequence").text("id");
        if (!sequences.contains(sequence)) {
          throw new IllegalArgumentException(
              "a piece is text '%s', of which there is none"
                  .formatted(TextFile.shortened(sequence)));
        }
      }
    }
  }

  private static void requireSpecial(String id, Json.Obj special) {
    if (special.find(id).isEmpty()) {
      throw new IllegalArgumentException(
          "a piece is '%s', which is not among its special_tokens"
              .formatted(TextFile.shortened(id)));
    }
    Json.Obj token = special.object(id);
    int ids = token.array("ids").items().size();
    int tokens = token.array("tokens").items().size();
    if (ids != tokens) {
      throw new IllegalArgumentException(
          "special token '%s' has %d ids and %d tokens"
              .formatted(TextFile.shortened(id), ids, tokens));
    }
  }
}
