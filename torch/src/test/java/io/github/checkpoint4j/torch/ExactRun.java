package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.global.torch;

/**
 * A run of 24 steps of a model with dropout and batch normalisation, which can be interrupted; a
 * program, too, so that another process can be killed in it.
 */
final class ExactRun {
  static final int STEPS = 24;
  private static final int EXAMPLES = 38;
  private static final InstantSource STOPPED_CLOCK =
      InstantSource.fixed(java.time.Instant.parse("2026-01-01T00:00:00Z"));

  private ExactRun() {}

  /** What is switched on: how steps, epochs, logs, evaluations and checkpoints fall together. */
  enum Scenario {
    /** Ten batches an epoch; logs, evaluations and checkpoints each at their own steps. */
    STEPS {
      @Override
      void set(TrainingArgumentsBuilder arguments) {
        arguments.loggingSteps(4).evalStrategy(IntervalStrategy.STEPS).evalSteps(5).saveSteps(3);
      }
    },
    /** Four batches a step, two in the last step of an epoch. */
    ACCUMULATION {
      @Override
      void set(TrainingArgumentsBuilder arguments) {
        arguments
            .gradientAccumulationSteps(4)
            .loggingSteps(5)
            .loggingFirstStep(true)
            .evalStrategy(IntervalStrategy.STEPS)
            .evalSteps(7)
            .saveSteps(2)
            .optim(OptimizerType.SGD)
            .learningRate(0.1);
      }
    },
    /** Segments of the model that run twice, in three batches a step. */
    CHECKPOINTING {
      @Override
      void set(TrainingArgumentsBuilder arguments) {
        arguments
            .gradientCheckpointing(true)
            .gradientAccumulationSteps(3)
            .loggingSteps(1)
            .evalStrategy(IntervalStrategy.STEPS)
            .evalSteps(7)
            .saveSteps(5);
      }
    },
    /** Logs and evaluations at the end of an epoch, and checkpoints just before it. */
    EPOCHS {
      @Override
      void set(TrainingArgumentsBuilder arguments) {
        arguments
            .loggingStrategy(IntervalStrategy.EPOCH)
            .evalStrategy(IntervalStrategy.EPOCH)
            .saveSteps(5);
      }
    },
    /** Checkpoints that are saved while the training goes on, and few of them kept. */
    ASYNC {
      @Override
      void set(TrainingArgumentsBuilder arguments) {
        arguments
            .loggingSteps(4)
            .evalStrategy(IntervalStrategy.STEPS)
            .evalSteps(2)
            .saveSteps(2)
            .asyncSave(true)
            .saveTotalLimit(2)
            .loadBestModelAtEnd(true);
      }
    },
    /** All at the end of an epoch, the best kept. */
    BEST {
      @Override
      void set(TrainingArgumentsBuilder arguments) {
        arguments
            .loggingSteps(3)
            .evalStrategy(IntervalStrategy.EPOCH)
            .saveStrategy(CheckpointStrategy.EPOCH)
            .loadBestModelAtEnd(true)
            .metricForBestModel("accuracy")
            .saveTotalLimit(1)
            .lrSchedulerType(SchedulerType.COSINE);
      }
    },
    /** Examples of about a length side by side, in orders drawn from the random numbers. */
    BY_LENGTH {
      @Override
      void set(TrainingArgumentsBuilder arguments) {
        arguments
            .trainSamplingStrategy(SamplingStrategy.GROUP_BY_LENGTH)
            .gradientAccumulationSteps(2)
            .loggingSteps(4)
            .evalStrategy(IntervalStrategy.STEPS)
            .evalSteps(5)
            .saveSteps(3);
      }

      @Override
      void set(Trainer.Builder<Classifier.Example> trainer) {
        trainer.length(example -> (int) (10 + 10 * example.x().getFirst()));
      }
    },
    /** A smoothed loss, computed in bfloat16. */
    BF16 {
      @Override
      void set(TrainingArgumentsBuilder arguments) {
        arguments
            .bf16(true)
            .labelSmoothingFactor(0.1)
            .loggingSteps(4)
            .evalStrategy(IntervalStrategy.STEPS)
            .evalSteps(5)
            .saveSteps(3);
      }
    },
    /** A frozen layer, and learning rates of their own for two others. */
    TRANSFER {
      @Override
      void set(TrainingArgumentsBuilder arguments) {
        arguments.loggingSteps(4).saveSteps(3);
      }

      @Override
      void set(Trainer.Builder<Classifier.Example> trainer) {
        trainer
            .freeze(Freezing.of(NamePattern.glob("hidden.*")))
            .learningRates(
                LearningRates.uniform()
                    .rate(NamePattern.glob("output.weight"), 0.05)
                    .factor(NamePattern.glob("bn.*"), 0.5));
      }
    };

    abstract void set(TrainingArgumentsBuilder arguments);

    void set(Trainer.Builder<Classifier.Example> trainer) {}
  }

  static TrainingArgumentsBuilder arguments(Scenario scenario, Path output) {
    TrainingArgumentsBuilder builder =
        TrainingArguments.builder()
            .outputDir(output)
            .perDeviceTrainBatchSize(4)
            .maxSteps(STEPS)
            .learningRate(0.01)
            .weightDecay(0.01)
            .warmupSteps(3);
    scenario.set(builder);
    return builder;
  }

  /** A trainer of a new model, whose weights depend on {@code modelSeed}. */
  static Trainer<Classifier.Example> trainer(
      Scenario scenario,
      TrainingArguments arguments,
      long modelSeed,
      TrainerCallback... callbacks) {
    torch.set_num_threads(1);
    torch.manual_seed(modelSeed);
    Trainer.Builder<Classifier.Example> builder =
        Trainer.<Classifier.Example>builder()
            .model(new Classifier(0.3, true))
            .arguments(arguments)
            .collator(Classifier::collate)
            .trainDataset(Classifier.examples(EXAMPLES, 1))
            .evalDataset(Classifier.examples(9, 2))
            .computeMetrics(ComputeMetrics.accuracy())
            .clock(STOPPED_CLOCK);
    List.of(callbacks).forEach(builder::callback);
    scenario.set(builder);
    return builder.build();
  }

  /**
   * The SHA-256 of every file of a checkpoint, but for the ones that name the time or the place; of
   * those, what was logged.
   */
  static Map<String, String> digest(Path checkpoint) {
    Map<String, String> digests = new TreeMap<>();
    try {
      for (String file :
          List.of("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth")) {
        digests.put(file, sha256(Files.readAllBytes(checkpoint.resolve(file))));
      }
      var state =
          (Json.Obj)
              Json.parsePython(
                  MemorySegment.ofArray(
                      Files.readAllBytes(checkpoint.resolve("trainer_state.json"))),
                  "trainer_state.json");
      Map<String, Json> members = new TreeMap<>(state.members());
      members.remove("best_model_checkpoint");
      digests.put("trainer_state.json", new Json.Obj(members).toIndentedText());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return digests;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Trains; arguments: scenario, output directory, seed of the weights, and the step at which to
   * wait to be killed, once it is saved.
   */
  public static void main(String[] args) throws IOException {
    long killedAt = Long.parseLong(args[3]);
    var waiting =
        new TrainerCallback() {
          @Override
          public void onSave(
              TrainingArguments arguments,
              TrainerState state,
              TrainerControl control,
              Saved saved) {
            if (saved.checkpoint().step() == killedAt) {
              System.out.println("saved " + killedAt);
              sleep(Duration.ofMinutes(2));
            }
          }
        };
    Scenario scenario = Scenario.valueOf(args[0]);
    trainer(
            scenario,
            arguments(scenario, Path.of(args[1])).build(),
            Long.parseLong(args[2]),
            waiting)
        .train();
    System.out.println("done");
  }

  private static void sleep(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
