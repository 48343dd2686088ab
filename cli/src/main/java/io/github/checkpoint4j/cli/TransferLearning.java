package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.Freezing;
import io.github.checkpoint4j.torch.LearningRates;
import io.github.checkpoint4j.torch.NamePattern;
import io.github.checkpoint4j.torch.WeightLoading;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How a pretrained model is taken over, and which of its parameters learn how fast: as the options
 * say, or else as the run was saved with.
 *
 * @param renames {@code FROM=TO} each, in the order in which they are applied
 * @param ignoreMismatched whether weights of another shape are drawn anew
 * @param frozen patterns of parameters that are not trained
 * @param layerDecay what a layer's learning rate is multiplied by for the layer before it; empty if
 *     layers learn alike
 * @param rates {@code PATTERN=X} each: learning rates of parameters
 */
record TransferLearning(
    List<String> renames,
    boolean ignoreMismatched,
    List<String> frozen,
    OptionalDouble layerDecay,
    List<String> rates) {
  static final TransferLearning NONE =
      new TransferLearning(List.of(), false, List.of(), OptionalDouble.empty(), List.of());

  TransferLearning {
    renames = List.copyOf(renames);
    frozen = List.copyOf(frozen);
    rates = List.copyOf(rates);
  }

  /**
   * That of a checkpoint; {@link #NONE} if it does not say.
   *
   * @throws IllegalArgumentException if a member is of the wrong kind
   */
  static TransferLearning in(Json.Obj json) {
    return new TransferLearning(
        texts(json, "rename"),
        isGiven(json, "ignore_mismatched") && json.bool("ignore_mismatched"),
        texts(json, "freeze"),
        isGiven(json, "layer_decay")
            ? OptionalDouble.of(json.real("layer_decay"))
            : OptionalDouble.empty(),
        texts(json, "learning_rate_of"));
  }

  private static boolean isGiven(Json.Obj json, String name) {
    return json.find(name).orElse(Json.Null.NULL) != Json.Null.NULL;
  }

  private static List<String> texts(Json.Obj json, String name) {
    return isGiven(json, name)
        ? json.array(name).items().stream().map(text -> text(name, text)).toList()
        : List.of();
  }

  private static String text(String name, Json value) {
    if (value instanceof Json.Str(String text)) {
      return text;
    }
    throw new IllegalArgumentException(
        "member '" + name + "' should hold strings and holds " + value.toText());
  }

  void addTo(Json.Builder json) {
    json.put("rename", Plain.texts(renames))
        .put("ignore_mismatched", ignoreMismatched)
        .put("freeze", Plain.texts(frozen))
        .put(
            "layer_decay",
            layerDecay.isPresent() ? Json.of(layerDecay.getAsDouble()) : Json.Null.NULL)
        .put("learning_rate_of", Plain.texts(rates));
  }

  /**
   * How the weights are loaded.
   *
   * @throws IllegalArgumentException if a rename is not one
   */
  WeightLoading loading() {
    WeightLoading loading = WeightLoading.lenient().rules(Renames.rules(renames));
    return ignoreMismatched ? loading.ignoreMismatched() : loading;
  }

  /**
   * Which parameters are not trained.
   *
   * @throws IllegalArgumentException if a pattern is not one
   */
  Freezing freezing() {
    return Freezing.of(frozen.stream().map(NamePattern::parse).toList());
  }

  /**
   * The learning rates of parts of the model.
   *
   * @throws IllegalArgumentException if a rate is not one, or out of its range
   */
  LearningRates learningRates() {
    LearningRates all = LearningRates.uniform();
    for (String rate : rates) {
      int equals = rate.lastIndexOf('=');
      try {
        all =
            all.rate(
                NamePattern.parse(rate.substring(0, equals)),
                Double.parseDouble(rate.substring(equals + 1)));
      } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
        throw new IllegalArgumentException(
            "--learning-rate-of is '%s'; give PATTERN=X, for instance classifier.*=1e-3"
                .formatted(rate),
            e);
      }
    }
    return layerDecay.isPresent() ? all.layerDecay(layerDecay.getAsDouble()) : all;
  }
}
