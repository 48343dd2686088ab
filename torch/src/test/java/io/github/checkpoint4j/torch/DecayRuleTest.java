package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.LayerNormImpl;
import org.bytedeco.pytorch.LayerNormOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecayRuleTest {

  /** Modules nested as the dots in the names say, with a parameter of one element at each end. */
  private static Module skeleton(List<String> parameters, List<String> layerNorms) {
    var root = new Module("root");
    Map<String, Module> modules = new HashMap<>();
    modules.put("", root);
    for (String name : parameters) {
      int dot = name.lastIndexOf('.');
      Module parent = module(name.substring(0, Math.max(dot, 0)), modules, layerNorms);
      String last = name.substring(dot + 1);
      if (parent.asLayerNorm() == null) {
        parent.register_parameter(last, torch.zeros(1));
      }
    }
    return root;
  }

  private static Module module(String path, Map<String, Module> modules, List<String> layerNorms) {
    Module known = modules.get(path);
    if (known != null) {
      return known;
    }
    int dot = path.lastIndexOf('.');
    Module parent = module(path.substring(0, Math.max(dot, 0)), modules, layerNorms);
    String name = path.substring(dot + 1);
    Module made;
    if (layerNorms.contains(path)) {
      var norm = new LayerNormImpl(new LayerNormOptions(new LongVector(new long[] {1})));
      parent.register_module(name, norm);
      made = norm;
    } else {
      made = new Module(name);
      parent.register_module(name, made);
    }
    modules.put(path, made);
    return made;
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "gpt2"})
  void the_parameters_are_parted_as_by_hugging_faces_trainer(String model) throws IOException {
    Json.Obj golden = ((Json.Obj) Golden.json("decay.json")).object(model);
    List<String> parameters = Golden.texts(golden.array("parameters"));
    Module skeleton = skeleton(parameters, Golden.texts(golden.array("layer_norms")));
    assertThat(ModuleState.of(skeleton).parameters().keySet())
        .containsExactlyElementsOf(parameters);

    DecayRule rule = DecayRule.applyTo(skeleton);

    List<String> decayed = Golden.texts(golden.array("decayed"));
    assertThat(rule.decayed().keySet()).containsExactlyElementsOf(decayed);
    assertThat(rule.exempt().keySet())
        .containsExactlyElementsOf(
            parameters.stream().filter(name -> !decayed.contains(name)).toList());
  }

  @Test
  void names_with_a_form_of_norm_are_exempt_wherever_it_stands() {
    DecayRule rule =
        DecayRule.applyTo(
            skeleton(
                List.of(
                    "norm.weight",
                    "block.norm.weight",
                    "block.q_norm.weight",
                    "block.normal.weight",
                    "block.RMSNorm.weight",
                    "block.LayerNorm2.weight",
                    "block.normalizer",
                    "biased.weight"),
                List.of()));
    assertThat(rule.decayed().keySet())
        .containsExactlyInAnyOrder("block.normal.weight", "block.normalizer");
  }

  @Test
  void a_parameter_under_two_names_counts_once_and_a_frozen_one_not_at_all() {
    var module = new Module("tied");
    var input = new LinearImpl(2, 2);
    module.register_module("input", input);
    module.register_module("output", input);
    module.register_parameter("frozen", torch.zeros(1), false);
    DecayRule rule = DecayRule.applyTo(module);
    assertThat(rule.decayed().keySet()).containsExactly("input.weight");
    assertThat(rule.exempt().keySet()).containsExactly("input.bias");
  }
}
