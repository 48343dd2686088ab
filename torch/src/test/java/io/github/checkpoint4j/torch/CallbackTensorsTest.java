package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointStore;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Events beyond Hugging Face's, and tensors of callbacks in checkpoints. */
class CallbackTensorsTest {
  @TempDir private Path folder;

  /** Has a tensor of the step it saw last, and notes what happens. */
  private static class Holder implements TrainerCallback, ExportableTensors {
    private final boolean holds;
    final List<String> events = new ArrayList<>();
    private float value;
    List<Float> restored = List.of();

    Holder(boolean holds) {
      this.holds = holds;
    }

    @Override
    public void onPrepare(
        TrainingArguments arguments,
        TrainerState state,
        TrainerControl control,
        TrainingParts parts) {
      events.add("prepare at step " + parts.scheduler().steps());
      assertThat(parts.optimizer().groups()).isNotEmpty();
      assertThat(parts.model().module().is_training()).isIn(true, false);
    }

    @Override
    public void onResume(
        TrainingArguments arguments,
        TrainerState state,
        TrainerControl control,
        Resumption resumption) {
      events.add("resume");
    }

    @Override
    public void onTrainBegin(
        TrainingArguments arguments, TrainerState state, TrainerControl control) {
      events.add("begin");
    }

    @Override
    public void onStepBegin(
        TrainingArguments arguments, TrainerState state, TrainerControl control) {
      value = state.globalStep() + 1;
    }

    @Override
    public void onBatchLoss(
        TrainingArguments arguments,
        TrainerState state,
        TrainerControl control,
        double loss,
        long examples) {
      assertThat(loss).isPositive().isFinite();
      events.add("loss of " + examples);
    }

    @Override
    public void onTrainEnd(
        TrainingArguments arguments, TrainerState state, TrainerControl control) {
      events.add("end");
    }

    @Override
    public void onFinish(TrainingArguments arguments, TrainerState state, TrainResult result) {
      events.add("finish " + result.ended());
      try (CheckpointStore store = CheckpointStore.open(arguments.outputDir())) {
        assertThat(store.list()).isNotEmpty();
      } catch (IOException e) {
        throw new AssertionError("the directory is not given up", e);
      }
    }

    @Override
    public boolean holdsTensors() {
      return holds;
    }

    @Override
    public StateDict tensors() {
      return StateDict.of(Map.of("x", Tensor.ofFloats(new float[] {value}, 1)));
    }

    @Override
    public void restoreTensors(StateDict tensors) {
      restored = List.of(tensors.tensor("x").toFloats()[0]);
    }

    @Override
    public Json.Obj args() {
      return Json.object().build();
    }

    @Override
    public Json.Obj attributes() {
      return Json.object().build();
    }

    @Override
    public void restore(Json.Obj attributes) {}

    @Override
    public String stateName() {
      return "Holder";
    }
  }

  private TrainingArgumentsBuilder arguments(long maxSteps) {
    return TrainingArguments.builder()
        .outputDir(folder.resolve("run"))
        .perDeviceTrainBatchSize(4)
        .maxSteps(maxSteps)
        .saveSteps(2);
  }

  private static void train(TrainingArguments arguments, Holder... callbacks) throws IOException {
    Trainer.Builder<Classifier.Example> builder =
        Trainer.<Classifier.Example>builder()
            .model(new Classifier(0, false))
            .arguments(arguments)
            .collator(Classifier::collate)
            .trainDataset(Classifier.examples(10, 1));
    List.of(callbacks).forEach(builder::callback);
    builder.build().train();
  }

  private float inFile(String name) throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve("run").resolve(name));
    return SafeTensors.parse(MemorySegment.ofArray(bytes), name).tensors().values().stream()
        .map(tensor -> tensor.toFloats()[0])
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void the_tensors_of_each_callback_are_in_a_file_of_the_checkpoint_and_restored(boolean asyncSave)
      throws IOException {
    train(arguments(4).asyncSave(asyncSave).build(), new Holder(true), new Holder(true));
    assertThat(inFile("checkpoint-2/callback_Holder.safetensors")).isEqualTo(2);
    assertThat(inFile("checkpoint-4/callback_Holder_2.safetensors")).isEqualTo(4);
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("run/checkpoint-4"))) {
      checkpoint.verify().requireClean();
    }
    var first = new Holder(true);
    var second = new Holder(true);
    train(arguments(5).build(), first, second);
    assertThat(first.restored).containsExactly(4f);
    assertThat(second.restored).containsExactly(4f);
  }

  @Test
  void a_callback_without_tensors_has_no_file_and_gets_none() throws IOException {
    train(arguments(2).build(), new Holder(false));
    assertThat(folder.resolve("run/checkpoint-2/callback_Holder.safetensors")).doesNotExist();
    var holder = new Holder(true);
    train(arguments(3).build(), holder);
    assertThat(holder.restored).isEmpty();
  }

  @Test
  void tensors_are_not_restored_if_states_of_callbacks_are_not() throws IOException {
    train(arguments(2).build(), new Holder(true));
    var holder = new Holder(true);
    train(arguments(3).restoreCallbackStatesFromCheckpoint(false).build(), holder);
    assertThat(holder.restored).isEmpty();
  }

  @Test
  void the_tensors_of_a_callback_that_is_gone_are_left_out() throws IOException {
    train(arguments(2).build(), new Holder(true));
    train(arguments(4).build());
    assertThat(folder.resolve("run/checkpoint-4/callback_Holder.safetensors")).doesNotExist();
  }

  @Test
  void preparing_comes_first_and_finishing_last() throws IOException {
    var holder = new Holder(false);
    train(arguments(3).build(), holder);
    assertThat(holder.events)
        .containsExactly(
            "prepare at step 0",
            "begin",
            "loss of 4",
            "loss of 4",
            "loss of 2",
            "end",
            "finish COMPLETE");
    var resumed = new Holder(false);
    train(arguments(4).gradientAccumulationSteps(1).build(), resumed);
    assertThat(resumed.events)
        .containsExactly(
            "prepare at step 3", "resume", "begin", "loss of 4", "end", "finish COMPLETE");
  }

  @Test
  void with_accumulation_each_batch_tells_its_share_of_the_loss() throws IOException {
    var holder = new Holder(false);
    train(arguments(2).gradientAccumulationSteps(2).build(), holder);
    assertThat(holder.events)
        .containsSubsequence("begin", "loss of 4", "loss of 4", "loss of 2", "end");
  }
}
