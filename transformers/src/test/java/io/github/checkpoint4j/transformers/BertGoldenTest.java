package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.store.MappedFile;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModelOutput;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The cases of golden/transformers: what transformers makes of one batch with one model. */
final class BertGoldenTest {
  private static final float TOLERANCE = 1e-5f;

  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  @ParameterizedTest
  @CsvSource({
    "single_label, 3, SINGLE_LABEL_CLASSIFICATION, INFERRED",
    "single_label, 3, SINGLE_LABEL_CLASSIFICATION, CONFIGURED",
    "ignored_label, 3, SINGLE_LABEL_CLASSIFICATION, INFERRED",
    "regression, 1, REGRESSION, INFERRED",
    "regression_of_two, 2, REGRESSION, CONFIGURED",
    "multi_label, 3, MULTI_LABEL_CLASSIFICATION, INFERRED",
    "multi_label, 3, MULTI_LABEL_CLASSIFICATION, CONFIGURED",
  })
  void losses_logits_and_gradients_are_those_of_python(
      String name, int labels, ProblemType type, String given) throws IOException {
    try (var file = MappedFile.open(Golden.path(name + ".safetensors"));
        Batch batch = batch(SafeTensors.parse(file.bytes(), name).stateDict())) {
      StateDict golden = SafeTensors.parse(file.bytes(), name).stateDict();
      var model =
          model(golden, labels, given.equals("CONFIGURED") ? Optional.of(type) : Optional.empty());

      model.eval();
      torch.manual_seed(1234);
      ModelOutput evaluation = model.forward(batch);
      evaluation.requireLoss().backward();
      same(evaluation, golden, "eval");
      Map<String, Tensor> parameters = ModuleState.of(model).parameters();
      parameters.forEach(
          (parameter, tensor) ->
              assertThat(floats(tensor.grad()))
                  .as(parameter)
                  .containsExactly(
                      golden.tensor("gradient/" + parameter).toFloats(), within(TOLERANCE)));
      assertThat(golden.names().stream().filter(entry -> entry.startsWith("gradient/")))
          .hasSize(parameters.size());

      model.train(true);
      torch.manual_seed(1234);
      same(model.forward(batch), golden, "train");
      assertThat(torch.rand(1).item_float())
          .as("the next random number")
          .isEqualTo(golden.tensor("train/next_random").toFloats()[0]);
    }
  }

  private static void same(ModelOutput output, StateDict golden, String mode) {
    assertThat(floats(output.logits()))
        .as(mode + " logits")
        .containsExactly(golden.tensor(mode + "/logits").toFloats(), within(TOLERANCE));
    assertThat(output.requireLoss().item_float())
        .as(mode + " loss")
        .isEqualTo(golden.tensor(mode + "/loss").toFloats()[0], within(TOLERANCE));
  }

  private static BertForSequenceClassification model(
      StateDict golden, int labels, Optional<ProblemType> type) throws IOException {
    Json.Obj json = Golden.json("tiny/config.json");
    Map<String, Json> members = new LinkedHashMap<>(json.members());
    type.ifPresent(present -> members.put("problem_type", Json.of(present.text())));
    BertConfig config =
        BertConfig.parse(Json.object(members)).withLabels(BertConfig.unnamedLabels(labels));
    var model = new BertForSequenceClassification(config);
    try (var weights = MappedFile.open(Golden.path("tiny/model.safetensors"))) {
      Map<String, Value> state =
          new LinkedHashMap<>(SafeTensors.parse(weights.bytes(), "tiny").tensors());
      for (String head : List.of("classifier.weight", "classifier.bias")) {
        state.put(head, golden.tensor("head/" + head));
      }
      ModuleState.of(model).loadStateDict(StateDict.of(state));
    }
    return model;
  }

  private static Batch batch(StateDict golden) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : List.of("input_ids", "token_type_ids", "attention_mask", "labels")) {
      tensors.put(name, NativeTensors.copyOf(golden.tensor(name)));
    }
    return Batch.of(tensors);
  }

  private static float[] floats(Tensor tensor) {
    return NativeTensors.view(tensor).toFloats();
  }
}
