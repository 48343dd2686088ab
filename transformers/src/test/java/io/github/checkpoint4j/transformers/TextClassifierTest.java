package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class TextClassifierTest {
  private static final List<String> TEXTS =
      List.of("the film is good", "dull", "", "a long story that is not funny", "best acting");

  private static Tokenizer tokenizer;

  @BeforeAll
  static void open() throws IOException {
    torch.set_num_threads(1);
    tokenizer = Tokenizer.fromDirectory(Golden.path("tiny"));
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  @Test
  void probabilities_are_the_softmax_of_the_logits() throws IOException {
    var model = PretrainedBert.fromDirectory(Golden.path("tiny"), List.of("bad", "good")).model();
    List<Prediction> predictions = new TextClassifier(model, tokenizer, 32, 2).predict(TEXTS);

    assertThat(predictions).hasSize(5);
    model.eval();
    for (int i = 0; i < 5; i++) {
      float[] logits = logits(model, TEXTS.get(i));
      double good = 1 / (1 + Math.exp(logits[0] - logits[1]));
      Prediction prediction = predictions.get(i);
      assertThat(prediction.scores()).containsOnlyKeys("bad", "good");
      assertThat(prediction.scores().get("good")).isEqualTo(good, within(1e-5));
      assertThat(prediction.label()).isEqualTo(good > 0.5 ? "good" : "bad");
      assertThat(prediction.score()).isEqualTo(Math.max(good, 1 - good), within(1e-5));
    }
  }

  @Test
  void each_of_several_labels_has_a_probability_of_its_own() throws IOException {
    var model = model("multi_label_classification", 3);
    Prediction prediction =
        new TextClassifier(model, tokenizer, 32, 8).predict(List.of("good")).getFirst();

    model.eval();
    float[] logits = logits(model, "good");
    for (int i = 0; i < 3; i++) {
      assertThat(prediction.scores().get("LABEL_" + i))
          .isEqualTo(1 / (1 + Math.exp(-logits[i])), within(1e-5));
    }
  }

  @Test
  void a_regression_predicts_the_number_itself() throws IOException {
    var model = model("regression", 1);
    Prediction prediction =
        new TextClassifier(model, tokenizer, 32, 8).predict(List.of("good")).getFirst();

    model.eval();
    assertThat(prediction.score()).isEqualTo(logits(model, "good")[0], within(1e-5));
    assertThat(prediction.label()).isEqualTo("LABEL_0");
  }

  @Test
  void predicting_leaves_the_mode_of_the_model_and_the_random_numbers() throws IOException {
    var model = PretrainedBert.fromDirectory(Golden.path("tiny")).model();
    torch.manual_seed(3);
    float expected = torch.rand(1).item_float();
    torch.manual_seed(3);
    new TextClassifier(model, tokenizer, 32, 8).predict(TEXTS);

    assertThat(model.is_training()).isTrue();
    assertThat(torch.rand(1).item_float()).isEqualTo(expected);
    model.eval();
    new TextClassifier(model, tokenizer, 32, 8).predict(TEXTS);
    assertThat(model.is_training()).isFalse();
  }

  @Test
  void no_texts_have_no_predictions() throws IOException {
    var model = PretrainedBert.fromDirectory(Golden.path("tiny")).model();

    assertThat(new TextClassifier(model, tokenizer, 32, 8).predict(List.of())).isEmpty();
  }

  @Test
  void a_length_beyond_the_positions_is_refused() throws IOException {
    var model = PretrainedBert.fromDirectory(Golden.path("tiny")).model();

    assertThatThrownBy(() -> new TextClassifier(model, tokenizer, 65, 8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a length of 65 tokens; the model has 64 positions");
  }

  @Test
  void a_batch_size_of_0_is_refused() throws IOException {
    var model = PretrainedBert.fromDirectory(Golden.path("tiny")).model();

    assertThatThrownBy(() -> new TextClassifier(model, tokenizer, 32, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a batch size of 0; 1 is the least");
  }

  private static BertForSequenceClassification model(String problemType, int labels)
      throws IOException {
    Map<String, Json> members = new LinkedHashMap<>(Golden.json("tiny/config.json").members());
    members.put("problem_type", Json.of(problemType));
    members.put("num_labels", Json.of(labels));
    return new BertForSequenceClassification(BertConfig.parse(Json.object(members)));
  }

  private static float[] logits(BertForSequenceClassification model, String text) {
    try (Batch batch = Batch.of(PaddedTexts.tensors(List.of(tokenizer.encode(text, 32)), 0))) {
      return NativeTensors.view(model.forward(batch).logits()).toFloats();
    }
  }
}
