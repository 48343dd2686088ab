package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import java.util.List;

/**
 * What a model that begins with random weights is made with.
 *
 * @param tokenizer what its tokenizer is: made of the training data, or a directory
 * @param vocabSize the most tokens of a tokenizer of bytes
 * @param layers the blocks, of an encoder and a decoder each
 * @param heads the heads of each attention
 * @param width the width of the hidden states
 */
record NewModel(String tokenizer, int vocabSize, int layers, int heads, int width) {
  /** What names a new model where that of a pretrained one could stand. */
  static final String NAME = "new";

  static final String CHARACTERS = "characters";
  static final String BYTES = "bytes";
  static final String TRANSCRIPTION = "transcription";

  /** The tokenizer that comes with a pretrained model. */
  static final String OF_MODEL = "model";

  /** The members, all of which a checkpoint decides. */
  static final List<String> MEMBERS =
      List.of("tokenizer", "vocab_size", "layers", "heads", "width");

  /**
   * @throws IllegalArgumentException if a number makes no model
   */
  NewModel {
    require("layers", layers);
    require("heads", heads);
    require("width", width);
    if (width % heads != 0) {
      throw new IllegalArgumentException(
          "--width is %d and --heads %d; give a multiple of the heads".formatted(width, heads));
    }
  }

  private static void require(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("--%s is %d; 1 is the least".formatted(name, value));
    }
  }

  /**
   * That of a checkpoint's file.
   *
   * @throws IllegalArgumentException if a member is missing or makes no model
   * @throws ArithmeticException if a number is too large
   */
  static NewModel in(Json.Obj json) {
    return new NewModel(
        json.text("tokenizer"),
        Math.toIntExact(json.integer("vocab_size")),
        Math.toIntExact(json.integer("layers")),
        Math.toIntExact(json.integer("heads")),
        Math.toIntExact(json.integer("width")));
  }

  NewModel withTokenizer(String other) {
    return new NewModel(other, vocabSize, layers, heads, width);
  }

  void addTo(Json.Builder json) {
    json.put("tokenizer", tokenizer)
        .put("vocab_size", vocabSize)
        .put("layers", layers)
        .put("heads", heads)
        .put("width", width);
  }
}
