package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Trajectories of PyTorch's optimizers, made again. */
class OptimizerGoldenTest {

  @BeforeAll
  static void one_thread() {
    torch.set_num_threads(1);
  }

  static List<String> cases() throws IOException {
    return List.copyOf(
        ((Json.Obj) Golden.json("optimizers.json")).object("cases").members().keySet());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void every_step_has_the_weights_and_the_state_of_pytorch(String name) throws IOException {
    var run = new OptimizerRun(name);
    for (int step = 0; step < run.steps(); step++) {
      try (var _ = new PointerScope()) {
        run.step(step);
      }
      if (Golden.hasSameBitsAs(run.golden())) {
        run.requireBits(step);
      }
      if (step == run.steps() / 2 - 1) {
        run.requireWeights(".half.", 1e-6);
      }
    }
    run.requireWeights(".end.", 1e-6);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void a_run_resumed_halfway_ends_with_the_same_bits(String name) throws IOException {
    var straight = new OptimizerRun(name);
    var resumed = new OptimizerRun(name);
    int half = straight.steps() / 2;
    for (int step = 0; step < half; step++) {
      straight.step(step);
    }
    resumed.optimizer().loadStateDict(straight.optimizer().stateDict());
    straight
        .parameters()
        .forEach(
            (key, tensor) ->
                NativeTensors.copyInto(NativeTensors.view(tensor), resumed.parameter(key)));
    for (int step = half; step < straight.steps(); step++) {
      straight.step(step);
      resumed.step(step);
    }
    straight
        .parameters()
        .forEach(
            (key, tensor) ->
                assertThat(
                        NativeTensors.view(resumed.parameter(key))
                            .hasSameBytes(NativeTensors.view(tensor)))
                    .as(key)
                    .isTrue());
  }

  /** One case: parameters, and an optimizer over them in two groups. */
  private static final class OptimizerRun {
    private final String name;
    private final Json.Obj golden;
    private final Map<String, Tensor> tensors;
    private final Map<String, org.bytedeco.pytorch.Tensor> parameters = new LinkedHashMap<>();
    private final Optimizer optimizer;
    private final double learningRate;

    OptimizerRun(String name) throws IOException {
      this.name = name;
      golden = (Json.Obj) Golden.json("optimizers.json");
      tensors = Golden.tensors("optimizers.safetensors");
      for (String parameter : List.of("weight", "bias", "scale", "long", "unused")) {
        parameters.put(
            parameter, NativeTensors.copyOf(tensor("start." + parameter)).set_requires_grad(true));
      }
      Json.Obj options = golden.object("cases").object(name).object("options");
      learningRate = options.real("lr");
      optimizer = optimizer(golden.object("cases").object(name).text("kind"), options);
    }

    Json.Obj golden() {
      return golden;
    }

    int steps() {
      return Math.toIntExact(golden.integer("steps"));
    }

    Optimizer optimizer() {
      return optimizer;
    }

    Map<String, org.bytedeco.pytorch.Tensor> parameters() {
      return parameters;
    }

    org.bytedeco.pytorch.Tensor parameter(String key) {
      return Objects.requireNonNull(parameters.get(key), key);
    }

    void step(int step) {
      optimizer.groups().forEach(group -> group.learningRate(learningRate / (1 + step)));
      optimizer.zeroGrad();
      parameters.forEach(
          (key, parameter) -> {
            Tensor gradient = tensors.get("gradient." + step + "." + key);
            if (gradient != null) {
              parameter.mutable_grad().put(NativeTensors.copyOf(gradient));
            }
          });
      optimizer.step();
    }

    void requireBits(int step) {
      var expected =
          (Json.Obj) golden.object("cases").object(name).array("trajectory").items().get(step);
      if (squareRootsAgree()) {
        parameters.forEach(
            (key, parameter) ->
                assertThat(Golden.sha256(NativeTensors.view(parameter)))
                    .as("%s after step %s", key, step)
                    .isEqualTo(expected.object("parameters").text(key)));
      }
      Map<Value, Value> state = ((Value.Dict) optimizer.stateDict().get("state")).entries();
      List<String> names = List.of("weight", "long", "unused", "bias", "scale");
      Json.Obj expectedState = expected.object("state");
      assertThat(state.keySet().stream().map(key -> names.get((int) ((Value.Int) key).exactLong())))
          .containsExactlyInAnyOrderElementsOf(expectedState.members().keySet());
      state.forEach(
          (key, entry) -> {
            String parameter = names.get((int) ((Value.Int) key).exactLong());
            ((StateDict) entry)
                .entries()
                .forEach(
                    (slot, tensor) ->
                        assertThat(Golden.sha256((Tensor) tensor))
                            .as("%s of %s after step %s", slot, parameter, step)
                            .isEqualTo(expectedState.object(parameter).text(slot)));
            assertThat(((StateDict) entry).names())
                .containsExactlyElementsOf(expectedState.object(parameter).members().keySet());
          });
    }

    /**
     * MKL's vector square root, which PyTorch uses where it has MKL, is not always the number
     * nearest to the root. The fused kernels do not call it, nor does SGD.
     */
    private boolean squareRootsAgree() {
      Json.Obj entry = golden.object("cases").object(name);
      return entry.text("kind").equals("SGD")
          || flag(entry.object("options"), "fused")
          || golden.bool("mkl") == torch.hasMKL();
    }

    void requireWeights(String when, double tolerance) {
      parameters.forEach(
          (key, parameter) -> {
            float[] expected = tensor(name + when + key).toFloats();
            float[] found = NativeTensors.view(parameter).toFloats();
            for (int i = 0; i < expected.length; i++) {
              double size = Math.max(1, Math.abs(expected[i]));
              assertThat(found[i])
                  .as("%s[%s]", key, i)
                  .isEqualTo(expected[i], Offset.offset((float) (tolerance * size)));
            }
          });
    }

    private Tensor tensor(String key) {
      return Objects.requireNonNull(tensors.get(key), key);
    }

    private Optimizer optimizer(String kind, Json.Obj options) {
      Map<String, org.bytedeco.pytorch.Tensor> decayed = new LinkedHashMap<>();
      Map<String, org.bytedeco.pytorch.Tensor> exempt = new LinkedHashMap<>();
      for (String key : List.of("weight", "long", "unused")) {
        decayed.put(key, parameter(key));
      }
      for (String key : List.of("bias", "scale")) {
        exempt.put(key, parameter(key));
      }
      double weightDecay = real(options, "weight_decay", 0);
      if (kind.equals("SGD")) {
        return Sgd.builder()
            .learningRate(learningRate)
            .momentum(real(options, "momentum", 0))
            .dampening(real(options, "dampening", 0))
            .nesterov(flag(options, "nesterov"))
            .weightDecay(weightDecay)
            .maximize(flag(options, "maximize"))
            .over(decayed, exempt);
      }
      double[] betas =
          options
              .find("betas")
              .map(found -> Golden.doubles((Json.Arr) found))
              .orElse(new double[] {0.9, 0.999});
      return AdamW.builder()
          .learningRate(learningRate)
          .betas(betas[0], betas[1])
          .epsilon(real(options, "eps", 1e-8))
          .weightDecay(weightDecay)
          .amsgrad(flag(options, "amsgrad"))
          .maximize(flag(options, "maximize"))
          .fused(flag(options, "fused"))
          .over(decayed, exempt);
    }

    private static double real(Json.Obj options, String key, double otherwise) {
      return options.find(key).isPresent() ? options.real(key) : otherwise;
    }

    private static boolean flag(Json.Obj options, String key) {
      return options.find(key).isPresent() && options.bool(key);
    }
  }
}
