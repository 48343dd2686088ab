package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.MappedFile;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModelOutput;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.NativeTensors;
import io.github.checkpoint4j.torch.TrainableModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A batch of golden/transformers/language, and what transformers made of it.
 *
 * @param tensors all of the file
 * @param name the batch's, which begins the names of its tensors
 */
record GoldenBatch(StateDict tensors, String name) {
  private static final float TOLERANCE = 1e-5f;

  static Path directory(String model) {
    return Golden.path("language/" + model);
  }

  static GoldenBatch read(String model, String name) throws IOException {
    Path path = directory(model + ".safetensors");
    try (MappedFile file = MappedFile.open(path)) {
      StateDict.Builder copies = StateDict.builder();
      SafeTensors.parse(file.bytes(), path.toString())
          .tensors()
          .forEach(
              (key, tensor) -> copies.put(key, NativeTensors.view(NativeTensors.copyOf(tensor))));
      return new GoldenBatch(copies.build(), name);
    }
  }

  Batch batch() {
    String prefix = name + "/input/";
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    tensors.names().stream()
        .filter(key -> key.startsWith(prefix))
        .forEach(
            key ->
                inputs.put(
                    key.substring(prefix.length()), NativeTensors.copyOf(tensors.tensor(key))));
    return Batch.of(inputs);
  }

  /** That logits, loss, gradients and random numbers of both modes are those of Python. */
  void agreesWith(TrainableModel model) {
    for (String mode : new String[] {"eval", "train"}) {
      model.module().train(mode.equals("train"));
      model.module().zero_grad(true);
      torch.manual_seed(1234);
      try (Batch batch = batch()) {
        ModelOutput output = model.forward(batch);
        output.requireLoss().backward();
        close(output.logits(), mode + "/logits");
        close(output.requireLoss(), mode + "/loss");
      }
      assertThat(torch.rand(1).item_float())
          .as("the next random number")
          .isEqualTo(tensors.tensor(name + "/" + mode + "/next_random").toFloats()[0]);
      Map<String, Tensor> parameters = ModuleState.of(model.module()).parameters();
      parameters.forEach(
          (parameter, tensor) -> close(tensor.grad(), mode + "/gradient/" + parameter));
      assertThat(
              tensors.names().stream().filter(key -> key.startsWith(name + "/" + mode + "/grad")))
          .hasSize(parameters.size());
    }
  }

  void close(Tensor actual, String key) {
    var expected = tensors.tensor(name + "/" + key);
    assertThat(actual.shape()).as(key).isEqualTo(expected.shape());
    assertThat(NativeTensors.view(actual).toFloats())
        .as(key)
        .containsExactly(expected.toFloats(), within(TOLERANCE));
  }

  /** That a model that was just made, after seed 7, has the weights that it has in Python. */
  static void beginsAsInPython(Module module, String model) throws IOException {
    float next = torch.rand(1).item_float();
    Json.Obj expected = Golden.json("language/" + model + ".json");
    Map<String, Tensor> parameters = ModuleState.of(module).parameters();
    assertThat(parameters.keySet())
        .containsExactlyElementsOf(expected.object("sha256").members().keySet());
    parameters.forEach(
        (name, parameter) ->
            assertThat(Digest.sha256(NativeTensors.view(parameter)))
                .as(name)
                .isEqualTo(expected.object("sha256").text(name)));
    assertThat(next).as("the next random number").isEqualTo((float) expected.real("random"));
  }
}
