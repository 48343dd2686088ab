package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.torch.Threads;
import io.github.checkpoint4j.transformers.Decoder;
import io.github.checkpoint4j.transformers.Generated;
import io.github.checkpoint4j.transformers.GenerationConfig;
import io.github.checkpoint4j.transformers.GenerationDefaults;
import io.github.checkpoint4j.transformers.Gpt2Decoder;
import io.github.checkpoint4j.transformers.Gpt2LMHeadModel;
import io.github.checkpoint4j.transformers.Pretrained;
import io.github.checkpoint4j.transformers.SpecialToken;
import io.github.checkpoint4j.transformers.T5Decoder;
import io.github.checkpoint4j.transformers.T5ForConditionalGeneration;
import io.github.checkpoint4j.transformers.TextGeneration;
import io.github.checkpoint4j.transformers.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/** Writes texts. Kept apart from its verb, since it brings in native libraries. */
final class Generation {
  private static final int LARGEST_SEED = 1_000_000;

  private final Tokenizer tokenizer;
  private final ChosenGeneration chosen;

  private Generation(Tokenizer tokenizer, ChosenGeneration chosen) {
    this.tokenizer = tokenizer;
    this.chosen = chosen;
  }

  /**
   * What the model in {@code directory} writes.
   *
   * @param texts what it goes on with, or makes texts of; if there are none, a model that goes on
   *     begins a text
   * @throws IllegalArgumentException if options do not go together or are out of their range
   * @throws RefusedException if the model does not write
   */
  static List<Written> write(
      Path directory, List<String> texts, GenerateOptions options, OptionalInt threads)
      throws IOException {
    Optional<TrainingTask> task;
    Json kind;
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      task = TrainingTask.in(checkpoint);
      kind = checkpoint.json("config.json").find("model_type").orElse(Json.Null.NULL);
    }
    threads.ifPresent(Threads::use);
    return switch (kind.toText()) {
      case "\"gpt2\"" -> {
        Pretrained<Gpt2LMHeadModel> model = Gpt2LMHeadModel.fromDirectory(directory);
        requireTrained(model, directory);
        model.model().eval();
        yield of(model, directory, options).goOn(model.model(), texts);
      }
      case "\"t5\"" -> {
        Pretrained<T5ForConditionalGeneration> model =
            T5ForConditionalGeneration.fromDirectory(directory);
        requireTrained(model, directory);
        model.model().eval();
        Function<String, String> source =
            task.isPresent() && task.get() instanceof Seq2SeqTask seq2seq
                ? seq2seq::source
                : Function.identity();
        yield of(model, directory, options).make(model.model(), texts, source);
      }
      default ->
          throw new RefusedException(
              "%s: its config.json has model_type %s, and gpt2 and t5 write; %s"
                  .formatted(
                      directory,
                      kind.toText(),
                      task.map(found -> "use it: " + found.kind().use(directory.toString()))
                          .orElse("give another directory")));
    };
  }

  private static Generation of(Pretrained<?> model, Path directory, GenerateOptions options)
      throws IOException {
    Tokenizer tokenizer = Models.tokenizer(model.tokenizer(), directory.toString());
    return new Generation(
        tokenizer,
        new ChosenGeneration(
            options,
            GenerationDefaults.in(directory),
            new StopTexts(options.stops, tokenizer),
            options.seed != null ? options.seed : new SecureRandom().nextInt(LARGEST_SEED)));
  }

  private static void requireTrained(Pretrained<?> model, Path directory) {
    if (!model.report().missing().isEmpty()) {
      throw new RefusedException(
          "%s has no trained model that writes (%s are missing); train one with: ckpt train"
              .formatted(directory, String.join(", ", model.report().missing())));
    }
  }

  /** Goes on with texts, or begins one. */
  private List<Written> goOn(Gpt2LMHeadModel model, List<String> texts) {
    List<Written> written = new ArrayList<>();
    for (String text : texts.isEmpty() ? List.of("") : texts) {
      long[] prompt = prompt(model, text);
      try (Decoder decoder = new Gpt2Decoder(model)) {
        written.addAll(
            written(
                text,
                false,
                decoder,
                new long[][] {prompt},
                chosen.config(
                    prompt.length,
                    model.config().nPositions(),
                    ends(model.config().eosTokenIds()))));
      }
    }
    return written;
  }

  /** What ends a text: as the model says, or else its tokenizer. */
  private List<Long> ends(List<Long> ofModel) {
    return ofModel.isEmpty() ? tokenizer.id(SpecialToken.EOS).stream().boxed().toList() : ofModel;
  }

  /** The tokens of a text that is not at its end yet; of none the one that begins a text. */
  private long[] prompt(Gpt2LMHeadModel model, String text) {
    long[] ids = tokenizer.encode(text).ids();
    if (ids.length > 1 && model.config().eosTokenIds().contains(ids[ids.length - 1])) {
      ids = Arrays.copyOf(ids, ids.length - 1);
    }
    if (ids.length > 0) {
      return ids;
    }
    OptionalLong begin = model.config().bosTokenId();
    return new long[] {
      begin.orElseGet(
          () ->
              tokenizer
                  .id(SpecialToken.BOS)
                  .orElseThrow(
                      () ->
                          new IllegalArgumentException(
                              "the model has no token that begins a text; give a TEXT to go on"
                                  + " with")))
    };
  }

  /** Makes a text of each. */
  private List<Written> make(
      T5ForConditionalGeneration model, List<String> texts, Function<String, String> source) {
    if (texts.isEmpty()) {
      throw new IllegalArgumentException(
          "a T5 makes a text of another; give a TEXT, or lines on standard input");
    }
    List<Long> ends = ends(model.config().eosTokenIds());
    List<Written> written = new ArrayList<>();
    for (String text : texts) {
      long[] ids = tokenizer.encode(source.apply(text)).ids();
      try (Tensor tokens =
              NativeTensors.copyOf(
                  io.github.checkpoint4j.state.Tensor.ofLongs(ids, 1, ids.length));
          Batch batch = Batch.of(Map.of("input_ids", tokens));
          T5Decoder decoder = new T5Decoder(model, batch)) {
        written.addAll(
            written(
                text, true, decoder, decoder.prompts(), chosen.config(1, Long.MAX_VALUE, ends)));
      }
    }
    return written;
  }

  private List<Written> written(
      String prompt, boolean made, Decoder decoder, long[][] prompts, GenerationConfig config) {
    List<Written> written = new ArrayList<>();
    for (Generated each : TextGeneration.generate(decoder, prompts, config)) {
      long[] tokens = each.tokens().stream().mapToLong(Long::longValue).toArray();
      written.add(
          new Written(
              prompt,
              chosen.stops().cut(tokenizer.decode(tokens, true)),
              made,
              tokens.length,
              config.seed(),
              Double.isNaN(each.score())
                  ? OptionalDouble.empty()
                  : OptionalDouble.of(each.score())));
    }
    return written;
  }
}
