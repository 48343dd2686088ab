package io.github.checkpoint4j.cli;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a model that begins with random weights is made with. */
final class NewModelOptions {
  private static final int VOCAB_SIZE = 4000;

  @Option(
      names = "--tokenizer",
      paramLabel = "${bundle:task.tokenizers}|DIR",
      description =
          "How texts are split: a tokenizer that is made of the training texts, or that of a"
              + " directory (${bundle:task.tokenizer}).")
  @Nullable String tokenizer;

  @Option(
      names = "--vocab-size",
      paramLabel = "N",
      description = "The most tokens of a tokenizer of bytes (4000).")
  @Nullable Integer vocabSize;

  @Option(
      names = "--layers",
      paramLabel = "N",
      description = "Blocks of a new model (${bundle:task.layers}).")
  @Nullable Integer layers;

  @Option(
      names = "--heads",
      paramLabel = "N",
      description = "Heads of each attention of a new model (${bundle:task.heads}).")
  @Nullable Integer heads;

  @Option(
      names = "--width",
      paramLabel = "N",
      description = "Width of a new model (${bundle:task.width}).")
  @Nullable Integer width;

  /**
   * What is asked for, or else what the run was saved with, or else the default.
   *
   * @param model the model that the training begins with
   * @param usual the default of a new model
   * @throws IllegalArgumentException if the options do not go together
   */
  NewModel of(String model, NewModel usual, Optional<NewModel> saved) {
    boolean pretrained = !model.equals(NewModel.NAME);
    if (pretrained) {
      requireNoShape(model);
    }
    NewModel before =
        saved.orElseGet(() -> pretrained ? usual.withTokenizer(NewModel.OF_MODEL) : usual);
    NewModel asked =
        new NewModel(
            tokenizer != null ? tokenizer : before.tokenizer(),
            vocabSize != null ? vocabSize : before.vocabSize(),
            layers != null ? layers : before.layers(),
            heads != null ? heads : before.heads(),
            width != null ? width : before.width());
    if (vocabSize != null && !asked.tokenizer().equals(NewModel.BYTES)) {
      throw new IllegalArgumentException(
          "--vocab-size is of a tokenizer of bytes; give --tokenizer bytes too");
    }
    return asked;
  }

  private void requireNoShape(String pretrained) {
    List<String> given =
        Stream.of(
                layers == null ? "" : "--layers",
                heads == null ? "" : "--heads",
                width == null ? "" : "--width",
                vocabSize == null ? "" : "--vocab-size",
                isMade() ? "--tokenizer " + tokenizer : "")
            .filter(option -> !option.isEmpty())
            .toList();
    if (!given.isEmpty()) {
      throw new IllegalArgumentException(
          "%s is what a new model is made with, and --model %s is there already; leave out the one or the other"
              .formatted(String.join(", ", given), pretrained));
    }
  }

  private boolean isMade() {
    return NewModel.CHARACTERS.equals(tokenizer) || NewModel.BYTES.equals(tokenizer);
  }

  /** What the help says of a new model, where another is not asked for. */
  static Map<String, String> texts(String tokenizers, NewModel usual) {
    return Map.of(
        "tokenizers",
        tokenizers,
        "tokenizer",
        usual.tokenizer(),
        "layers",
        Integer.toString(usual.layers()),
        "heads",
        Integer.toString(usual.heads()),
        "width",
        Integer.toString(usual.width()));
  }

  static NewModel usual(String tokenizer, int layers, int heads, int width) {
    return new NewModel(tokenizer, VOCAB_SIZE, layers, heads, width);
  }
}
