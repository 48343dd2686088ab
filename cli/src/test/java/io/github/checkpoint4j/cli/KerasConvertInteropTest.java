package io.github.checkpoint4j.cli;

import static io.github.checkpoint4j.cli.Run.ckpt;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keras predicts the same with a model that went to PyTorch's terms and back. */
@Tag("interop")
class KerasConvertInteropTest {
  private static final List<String> MODELS = List.of("mlp", "cnn", "lstm", "transformer", "nested");

  /** Of each model, as it was and as it came back: the largest difference of predictions. */
  private static final String SCRIPT =
      """
      import os, sys
      os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
      os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
      import keras, numpy
      random = numpy.random.RandomState(0)
      for name in sys.argv[3:]:
          model = keras.models.load_model(f"{sys.argv[1]}/{name}.keras")
          inputs = []
          for tensor in model.inputs:
              shape = [3] + [size or 5 for size in tensor.shape[1:]]
              embedded = any(isinstance(layer, keras.layers.Embedding) for layer in model.layers)
              inputs.append(random.randint(0, 4, shape) if embedded else random.rand(*shape))
          expected = model(inputs if len(inputs) > 1 else inputs[0])
          for ending in ("keras", "h5"):
              back = keras.models.load_model(f"{sys.argv[2]}/{name}.{ending}")
              found = back(inputs if len(inputs) > 1 else inputs[0])
              difference = numpy.max(numpy.abs(numpy.asarray(found) - numpy.asarray(expected)))
              assert difference == 0, (name, ending, difference)
              print(name, ending)
      """;

  @TempDir Path temporary;

  @Test
  void predictions_are_the_same_after_the_way_to_safetensors_and_back() throws Exception {
    Path golden = Path.of(System.getProperty("checkpoint4j.root"), "golden", "keras", "files");
    for (String name : MODELS) {
      Path there = temporary.resolve(name + ".safetensors");
      assertThat(ckpt("convert", golden.resolve(name + ".keras"), there).status()).isZero();
      assertThat(ckpt("convert", there, temporary.resolve(name + ".keras")).status()).isZero();
      assertThat(ckpt("convert", there, temporary.resolve(name + ".h5")).status()).isZero();
    }

    assertThat(python(golden).lines().toList()).hasSize(2 * MODELS.size());
  }

  private String python(Path golden) throws IOException, InterruptedException {
    String python = System.getProperty("checkpoint4j.python", "");
    assertThat(python).as("-Dpython=, an interpreter with Keras").isNotEmpty();
    Path errors = temporary.resolve("errors");
    List<String> command =
        new ArrayList<>(List.of(python, "-c", SCRIPT, golden.toString(), temporary.toString()));
    command.addAll(MODELS);
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().put("OMP_NUM_THREADS", "1");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
    return output;
  }
}
