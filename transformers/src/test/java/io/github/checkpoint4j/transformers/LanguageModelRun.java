package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainerCallback;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.torch.TrainingArgumentsBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A short run of a language model. */
final class LanguageModelRun {
  static final int STEPS = 8;

  private LanguageModelRun() {}

  static Pretrained<? extends TrainableModel> load(String model, Path directory)
      throws IOException {
    return switch (model) {
      case "gpt2" -> Gpt2LMHeadModel.fromDirectory(directory);
      case "bert-mlm" -> BertForMaskedLM.fromDirectory(directory);
      case "t5" -> T5ForConditionalGeneration.fromDirectory(directory);
      default -> throw new IllegalArgumentException(model);
    };
  }

  static TrainableModel fresh(String model, double dropout) {
    return switch (model) {
      case "gpt2" -> new Gpt2LMHeadModel(Gpt2Config.of(30, 16, 16, 2, 2).withDropout(dropout));
      case "bert-mlm" -> new BertForMaskedLM(TinyBert.config(dropout));
      case "t5" ->
          new T5ForConditionalGeneration(T5Config.of(30, 16, 8, 24, 2, 2).withDropout(dropout));
      default -> throw new IllegalArgumentException(model);
    };
  }

  static TrainingArgumentsBuilder arguments(Path output) {
    return TrainingArguments.builder()
        .outputDir(output)
        .maxSteps(STEPS)
        .perDeviceTrainBatchSize(4)
        .learningRate(0.01)
        .weightDecay(0.1)
        .loggingSteps(1)
        .saveSteps(4);
  }

  static Trainer<Integer> trainer(TrainableModel model, Path output, TrainerCallback... callbacks) {
    return trainer(model, arguments(output).build(), callbacks);
  }

  static Trainer<Integer> trainer(
      TrainableModel model, TrainingArguments arguments, TrainerCallback... callbacks) {
    Trainer.Builder<Integer> builder =
        Trainer.<Integer>builder()
            .model(model)
            .arguments(arguments)
            .trainDataset(IntStream.range(0, 18).boxed().toList())
            .evalDataset(IntStream.range(20, 27).boxed().toList())
            .collator(
                model instanceof PretrainedBert
                    ? LanguageModelRun::collateClasses
                    : LanguageModelRun::collate);
    List.of(callbacks).forEach(builder::callback);
    return builder.build();
  }

  /** As {@link #collate}, each row with a label of its own. */
  private static Batch collateClasses(List<Integer> examples) {
    long[] labels = examples.stream().mapToLong(example -> example % 2).toArray();
    try (Batch tokens = collate(examples)) {
      return Batch.of(
          Map.of(
              "input_ids", tokens.get("input_ids"),
              "attention_mask", tokens.get("attention_mask"),
              "labels", NativeTensors.copyOf(Tensor.ofLongs(labels, labels.length))));
    }
  }

  /** Rows of tokens that count up, the longer the later; the rest is padding. */
  static Batch collate(List<Integer> examples) {
    int length = 9;
    long[] ids = new long[examples.size() * length];
    long[] mask = new long[ids.length];
    long[] labels = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      int example = examples.get(i / length);
      boolean there = i % length < 3 + example % 6;
      ids[i] = there ? 1 + (example + i % length) % 29 : 0;
      mask[i] = there ? 1 : 0;
      labels[i] = there ? ids[i] : TokenLoss.IGNORED;
    }
    return Batch.of(
        Map.of(
            "input_ids", PaddedTexts.longs(ids, examples.size(), length),
            "attention_mask", PaddedTexts.longs(mask, examples.size(), length),
            "labels", PaddedTexts.longs(labels, examples.size(), length)));
  }
}
