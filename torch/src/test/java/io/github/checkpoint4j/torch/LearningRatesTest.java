package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.LayerNormImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Module;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LearningRatesTest {

  /** embedding, encoder.layer.0 and on (with a norm), pooler, classifier. */
  private static Module network(int layers, String name) {
    var stack = new Network();
    for (int i = 0; i < layers; i++) {
      stack.with(
          String.valueOf(i),
          new Network()
              .with("dense", new LinearImpl(2, 2))
              .with("norm", new LayerNormImpl(new LongVector(new long[] {2}))));
    }
    return new Network()
        .with("embedding", new LinearImpl(2, 2))
        .with("encoder", new Network().with(name, stack))
        .with("pooler", new LinearImpl(2, 2))
        .with("classifier", new LinearImpl(2, 1));
  }

  private static List<String> text(Optimizer optimizer) {
    List<String> groups = new ArrayList<>();
    for (ParameterGroup group : optimizer.groups()) {
      groups.add(
          "%s %s %s"
              .formatted(group.learningRate(), group.weightDecay(), group.parameters().keySet()));
    }
    return groups;
  }

  private static AdamW.Builder adamw() {
    return AdamW.builder().learningRate(0.5).weightDecay(0.1);
  }

  @Test
  void one_rate_for_all_makes_two_groups() {
    assertThat(text(adamw().over(network(1, "layer"), LearningRates.uniform())))
        .containsExactlyElementsOf(text(adamw().over(network(1, "layer"))))
        .hasSize(2);
  }

  @Test
  void each_rule_makes_two_groups_and_the_first_rule_that_matches_counts() {
    LearningRates rates =
        LearningRates.uniform()
            .rate(NamePattern.glob("classifier.*"), 2)
            .factor(NamePattern.regex("(classifier|pooler)\\..*"), 0.25);
    assertThat(text(adamw().over(network(1, "layer"), rates)))
        .containsExactly(
            "0.5 0.1 [embedding.weight, encoder.layer.0.dense.weight]",
            "0.5 0.0 [embedding.bias, encoder.layer.0.dense.bias, encoder.layer.0.norm.weight,"
                + " encoder.layer.0.norm.bias]",
            "2.0 0.1 [classifier.weight]",
            "2.0 0.0 [classifier.bias]",
            "0.125 0.1 [pooler.weight]",
            "0.125 0.0 [pooler.bias]");
  }

  @Test
  void rates_decay_from_the_last_layer_to_the_embeddings() {
    LearningRates rates =
        LearningRates.uniform().layerDecay(0.5).rate(NamePattern.glob("classifier.*"), 3);
    assertThat(text(adamw().over(network(2, "layer"), rates)))
        .containsExactly(
            "0.5 0.1 [pooler.weight]",
            "0.5 0.0 [pooler.bias]",
            "3.0 0.1 [classifier.weight]",
            "3.0 0.0 [classifier.bias]",
            "0.25 0.1 [encoder.layer.1.dense.weight]",
            "0.25 0.0 [encoder.layer.1.dense.bias, encoder.layer.1.norm.weight,"
                + " encoder.layer.1.norm.bias]",
            "0.125 0.1 [encoder.layer.0.dense.weight]",
            "0.125 0.0 [encoder.layer.0.dense.bias, encoder.layer.0.norm.weight,"
                + " encoder.layer.0.norm.bias]",
            "0.0625 0.1 [embedding.weight]",
            "0.0625 0.0 [embedding.bias]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"layer", "layers", "h", "block", "blocks"})
  void layers_are_found_by_the_names_there_are_for_them(String name) {
    LearningRates rates = LearningRates.uniform().layerDecay(0.5);
    assertThat(adamw().over(network(3, name), rates).groups()).hasSize(2 * 5);
  }

  @Test
  void the_groups_of_the_rest_are_first_even_if_they_are_empty() {
    LearningRates rates = LearningRates.uniform().factor(NamePattern.glob("*"), 0.1);
    assertThat(text(adamw().over(network(0, "layer"), rates)))
        .containsExactly(
            "0.5 0.1 []",
            "0.5 0.0 []",
            "0.05 0.1 [embedding.weight, pooler.weight, classifier.weight]",
            "0.05 0.0 [embedding.bias, pooler.bias, classifier.bias]");
  }

  @Test
  void frozen_parameters_have_no_rate() {
    Module network = network(2, "layer");
    Freezing.of(NamePattern.glob("embedding.*"), NamePattern.glob("*.layer.0.*")).apply(network);
    LearningRates rates = LearningRates.uniform().layerDecay(0.5);
    assertThat(text(Sgd.builder().learningRate(1).over(network, rates)))
        .containsExactly(
            "1.0 0.0 [pooler.weight, classifier.weight]",
            "1.0 0.0 [pooler.bias, classifier.bias]",
            "0.5 0.0 [encoder.layer.1.dense.weight]",
            "0.5 0.0 [encoder.layer.1.dense.bias, encoder.layer.1.norm.weight,"
                + " encoder.layer.1.norm.bias]");
  }

  @Test
  void a_schedule_multiplies_every_rate_alike() {
    LearningRates rates = LearningRates.uniform().rate(NamePattern.glob("classifier.*"), 2);
    Optimizer optimizer = adamw().over(network(1, "layer"), rates);
    var scheduler = new LearningRateScheduler(optimizer, LearningRateSchedule.linear(0, 4));
    scheduler.step();
    assertThat(optimizer.groups().stream().map(ParameterGroup::learningRate))
        .containsExactly(0.375, 0.375, 1.5, 1.5);
    assertThat(scheduler.lastLearningRate()).isEqualTo(0.375);
  }

  @Test
  void a_rule_that_is_for_nothing_is_an_error() {
    Module network = network(0, "layer");
    Freezing.of(NamePattern.glob("pooler.*")).apply(network);
    LearningRates rates = LearningRates.uniform().rate(NamePattern.glob("pooler.*"), 1);
    assertThatThrownBy(() -> adamw().over(network, rates))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the learning rate of 'pooler.*' is for nothing: none of the 4 parameters that are"
                + " trained has such a name and no rate by a rule before, such as"
                + " [classifier.bias, classifier.weight, embedding.bias]");
  }

  @Test
  void a_decay_by_layer_without_layers_is_an_error() {
    LearningRates rates = LearningRates.uniform().layerDecay(0.9);
    assertThatThrownBy(() -> adamw().over(network(0, "layer"), rates))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a decay by layer needs layers with numbers in the names of their parameters, as in"
                + " encoder.layer.0.weight; the model has [embedding.weight, embedding.bias,"
                + " pooler.weight]");
  }

  @Test
  void numbers_out_of_range_are_refused() {
    LearningRates uniform = LearningRates.uniform();
    NamePattern all = NamePattern.glob("*");
    assertThatThrownBy(() -> uniform.rate(all, -1))
        .hasMessage("learning rate -1.0: expected a number from 0 up");
    assertThatThrownBy(() -> uniform.factor(all, Double.NaN))
        .hasMessage("factor of a learning rate NaN: expected a number from 0 up");
    for (double decay : new double[] {0, -0.5, 1.5, Double.NaN}) {
      assertThatThrownBy(() -> uniform.layerDecay(decay))
          .hasMessage("layer decay " + decay + ": expected a number above 0 and at most 1");
    }
  }

  @Test
  void the_record_of_them_tells_all_apart() {
    NamePattern head = NamePattern.glob("head.*");
    List<LearningRates> all =
        List.of(
            LearningRates.uniform(),
            LearningRates.uniform().rate(head, 0.1),
            LearningRates.uniform().factor(head, 0.1),
            LearningRates.uniform().layerDecay(0.1),
            LearningRates.uniform().layerDecay(0.1).rate(head, 0.1));
    Set<String> records = new HashSet<>();
    all.forEach(rates -> records.add(rates.toString()));
    assertThat(records).hasSize(5);
    assertThat(all.getLast())
        .hasToString("{\"layer_decay\":0.1,\"rates\":[{\"parameters\":\"head.*\",\"rate\":0.1}]}");
  }

  @Property(tries = 30)
  void every_parameter_is_in_one_group_and_no_layer_is_faster_than_a_later_one(
      @ForAll @IntRange(min = 1, max = 5) int layers,
      @ForAll @DoubleRange(min = 0.05, max = 1) double decay) {
    Module network = network(layers, "layer");
    Optimizer optimizer = adamw().over(network, LearningRates.uniform().layerDecay(decay));

    List<String> grouped = new ArrayList<>();
    double[] rates = new double[layers];
    for (ParameterGroup group : optimizer.groups()) {
      grouped.addAll(group.parameters().keySet());
      for (int i = 0; i < layers; i++) {
        String name = "encoder.layer." + i + ".dense.";
        if (group.parameters().keySet().stream().anyMatch(one -> one.startsWith(name))) {
          rates[i] = group.learningRate();
        }
      }
    }
    assertThat(grouped).doesNotHaveDuplicates();
    assertThat(new TreeSet<>(grouped))
        .isEqualTo(new TreeSet<>(ModuleState.of(network).parameters().keySet()));
    assertThat(rates).isSorted();
    for (int i = 0; i < layers; i++) {
      assertThat(rates[i]).isEqualTo(0.5 * Math.pow(decay, layers - i), within(1e-15));
    }
  }
}
