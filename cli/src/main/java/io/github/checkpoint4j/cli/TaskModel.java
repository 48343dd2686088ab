package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.LoadReport;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.WeightLoading;
import io.github.checkpoint4j.transformers.GenerationDefaults;
import io.github.checkpoint4j.transformers.Pretrained;
import io.github.checkpoint4j.transformers.SpecialToken;
import io.github.checkpoint4j.transformers.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A model and its tokenizer.
 *
 * @param files what is beside the weights, but for config.json
 * @param report what was loaded; empty if all weights were drawn
 * @param source what it is, for messages
 */
record TaskModel<M extends TrainableModel>(
    M model,
    Tokenizer tokenizer,
    Map<String, FileContent> files,
    Optional<LoadReport> report,
    String source) {

  /**
   * A new model.
   *
   * @param generation how it writes, the content of generation_config.json
   */
  static <M extends TrainableModel> TaskModel<M> made(
      M model, Tokenizer tokenizer, Json.Obj generation) {
    Map<String, FileContent> files = new LinkedHashMap<>(tokenizer.files());
    files.put(GenerationDefaults.FILE, FileContent.of(generation.toIndentedText() + "\n"));
    return new TaskModel<>(model, tokenizer, files, Optional.empty(), "the new model");
  }

  /** Makes a model that no path names. */
  interface Fresh<M extends TrainableModel> {
    TaskModel<M> make() throws IOException;
  }

  /**
   * The model of a run that goes on, or else the one that its task begins with.
   *
   * @param tokenizer as in {@link #loaded}; a checkpoint's own goes before it
   * @param freshName what the task calls a model that no path names
   */
  static <M extends TrainableModel> TaskModel<M> of(
      TrainingTask task,
      String tokenizer,
      Optional<SavedRun> run,
      Models.FromDirectory<M> fromDirectory,
      Models.FromFile<M> fromFile,
      String freshName,
      Fresh<M> fresh)
      throws IOException {
    if (run.isPresent()) {
      Path directory = run.get().checkpoint().directory();
      Pretrained<M> saved = fromDirectory.open(directory, WeightLoading.lenient());
      return loaded(
          saved,
          saved.tokenizer().isPresent() ? NewModel.OF_MODEL : tokenizer,
          directory.toString());
    }
    return task.model().equals(freshName)
        ? fresh.make()
        : loaded(
            Models.pretrained(task.model(), task.transfer().loading(), fromDirectory, fromFile),
            tokenizer,
            task.model());
  }

  /**
   * A model that was loaded.
   *
   * @param tokenizer the directory of its tokenizer, or a word that says it is its own
   * @throws RefusedException if it has no tokenizer
   */
  static <M extends TrainableModel> TaskModel<M> loaded(
      Pretrained<M> loaded, String tokenizer, String source) throws IOException {
    Pretrained<M> complete =
        isDirectory(tokenizer)
            ? new Pretrained<>(
                loaded.model(),
                Optional.of(Tokenizer.fromDirectory(Path.of(tokenizer))),
                loaded.report(),
                loaded.generationConfig())
            : loaded;
    return new TaskModel<>(
        complete.model(),
        Models.tokenizer(complete.tokenizer(), source),
        complete.files(),
        Optional.of(complete.report()),
        source);
  }

  /** Whether a tokenizer is that of a directory, not one of those that have a name. */
  static boolean isDirectory(String tokenizer) {
    return switch (tokenizer) {
      case NewModel.CHARACTERS, NewModel.BYTES, NewModel.TRANSCRIPTION, NewModel.OF_MODEL -> false;
      default -> true;
    };
  }

  TrainableModel withFiles() {
    return new SavedModel(model, files);
  }

  /**
   * Returns if the tokenizer fits the model.
   *
   * @param tokens the tokens that the model has embeddings for
   * @throws RefusedException if it has more tokens
   */
  TaskModel<M> requireTokens(long tokens) {
    if (tokenizer.vocabularySize() > tokens) {
      throw new RefusedException(
          "%s: its vocabulary has %d tokens and the tokenizer %d; give the tokenizer it was trained with"
              .formatted(source, tokens, tokenizer.vocabularySize()));
    }
    return this;
  }

  /**
   * Returns if the model has a position for each token of a text.
   *
   * @throws IllegalArgumentException if a text may have more
   */
  void requirePositions(int maxLength, long positions) {
    if (maxLength > positions) {
      throw new IllegalArgumentException(
          "--max-length is %d and %s has %d positions; give less"
              .formatted(maxLength, source, positions));
    }
  }

  /**
   * The id of a special token.
   *
   * @param otherwise what else the user can do
   * @throws RefusedException if the tokenizer has none
   */
  long requireId(SpecialToken token, String otherwise) {
    return requireId(tokenizer, source, token, otherwise);
  }

  /** As {@link #requireId(SpecialToken, String)}, before there is a model. */
  static long requireId(Tokenizer tokenizer, String source, SpecialToken token, String otherwise) {
    return tokenizer
        .id(token)
        .orElseThrow(
            () ->
                new RefusedException(
                    "%s: its tokenizer has no %s_token; name one in tokenizer_config.json%s"
                        .formatted(source, token.name().toLowerCase(Locale.ROOT), otherwise)));
  }
}
