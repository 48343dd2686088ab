package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.Freezing;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.NamePattern;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.torch.Recomputation;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A pass in which layers run again makes the bits of one in which autograd keeps all. */
final class GradientCheckpointingTest {
  private static final int LAYERS = 4;

  /** Batches whose gradients are added up. */
  private static final int BATCHES = 3;

  private static final List<String> EMBEDDINGS =
      List.of("bert.embeddings.*", "transformer.wte.*", "transformer.wpe.*", "shared.*");

  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  enum Kind {
    BERT {
      @Override
      TrainableModel model(double dropout) {
        return new BertForSequenceClassification(TinyBert.config(dropout, LAYERS));
      }

      @Override
      Batch batch(int index) {
        return TinyBert.batch();
      }
    },
    BERT_MASKED {
      @Override
      TrainableModel model(double dropout) {
        return new BertForMaskedLM(TinyBert.config(dropout, LAYERS));
      }
    },
    GPT2 {
      @Override
      TrainableModel model(double dropout) {
        return new Gpt2LMHeadModel(Gpt2Config.of(30, 16, 16, LAYERS, 2).withDropout(dropout));
      }
    },
    GPT2_UNTIED {
      @Override
      TrainableModel model(double dropout) {
        Gpt2Config config = Gpt2Config.of(30, 16, 16, LAYERS, 2).withDropout(dropout);
        return new Gpt2LMHeadModel(config, false, true);
      }
    },
    /** Its tied word embeddings are looked up twice in a pass, besides the head. */
    GPT2_OF_TYPES {
      @Override
      TrainableModel model(double dropout) {
        return GPT2.model(dropout);
      }

      @Override
      Batch batch(int index) {
        try (Batch batch = GPT2.batch(index)) {
          return Batch.of(
              Map.of(
                  "input_ids", batch.get("input_ids"),
                  "token_type_ids", batch.get("attention_mask"),
                  "labels", batch.get("labels")));
        }
      }
    },
    T5 {
      @Override
      TrainableModel model(double dropout) {
        return new T5ForConditionalGeneration(config(dropout));
      }
    },
    T5_UNTIED {
      @Override
      TrainableModel model(double dropout) {
        return new T5ForConditionalGeneration(config(dropout), false, true);
      }
    };

    static T5Config config(double dropout) {
      return T5Config.of(30, 16, 8, 24, LAYERS, 2).withDropout(dropout);
    }

    abstract TrainableModel model(double dropout);

    Batch batch(int index) {
      return LanguageModelRun.collate(List.of(index, index + 5, index + 9));
    }
  }

  /** What is not trained. */
  enum Frozen {
    NOTHING,
    /** So that the first layer is given nothing that needs a gradient. */
    EMBEDDINGS,
    /** So that whole layers have no gradients. */
    LOWER_LAYERS,
    /** So that gradients pass layers without parameters that need any. */
    UPPER_LAYERS;

    void apply(TrainableModel model) {
      List<String> patterns = new ArrayList<>();
      if (this == EMBEDDINGS || this == LOWER_LAYERS) {
        patterns.addAll(GradientCheckpointingTest.EMBEDDINGS);
      }
      if (this == LOWER_LAYERS) {
        patterns.addAll(layers(0, 1));
      }
      if (this == UPPER_LAYERS) {
        patterns.addAll(layers(2, 3));
      }
      List<NamePattern> there =
          patterns.stream()
              .map(NamePattern::glob)
              .filter(
                  pattern ->
                      ModuleState.of(model.module()).parameters().keySet().stream()
                          .anyMatch(pattern::matches))
              .toList();
      if (!there.isEmpty()) {
        Freezing.of(there.toArray(NamePattern[]::new)).apply(model.module());
      }
    }

    private static List<String> layers(int... indices) {
      List<String> patterns = new ArrayList<>();
      for (int i : indices) {
        patterns.add("bert.encoder.layer." + i + ".*");
        patterns.add("transformer.h." + i + ".*");
        patterns.add("encoder.block." + i + ".*");
        patterns.add("decoder.block." + i + ".*");
      }
      return patterns;
    }
  }

  static Stream<Arguments> passes() {
    return Stream.of(Kind.values())
        .flatMap(
            kind ->
                Stream.of(Frozen.values())
                    .flatMap(
                        frozen ->
                            Stream.of(0.0, 0.1)
                                .map(dropout -> Arguments.of(kind, frozen, dropout))));
  }

  @ParameterizedTest
  @MethodSource("passes")
  void losses_gradients_and_random_numbers_are_the_same_bits(
      Kind kind, Frozen frozen, double dropout) {
    Map<String, String> plain = pass(kind, frozen, dropout, false, false);

    assertThat(plain).hasSizeGreaterThan(BATCHES + 1);
    assertThat(pass(kind, frozen, dropout, false, true)).isEqualTo(plain);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void in_bfloat16_they_are_the_same_bits_too(Kind kind) {
    Map<String, String> plain = pass(kind, Frozen.NOTHING, 0.1, true, false);

    assertThat(plain).isNotEqualTo(pass(kind, Frozen.NOTHING, 0.1, false, false));
    assertThat(pass(kind, Frozen.NOTHING, 0.1, true, true)).isEqualTo(plain);
    assertThat(torch.is_autocast_enabled(DeviceType.CPU)).isFalse();
  }

  /** The digests of the losses, of all gradients, and of random numbers drawn afterwards. */
  private static Map<String, String> pass(
      Kind kind, Frozen frozen, double dropout, boolean bfloat16, boolean checkpointing) {
    torch.manual_seed(7);
    TrainableModel model = kind.model(dropout);
    frozen.apply(model);
    ModuleState weights = ModuleState.of(model.module());
    Map<String, String> left = new LinkedHashMap<>();
    for (int i = 0; i < BATCHES; i++) {
      try (var _ = new PointerScope();
          Batch batch = kind.batch(i);
          var recomputation = checkpointing ? Recomputation.of(weights) : Recomputation.none()) {
        Tensor loss = forward(model, batch, recomputation, bfloat16);
        recomputation.backward(loss);
        left.put("loss " + i, digest(loss));
      }
    }
    weights
        .parameters()
        .forEach(
            (name, parameter) -> {
              if (parameter.grad().defined()) {
                left.put(name, digest(parameter.grad()));
              }
            });
    left.put("drawn", digest(torch.randn(4)));
    return left;
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void in_bfloat16_and_with_smoothed_labels_training_is_the_same_bits(
      Kind kind, @TempDir Path directory) throws IOException {
    assertThat(trained(kind, directory.resolve("again"), true))
        .isEqualTo(trained(kind, directory.resolve("kept"), false));
  }

  private static Map<String, String> trained(Kind kind, Path run, boolean checkpointing)
      throws IOException {
    torch.manual_seed(7);
    TrainableModel model = kind.model(0.1);
    Trainer.<Integer>builder()
        .model(model)
        .arguments(
            LanguageModelRun.arguments(run)
                .maxSteps(3)
                .gradientAccumulationSteps(2)
                .bf16(true)
                .labelSmoothingFactor(0.1)
                .gradientCheckpointing(checkpointing)
                .build())
        .trainDataset(IntStream.range(0, 18).boxed().toList())
        .collator(examples -> kind.batch(examples.getFirst()))
        .build()
        .train();
    Map<String, String> weights = new LinkedHashMap<>();
    ModuleState.of(model.module())
        .parameters()
        .forEach((name, parameter) -> weights.put(name, digest(parameter)));
    return weights;
  }

  /** The loss; in bfloat16 as {@code torch.autocast} makes it without its cache of weights. */
  private static Tensor forward(
      TrainableModel model, Batch batch, Recomputation recomputation, boolean bfloat16) {
    torch.set_autocast_enabled(DeviceType.CPU, bfloat16);
    torch.set_autocast_cache_enabled(false);
    try {
      return model.forward(batch, recomputation).requireLoss();
    } finally {
      torch.set_autocast_enabled(DeviceType.CPU, false);
      torch.set_autocast_cache_enabled(true);
    }
  }

  private static String digest(Tensor tensor) {
    return Digest.sha256(NativeTensors.heapCopy(tensor));
  }
}
