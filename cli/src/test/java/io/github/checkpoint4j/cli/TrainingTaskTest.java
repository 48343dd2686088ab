package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.Direction;
import io.github.checkpoint4j.format.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class TrainingTaskTest {
  private static final TaskData DATA = new TaskData("a.txt", "b.txt", 32, 100);
  private static final TransferLearning TRANSFER =
      new TransferLearning(
          List.of("a=b"), true, List.of("c.*"), OptionalDouble.of(0.9), List.of("d=1e-3"));
  private static final NewModel MADE = new NewModel(NewModel.BYTES, 300, 2, 4, 64);

  static List<TrainingTask> tasks() {
    return List.of(
        new ClassificationTask("minilm", DATA, TRANSFER),
        new LanguageModelTask(NewModel.NAME, DATA, MADE, true, TRANSFER),
        new Seq2SeqTask(NewModel.NAME, DATA, MADE, TransferLearning.NONE),
        new MaskedLanguageModelTask("minilm", DATA, 0.2, TRANSFER));
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void a_task_is_what_its_file_says(TrainingTask task) {
    assertThat(TrainingTask.of(task.json())).isEqualTo(task);
    assertThat(task.json().text("task")).isEqualTo(task.kind().verb());
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void a_member_that_is_missing_is_an_error(TrainingTask task) {
    for (String name : List.of("task", "model", "train", "eval", "max_length")) {
      Map<String, Json> members = new LinkedHashMap<>(task.json().members());
      members.remove(name);
      assertThatThrownBy(() -> TrainingTask.of(Json.object(members)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(name);
    }
  }

  @Test
  void another_task_is_an_error_that_names_those_there_are() {
    assertThatThrownBy(() -> TrainingTask.of(Json.object().put("task", "paint").build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("task is 'paint'; expected one of classify, lm, seq2seq, mlm");
  }

  @Test
  void a_file_from_before_evaluations_could_be_limited_has_no_limit() {
    Json.Obj old = Json.object().put("train", "a").put("eval", "").put("max_length", 64).build();

    assertThat(TaskData.in(old).maxEvalSamples()).isEqualTo(TaskData.ALL);
    assertThat(
            new ClassificationTask("m", TaskData.in(old), TRANSFER).json().get("max_eval_samples"))
        .isEqualTo(Json.Null.NULL);
  }

  @Test
  void a_checkpoint_decides_what_is_in_its_weights_and_not_its_data() {
    var before = new LanguageModelTask(NewModel.NAME, DATA, MADE, true, TRANSFER);
    var asked =
        new LanguageModelTask(
            "other",
            new TaskData("c.txt", "", 16, 5),
            new NewModel(NewModel.CHARACTERS, 300, 9, 1, 8),
            false,
            TransferLearning.NONE);

    assertThat(asked.keeping(before))
        .isEqualTo(
            new LanguageModelTask(
                NewModel.NAME,
                asked.data(),
                MADE,
                false,
                new TransferLearning(
                    List.of("a=b"), false, List.of(), OptionalDouble.empty(), List.of())));
  }

  @Test
  void a_classifier_is_loaded_from_the_model_named_now() {
    var before = new ClassificationTask("minilm", DATA, TRANSFER);
    var asked = new ClassificationTask("moved", DATA, TRANSFER);

    assertThat(asked.keeping(before)).isEqualTo(asked);
  }

  @Test
  void symbols_or_characters_are_counted_by_the_tokenizer() {
    var words =
        new Seq2SeqTask(NewModel.NAME, DATA, MADE.withTokenizer(NewModel.TRANSCRIPTION), TRANSFER);
    var others = new Seq2SeqTask(NewModel.NAME, DATA, MADE, TRANSFER);

    assertThat(words.metrics()).containsExactly("phoneme_error_rate", "exact_match", "loss");
    assertThat(others.metrics()).containsExactly("character_error_rate", "exact_match", "loss");
    assertThat(words.source("Word")).isEqualTo("word");
    assertThat(others.source("Word")).isEqualTo("Word");
  }

  @ParameterizedTest
  @EnumSource(TaskKind.class)
  void the_name_of_each_metric_tells_which_values_are_better(TaskKind kind) {
    assertThat(kind.metrics()).isNotEmpty();
    for (String metric : kind.metrics()) {
      boolean less =
          metric.endsWith("loss") || metric.endsWith("_rate") || metric.equals("perplexity");
      assertThat(Direction.of(metric)).isEqualTo(less ? Direction.MINIMIZE : Direction.MAXIMIZE);
    }
    assertThat(TaskKind.of(kind.verb())).isEqualTo(kind);
  }
}
