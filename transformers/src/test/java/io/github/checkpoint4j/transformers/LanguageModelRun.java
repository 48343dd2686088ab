package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainerCallback;
import io.github.checkpoint4j.torch.TrainingArguments;
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

  static Trainer<Integer> trainer(TrainableModel model, Path output, TrainerCallback... callbacks) {
    Trainer.Builder<Integer> builder =
        Trainer.<Integer>builder()
            .model(model)
            .arguments(
                TrainingArguments.builder()
                    .outputDir(output)
                    .maxSteps(STEPS)
                    .perDeviceTrainBatchSize(4)
                    .learningRate(0.01)
                    .weightDecay(0.1)
                    .loggingSteps(1)
                    .saveSteps(4)
                    .build())
            .trainDataset(IntStream.range(0, 18).boxed().toList())
            .collator(LanguageModelRun::collate);
    List.of(callbacks).forEach(builder::callback);
    return builder.build();
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
