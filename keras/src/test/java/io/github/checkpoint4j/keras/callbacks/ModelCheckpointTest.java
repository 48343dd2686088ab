package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCheckpointTest {
  @TempDir private Path folder;

  private String in(String name) {
    return folder.resolve(name).toString();
  }

  private static MadeUpTraining.Epoch epoch(Map<String, Double> logs) {
    return new MadeUpTraining.Epoch(List.of(), logs);
  }

  private void train(ModelCheckpoint callback, Map<String, Double> logs) throws IOException {
    MadeUpTraining.of(folder, 0.1).train(callback, List.of(epoch(logs)), () -> {});
  }

  private static MemorySegment bytes(Path file) throws IOException {
    return MemorySegment.ofArray(Files.readAllBytes(file));
  }

  @Test
  void a_safetensors_file_has_the_weights() throws IOException {
    ModelCheckpoint callback =
        ModelCheckpoint.to(in("a/b/{epoch}.safetensors")).saveWeightsOnly(true).build();
    var training = MadeUpTraining.of(folder, 0.1);
    training.train(callback, List.of(epoch(Map.of("loss", 1.0))), () -> {});
    Path file = folder.resolve("a/b/1.safetensors");
    StateDict saved = SafeTensors.parse(bytes(file), "file").stateDict();
    assertThat(saved.names()).isEqualTo(training.weights().names());
    assertThat(saved.tensor("hidden.weight").toFloats()).containsOnly(0f);
    try (var files = Files.list(file.resolveSibling(""))) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void a_pt_file_has_the_optimizer_too_or_the_weights_alone() throws IOException {
    train(ModelCheckpoint.to(in("whole.pt")).build(), Map.of("loss", 1.0));
    StateDict whole = (StateDict) PyTorch.read(bytes(folder.resolve("whole.pt")), "file");
    assertThat(whole.names())
        .containsExactly("model_state_dict", "optimizer_state_dict", "lr_scheduler_state_dict");
    assertThat(whole.dict("optimizer_state_dict").names()).contains("state", "param_groups");
    train(ModelCheckpoint.to(in("weights.pt")).saveWeightsOnly(true).build(), Map.of("loss", 1.0));
    StateDict weights = (StateDict) PyTorch.read(bytes(folder.resolve("weights.pt")), "file");
    assertThat(weights.names()).isEqualTo(whole.dict("model_state_dict").names());
    assertThat(weights.tensor("output.bias").toFloats()).containsOnly(0f);
  }

  @Test
  void a_metric_that_was_not_measured_is_an_error_that_names_those_that_were() throws IOException {
    ModelCheckpoint callback =
        ModelCheckpoint.to(in("best.pt")).monitor("val_f1").saveBestOnly(true).build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> train(callback, Map.of("val_loss", 0.5)))
        .withMessage(
            "ModelCheckpoint monitors 'val_f1', which was not measured; there are: val_loss");
    assertThat(folder.resolve("best.pt")).doesNotExist();
  }

  @Test
  void an_epoch_without_an_evaluation_saves_no_best() throws IOException {
    train(ModelCheckpoint.to(in("best.pt")).saveBestOnly(true).build(), Map.of("loss", 0.5));
    assertThat(folder.resolve("best.pt")).doesNotExist();
  }

  @Test
  void what_is_not_finite_is_never_the_best() throws IOException {
    ModelCheckpoint callback = ModelCheckpoint.to(in("{epoch}.pt")).saveBestOnly(true).build();
    List<MadeUpTraining.Epoch> epochs =
        List.of(
            epoch(Map.of("val_loss", Double.NaN)),
            epoch(Map.of("val_loss", Double.NEGATIVE_INFINITY)),
            epoch(Map.of("val_loss", 2.0)),
            epoch(Map.of("val_loss", Double.NaN)),
            epoch(Map.of("val_loss", 1.0)));
    MadeUpTraining.of(folder, 0.1).train(callback, epochs, () -> {});
    assertThat(callback.best()).hasValue(1.0);
    assertThat(folder.resolve("1.pt")).doesNotExist();
    assertThat(folder.resolve("2.pt")).doesNotExist();
    assertThat(folder.resolve("3.pt")).exists();
    assertThat(folder.resolve("4.pt")).doesNotExist();
    assertThat(folder.resolve("5.pt")).exists();
  }

  @Test
  void the_end_of_the_name_has_to_be_that_of_a_format_that_holds_what_is_saved() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelCheckpoint.to("best.h5").build())
        .withMessage(
            "filepath 'best.h5' does not end as a file in which a whole model is saved; end it in one"
                + " of: .pt");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelCheckpoint.to("best.safetensors").build())
        .withMessage(
            "filepath 'best.safetensors' does not end as a file in which a whole model is saved; end"
                + " it in one of: .pt, or set saveWeightsOnly to true");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelCheckpoint.to("best").saveWeightsOnly(true).build())
        .withMessage(
            "filepath 'best' does not end as a file in which the weights alone are saved; end it in"
                + " one of: .safetensors, .pt");
  }

  @Test
  void a_name_that_does_not_tell_the_direction_needs_a_mode_if_it_matters() {
    ModelCheckpoint.Builder builder = ModelCheckpoint.to("best.pt").monitor("val_zeal");
    assertThat(builder.build()).isNotNull();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.saveBestOnly(true).build())
        .withMessage(
            "ModelCheckpoint monitors 'val_zeal', whose name does not tell whether less or more of it"
                + " is better; give mode MIN or MAX");
    assertThat(builder.mode(Mode.MAX).build()).isNotNull();
  }

  @Test
  void a_threshold_is_a_number() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelCheckpoint.to("best.pt").initialValueThreshold(Double.NaN))
        .withMessage("initialValueThreshold must be a number, and is NaN");
  }

  @Test
  void a_directory_of_the_name_is_an_error_and_the_best_stays_what_it_was() throws IOException {
    Files.createDirectory(folder.resolve("best.pt"));
    ModelCheckpoint callback = ModelCheckpoint.to(in("best.pt")).saveBestOnly(true).build();
    assertThatThrownBy(() -> train(callback, Map.of("val_loss", 0.5)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage(
            "ModelCheckpoint could not save the model to %s: %s: is a directory, and the model is saved as a file; give another filepath"
                .formatted(in("best.pt"), in("best.pt")));
    assertThat(callback.best()).isEmpty();
  }

  @Test
  void without_verbose_nothing_is_printed() throws IOException {
    var printed = new ByteArrayOutputStream();
    ModelCheckpoint callback =
        ModelCheckpoint.to(in("{epoch}.pt"))
            .out(new PrintStream(printed, true, StandardCharsets.UTF_8))
            .build();
    train(callback, Map.of("loss", 0.5));
    assertThat(printed.size()).isZero();
  }

  @Test
  void the_best_value_of_another_metric_says_nothing() {
    ModelCheckpoint.Builder builder = ModelCheckpoint.to("best.pt").saveBestOnly(true);
    Json.Obj state =
        Json.object()
            .put("monitor", "val_loss")
            .put("best", 0.25)
            .put("batches_seen_since_last_saving", 3)
            .put("logs", new EpochLogs().json())
            .build();
    ModelCheckpoint same = builder.build();
    same.restore(state);
    assertThat(same.best()).hasValue(0.25);
    ModelCheckpoint other = builder.monitor("loss").initialValueThreshold(7).build();
    assertThat(same.args().text("monitor")).isEqualTo("val_loss");
    other.restore(state);
    assertThat(other.best()).hasValue(7.0);
  }

  @Test
  void a_state_that_is_none_is_refused() {
    ModelCheckpoint callback = ModelCheckpoint.to("best.pt").build();
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> callback.restore(Json.object().put("logs", new EpochLogs().json()).build()))
        .withMessageStartingWith("no member 'best' in the object");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                callback.restore(
                    Json.object()
                        .put("monitor", "val_loss")
                        .put("best", Json.Null.NULL)
                        .put("batches_seen_since_last_saving", -1)
                        .put("logs", new EpochLogs().json())
                        .build()))
        .withMessage("member 'batches_seen_since_last_saving' is negative: -1");
  }
}
