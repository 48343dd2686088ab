package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.CheckpointStrategy;
import io.github.checkpoint4j.torch.IntervalStrategy;
import io.github.checkpoint4j.torch.TrainerCallback;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random trainings put to Keras's callbacks and to those here; and files read in Python. */
@Tag("interop")
class KerasInteropTest {
  private static final long SEED = 20260101;
  private static final int CASES = 60;
  private static final int TEMPLATES = 4000;

  @TempDir private Path folder;

  private byte[] python(String... arguments) throws IOException, InterruptedException {
    String python = System.getProperty("checkpoint4j.python", "");
    assertThat(python).as("-Dpython=, an interpreter with keras").isNotEmpty();
    List<String> command = new ArrayList<>(List.of(python));
    command.addAll(List.of(arguments));
    Path errors = folder.resolve("stderr");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.environment().put("TF_CPP_MIN_LOG_LEVEL", "3");
    builder.environment().put("CUDA_VISIBLE_DEVICES", "-1");
    builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    Process process = builder.start();
    byte[] output = process.getInputStream().readAllBytes();
    assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
    return output;
  }

  /** The cases with Keras's outcomes in them. */
  private List<Json.Obj> asked(List<Json.Obj> cases) throws IOException, InterruptedException {
    Path asked = folder.resolve("cases.json");
    Path outcomes = folder.resolve("outcomes.json");
    Files.writeString(asked, Json.array(cases).toText());
    python(Golden.path("drive.py").toString(), asked.toString(), outcomes.toString());
    List<Json.Obj> expected = Golden.parse(Files.readAllBytes(outcomes), "outcomes");
    assertThat(expected).hasSameSizeAs(cases);
    List<Json.Obj> both = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      var members = new LinkedHashMap<>(cases.get(i).members());
      members.put("expected", expected.get(i));
      both.add(Json.object(members));
    }
    return both;
  }

  @Test
  void random_trainings_go_as_with_keras() throws IOException, InterruptedException {
    var random = new Random(SEED);
    List<Json.Obj> cases = new ArrayList<>();
    for (int i = 0; i < CASES; i++) {
      cases.add(RandomCases.checkpoint(random));
      cases.add(RandomCases.earlyStopping(random));
      cases.add(RandomCases.plateau(random));
      cases.add(RandomCases.csv(random));
    }
    var outcomes = new Outcomes(folder);
    for (Json.Obj given : asked(cases)) {
      assertThat(outcomes.of(given)).as(given.toText()).isEqualTo(KerasGoldenTest.expected(given));
    }
  }

  @Test
  void random_fields_are_written_as_python_writes_them() throws IOException, InterruptedException {
    var random = new Random(SEED);
    List<Json.Obj> cases = new ArrayList<>();
    for (int i = 0; i < TEMPLATES; i++) {
      cases.add(RandomCases.template(random));
    }
    int paths = 0;
    for (Json.Obj given : asked(cases)) {
      Json expected = given.object("expected").get("path");
      String found =
          FilePathTemplateTest.formatted(
              given.object("args").text("template"), given.object("args").object("values"));
      assertThat(found.isEmpty() ? Json.Null.NULL : Json.of(found))
          .as(given.toText())
          .isEqualTo(expected);
      paths += found.isEmpty() ? 0 : 1;
    }
    assertThat(paths).isGreaterThan(TEMPLATES / 4);
  }

  @Test
  void python_reads_what_a_training_wrote() throws IOException, InterruptedException {
    var run = new Run(folder, CheckpointStrategy.EPOCH, IntervalStrategy.EPOCH);
    List<TrainerCallback> callbacks =
        new ArrayList<>(run.callbacks(new PrintStream(OutputStream.nullOutputStream())));
    callbacks.add(ModelCheckpoint.to(folder + "/weights.pt").saveWeightsOnly(true).build());
    run.trainer(run.arguments().build(), Run.model(7), callbacks).train();
    Path script = folder.resolve("read.py");
    Files.writeString(
        script,
        """
        import glob, json, sys
        import tensorflow as tf
        import torch
        from safetensors.torch import load_file

        folder = sys.argv[1]
        scalars = {}
        for run in ("train", "validation"):
            (path,) = glob.glob(folder + "/out/logs/" + run + "/events.out.tfevents.*")
            for record in tf.data.TFRecordDataset(path):
                event = tf.compat.v1.Event.FromString(record.numpy())
                for value in event.summary.value:
                    array = tf.make_ndarray(value.tensor)
                    plugin = value.metadata.plugin_data.plugin_name
                    shown = array[:, 2].sum() if plugin == "histograms" else array.item()
                    tag = run + "/" + value.tag
                    scalars.setdefault(tag, []).append([plugin, event.step, float(shown)])
        wholes = [torch.load(f, weights_only=True) for f in glob.glob(folder + "/out/*.pt")]
        weights = [load_file(f) for f in glob.glob(folder + "/out/*.safetensors")]
        print(json.dumps([{
            "scalars": scalars,
            "wholes": sorted({",".join(whole) for whole in wholes}),
            "model": list(torch.load(folder + "/weights.pt", weights_only=True)),
            "weights": sorted({",".join(sorted(w)) for w in weights}),
        }]))
        """);
    Json.Obj read =
        Golden.parse(python(script.toString(), folder.toString()), "read.py").getFirst();

    Json.Obj scalars = read.object("scalars");
    assertThat(scalars.members().keySet())
        .contains(
            "train/epoch_loss",
            "train/epoch_learning_rate",
            "train/batch_loss",
            "train/hidden/weight/histogram",
            "validation/epoch_loss",
            "validation/epoch_accuracy",
            "validation/evaluation_loss_vs_iterations");
    List<String> rows = Files.readAllLines(folder.resolve("out/log.csv"));
    for (int epoch = 0; epoch < rows.size() - 1; epoch++) {
      Json.Arr point = (Json.Arr) scalars.array("train/epoch_loss").items().get(epoch);
      float loss = Float.parseFloat(rows.get(epoch + 1).split(",", -1)[1]);
      assertThat(point)
          .isEqualTo(
              Json.array(
                  List.of(Json.of("scalars"), Json.of((long) epoch), Json.of((double) loss))));
    }
    assertThat(scalars.array("train/hidden/weight/histogram").items().getFirst())
        .isEqualTo(Json.array(List.of(Json.of("histograms"), Json.of(0L), Json.of(32.0))));
    assertThat(read.array("wholes"))
        .isEqualTo(
            Json.array(
                List.of(Json.of("model_state_dict,optimizer_state_dict,lr_scheduler_state_dict"))));
    String names = "hidden.bias,hidden.weight,output.bias,output.weight";
    assertThat(read.array("weights")).isEqualTo(Json.array(List.of(Json.of(names))));
    assertThat(read.array("model").items())
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(names.split(",", -1)).map(Json::of).toList());
  }
}
