package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.List;

/** The JSON document of {@code ckpt diff}. */
final class DiffDocument {
  private DiffDocument() {}

  static Json.Obj of(
      boolean same, List<String> onlyBefore, List<String> onlyAfter, List<Comparison> comparisons) {
    return Json.object()
        .put("same", same)
        .put("only_in_a", Plain.texts(onlyBefore))
        .put("only_in_b", Plain.texts(onlyAfter))
        .put("parts", Json.array(comparisons.stream().map(DiffDocument::part).toList()))
        .build();
  }

  private static Json part(Comparison comparison) {
    List<Json> values = new ArrayList<>();
    for (Comparison.ChangedValue value : comparison.values()) {
      values.add(
          Json.object()
              .put("name", value.name())
              .put("a", Plain.json(value.before()))
              .put("b", Plain.json(value.after()))
              .build());
    }
    return Json.object()
        .put("name", comparison.name())
        .put("compared", comparison.compared())
        .put(
            "only_in_a",
            Plain.texts(comparison.onlyBefore().stream().map(StateEntry::name).toList()))
        .put(
            "only_in_b",
            Plain.texts(comparison.onlyAfter().stream().map(StateEntry::name).toList()))
        .put("values", Json.array(values))
        .put(
            "tensors", Json.array(comparison.tensors().stream().map(DiffDocument::tensor).toList()))
        .build();
  }

  private static Json tensor(Comparison.ChangedTensor tensor) {
    Json.Builder json =
        Json.object()
            .put("name", tensor.name())
            .put("a", Plain.json(tensor.before().value()))
            .put("b", Plain.json(tensor.after().value()));
    tensor
        .difference()
        .ifPresent(
            difference ->
                json.put("norm_a", Plain.number(difference.before()))
                    .put("norm_b", Plain.number(difference.after()))
                    .put("norm_change", Plain.number(difference.change()))
                    .put("largest", Plain.number(difference.largest()))
                    .put("at", TensorDifference.place(difference.at(), tensor.before().shape()))
                    .put("changed", difference.changed())
                    .put("not_finite", difference.notFinite()));
    return json.build();
  }
}
