package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.ModuleState;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** The weights that a T5 starts from if none are loaded. */
final class T5InitialWeights {
  /** The modules whose weights are drawn once more, together. */
  private static final Pattern REDRAWN =
      Pattern.compile("(.*\\.(?:SelfAttention|EncDecAttention|DenseReluDense))\\..*");

  private T5InitialWeights() {}

  /**
   * Overwrites the parameters that {@code chosen} accepts: weights are drawn from normal
   * distributions, in the order the parameters were registered, from libtorch's default generator;
   * those of an attention or of feed-forward projections all once, and then all again with a
   * deviation by their width. Normalisations become {@code initializer_factor}.
   *
   * @see <a href="https://github.com/huggingface/transformers">transformers/models/t5/
   *     modeling_t5.py, _init_weights</a>
   */
  static void draw(Module module, T5Config config, Predicate<String> chosen) {
    try (var _ = new NoGradGuard();
        var factor = new Scalar(config.initializerFactor())) {
      Map<String, Map<String, Tensor>> groups = new LinkedHashMap<>();
      ModuleState.of(module)
          .parameters()
          .forEach(
              (name, parameter) -> {
                if (chosen.test(name)) {
                  groups
                      .computeIfAbsent(group(name), _ -> new LinkedHashMap<>())
                      .put(name, parameter);
                }
              });
      groups.forEach(
          (group, parameters) -> {
            for (Tensor parameter : parameters.values()) {
              if (parameter.dim() == 1) {
                parameter.fill_(factor);
              } else {
                InitialWeights.drawNormal(parameter, config.initializerFactor());
              }
            }
            if (!parameters.containsKey(group)) {
              parameters.forEach(
                  (name, parameter) ->
                      InitialWeights.drawNormal(parameter, deviation(name, config)));
            }
          });
    }
  }

  /** The module whose weights are drawn with this one; else the name itself. */
  private static String group(String name) {
    var redrawn = REDRAWN.matcher(name);
    return redrawn.matches() ? redrawn.group(1) : name;
  }

  private static double deviation(String name, T5Config config) {
    double width =
        switch (name.substring(name.lastIndexOf('.', name.length() - ".weight".length() - 1) + 1)) {
          case "q.weight" -> (double) config.dModel() * config.dKv();
          case "o.weight" -> (double) config.numHeads() * config.dKv();
          case "wo.weight" -> config.dFf();
          default -> config.dModel();
        };
    return config.initializerFactor() * Math.pow(width, -0.5);
  }
}
