package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.CheckpointStrategy;
import io.github.checkpoint4j.torch.IntervalStrategy;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.SchedulerType;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.Trainer;
import io.github.checkpoint4j.torch.TrainerCallback;
import io.github.checkpoint4j.torch.TrainerControl;
import io.github.checkpoint4j.torch.TrainerState;
import io.github.checkpoint4j.torch.TrainingArguments;
import io.github.checkpoint4j.torch.TrainingParts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch;

/**
 * Tells a callback of a training that is made up, as golden/keras/callbacks/drive.py tells Keras's.
 * The model, its optimizer and the control are a trainer's, which has trained for a step.
 */
final class MadeUpTraining {
  private final Training training;

  /** An epoch: the logs of its batches, and those at its end. */
  record Epoch(List<Map<String, Double>> batches, Map<String, Double> logs) {
    static List<Epoch> all(Json.Arr epochs) {
      List<Epoch> parsed = new ArrayList<>();
      for (Json item : epochs.items()) {
        Json.Obj epoch = (Json.Obj) item;
        List<Map<String, Double>> batches = new ArrayList<>();
        if (epoch.find("batches").isPresent()) {
          epoch.array("batches").items().forEach(logs -> batches.add(values((Json.Obj) logs)));
        }
        parsed.add(new Epoch(batches, values(epoch.object("logs"))));
      }
      return parsed;
    }

    private static Map<String, Double> values(Json.Obj logs) {
      Map<String, Double> values = new LinkedHashMap<>();
      logs.members().keySet().forEach(name -> values.put(name, logs.real(name)));
      return values;
    }
  }

  private static final class Capture implements TrainerCallback {
    private Optional<TrainingParts> parts = Optional.empty();
    private Optional<Training> training = Optional.empty();

    @Override
    public void onPrepare(
        TrainingArguments arguments,
        TrainerState state,
        TrainerControl control,
        TrainingParts trained) {
      parts = Optional.of(trained);
    }

    @Override
    public void onTrainBegin(
        TrainingArguments arguments, TrainerState state, TrainerControl control) {
      training = Optional.of(new Training(arguments, state, control, parts.orElseThrow()));
    }
  }

  private MadeUpTraining(Training training) {
    this.training = training;
  }

  static MadeUpTraining of(Path folder, double learningRate) throws IOException {
    return of(folder, learningRate, new Classifier());
  }

  static MadeUpTraining of(Path folder, double learningRate, TrainableModel model)
      throws IOException {
    torch.set_num_threads(1);
    var capture = new Capture();
    Trainer.<Classifier.Example>builder()
        .model(model)
        .arguments(
            TrainingArguments.builder()
                .outputDir(folder.resolve("run"))
                .maxSteps(1)
                .learningRate(learningRate)
                .lrSchedulerType(SchedulerType.CONSTANT)
                .evalStrategy(IntervalStrategy.EPOCH)
                .saveStrategy(CheckpointStrategy.NO)
                .build())
        .trainDataset(Classifier.examples(4, 1))
        .evalDataset(Classifier.examples(4, 2))
        .collator(Classifier::collate)
        .callback(capture)
        .build()
        .train();
    Training training = capture.training.orElseThrow();
    training.control().shouldTrainingStop(false);
    return new MadeUpTraining(training);
  }

  Training at(double epoch, long step) {
    var state =
        TrainerState.parse(Json.object().put("epoch", epoch).put("global_step", step).build());
    return new Training(training.arguments(), state, training.control(), training.parts());
  }

  /** Tells of the epochs until the callback ends the training; returns how many there were. */
  int train(KerasCallback callback, List<Epoch> epochs, Runnable afterEpoch) {
    callback.trainBegin(at(0, 0), false);
    long step = 0;
    for (int i = 0; i < epochs.size(); i++) {
      weights(i);
      List<Map<String, Double>> batches = epochs.get(i).batches();
      for (int j = 0; j < batches.size(); j++) {
        step++;
        callback.batchEnd(at(i + (j + 1.0) / batches.size(), step), j, 0, batches.get(j));
      }
      callback.epochEnd(at(i + 1, step), i, epochs.get(i).logs());
      afterEpoch.run();
      if (training.control().shouldTrainingStop() || i == epochs.size() - 1) {
        callback.trainEnd(at(i + 1, step));
        return i + 1;
      }
    }
    throw new IllegalArgumentException("no epochs");
  }

  double learningRate() {
    return training.parts().optimizer().groups().getFirst().learningRate();
  }

  /** Gives every weight this value. */
  void weights(double value) {
    state()
        .loadStateDict(
            state()
                .stateDict()
                .mapTensors(
                    tensor -> {
                      float[] values = new float[(int) tensor.elementCount()];
                      Arrays.fill(values, (float) value);
                      return Tensor.ofFloats(values, tensor.shape());
                    }));
  }

  /** The value of the first weight. */
  float weight() {
    return state().stateDict().tensor("hidden.weight").toFloats()[0];
  }

  StateDict weights() {
    return state().stateDict();
  }

  private ModuleState state() {
    return ModuleState.of(training.parts().model().module());
  }

  TrainerControl control() {
    return training.control();
  }
}
