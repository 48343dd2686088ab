package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * How fast the parts of a model learn, apart from the learning rate of all the rest. Immutable;
 * begins at {@link #uniform}.
 *
 * <p>For a parameter the first rule counts whose pattern matches its name, and otherwise {@link
 * #layerDecay}. A schedule multiplies every rate alike. In the optimizer each rule, and each layer,
 * has two groups, with weight decay and without, after those of the rest.
 */
public final class LearningRates {
  private static final int EXAMPLES = 3;
  private static final LearningRates UNIFORM = new LearningRates(List.of(), OptionalDouble.empty());

  private final List<Rule> rules;
  private final OptionalDouble layerDecay;

  private LearningRates(List<Rule> rules, OptionalDouble layerDecay) {
    this.rules = rules;
    this.layerDecay = layerDecay;
  }

  /**
   * The learning rate of some parameters.
   *
   * @param value the rate itself, or what the rate of all the rest is multiplied by
   */
  private record Rule(NamePattern pattern, double value, boolean isFactor) {
    double rate(double base) {
      return isFactor ? base * value : value;
    }

    Json toJson() {
      return Json.object()
          .put("parameters", pattern.toString())
          .put(isFactor ? "factor" : "rate", value)
          .build();
    }
  }

  /** One learning rate for all. */
  public static LearningRates uniform() {
    return UNIFORM;
  }

  /**
   * With a learning rate of their own for the parameters that {@code pattern} matches.
   *
   * @param rate 0 or more
   */
  public LearningRates rate(NamePattern pattern, double rate) {
    return and(new Rule(pattern, OptionRange.notNegative("learning rate", rate), false));
  }

  /**
   * With a multiple of the learning rate for the parameters that {@code pattern} matches.
   *
   * @param factor 0 or more
   */
  public LearningRates factor(NamePattern pattern, double factor) {
    return and(
        new Rule(pattern, OptionRange.notNegative("factor of a learning rate", factor), true));
  }

  /**
   * With rates that decay from layer to layer: what comes after the last layer has the learning
   * rate of all the rest, the last layer {@code factor} times that, the one before it {@code
   * factor} squared times, and so on to what comes before the first layer, embeddings for instance.
   * A parameter's layer is the number after {@code layer}, {@code layers}, {@code h}, {@code block}
   * or {@code blocks} in its name; before and after is by the order of registration.
   *
   * @param factor above 0, at most 1
   */
  public LearningRates layerDecay(double factor) {
    if (!(factor > 0 && factor <= 1)) {
      throw new IllegalArgumentException(
          "layer decay " + factor + ": expected a number above 0 and at most 1");
    }
    return new LearningRates(rules, OptionalDouble.of(factor));
  }

  private LearningRates and(Rule rule) {
    List<Rule> more = new ArrayList<>(rules);
    more.add(rule);
    return new LearningRates(List.copyOf(more), layerDecay);
  }

  /** Whether there is one learning rate for all. */
  boolean isUniform() {
    return rules.isEmpty() && layerDecay.isEmpty();
  }

  /** What tells these rates from others, for a checkpoint. */
  Json.Obj toJson() {
    Json.Builder json = Json.object();
    layerDecay.ifPresent(factor -> json.put("layer_decay", factor));
    return json.put("rates", Json.array(rules.stream().map(Rule::toJson).toList())).build();
  }

  /**
   * Parameters of one learning rate.
   *
   * @param decayed those weight decay is for, in the module's order
   * @param exempt those it is not for, in the module's order
   */
  record Tier(double learningRate, Map<String, Tensor> decayed, Map<String, Tensor> exempt) {}

  /**
   * The parameters of a module that are trained, by their learning rates: first those of the rate
   * of all the rest, even if there are none, then of each rule, then of each layer, the last first.
   *
   * @param base the learning rate of all the rest
   * @throws IllegalArgumentException if a rule is for no parameter that is trained, or the layers
   *     have no numbers
   */
  List<Tier> tiers(Module module, double base) {
    DecayRule decay = DecayRule.applyTo(module);
    if (isUniform()) {
      return List.of(new Tier(base, decay.decayed(), decay.exempt()));
    }
    Map<String, Integer> depths = layerDecay.isPresent() ? LayerDepths.of(module) : Map.of();
    Map<Integer, Tier> tiers = new TreeMap<>();
    // There even if it is empty: the learning rate of the first group is the one that is logged.
    tiers.put(0, new Tier(base, new LinkedHashMap<>(), new LinkedHashMap<>()));
    for (String name : ModuleState.of(module).parameters().keySet()) {
      Tensor decayed = decay.decayed().get(name);
      Tensor exempt = decay.exempt().get(name);
      if (decayed == null && exempt == null) {
        continue;
      }
      int depth = depths.getOrDefault(name, 0);
      OptionalInt rule = rule(name);
      int place = rule.isPresent() ? rule.getAsInt() : depth == 0 ? 0 : rules.size() + depth;
      double rate =
          rule.isPresent()
              ? rules.get(place - 1).rate(base)
              : base * CMath.pow(layerDecay.orElse(1), depth);
      Tier tier =
          tiers.computeIfAbsent(
              place, _ -> new Tier(rate, new LinkedHashMap<>(), new LinkedHashMap<>()));
      if (decayed != null) {
        tier.decayed().put(name, decayed);
      } else if (exempt != null) {
        tier.exempt().put(name, exempt);
      }
    }
    requireUsed(tiers, decay);
    return List.copyOf(tiers.values());
  }

  /** The place of the first rule that is for a parameter, from 1. */
  private OptionalInt rule(String name) {
    for (int i = 0; i < rules.size(); i++) {
      if (rules.get(i).pattern().matches(name)) {
        return OptionalInt.of(i + 1);
      }
    }
    return OptionalInt.empty();
  }

  private void requireUsed(Map<Integer, Tier> tiers, DecayRule decay) {
    for (int i = 0; i < rules.size(); i++) {
      if (!tiers.containsKey(i + 1)) {
        Map<String, Tensor> trained = new HashMap<>(decay.decayed());
        trained.putAll(decay.exempt());
        throw new IllegalArgumentException(
            ("the learning rate of '%s' is for nothing: none of the %d parameters that are trained"
                    + " has such a name and no rate by a rule before, such as %s")
                .formatted(
                    rules.get(i).pattern(),
                    trained.size(),
                    trained.keySet().stream().sorted().limit(EXAMPLES).toList()));
      }
    }
  }

  /** As JSON. */
  @Override
  public String toString() {
    return toJson().toText();
  }
}
