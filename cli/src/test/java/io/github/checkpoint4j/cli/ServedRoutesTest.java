package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.cli.serve.Web;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code ckpt serve} answers. */
class ServedRoutesTest {
  @TempDir Path temporary;
  private Path root;
  private Path run;
  private Served served;
  private Web web;

  @BeforeEach
  void start() throws IOException {
    root = Files.createDirectory(temporary.resolve("root"));
    run = Fixture.run(root.resolve("run"));
    served = Served.at(root);
    web = served.web();
  }

  @AfterEach
  void close() {
    served.close();
  }

  private static Json.Obj body(String... namesAndValues) {
    Json.Builder body = Json.object();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      body.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return body.build();
  }

  private static List<Json.Obj> objects(Json.Obj from, String name) {
    return from.array(name).items().stream().map(item -> (Json.Obj) item).toList();
  }

  @Test
  void runs_and_models_are_listed() throws IOException {
    Fixture.safetensors(root.resolve("lone.safetensors"));
    Files.writeString(root.resolve("readme.txt"), "no model");
    Json.Obj list = web.get("/api/runs").json();

    assertThat(list.text("directory")).isEqualTo(root.toRealPath().toString());
    assertThat(list.bool("whole")).isTrue();
    Json.Obj listed = objects(list, "runs").getFirst();
    assertThat(listed.text("path")).isEqualTo("run");
    assertThat(listed.integer("checkpoints")).isEqualTo(3);
    assertThat(listed.object("latest").integer("step")).isEqualTo(150);
    assertThat(listed.object("best").integer("step")).isEqualTo(100);
    assertThat(listed.object("objective").text("metric")).isEqualTo("eval_accuracy");
    assertThat(listed.get("writer")).isEqualTo(Json.Null.NULL);
    Json.Obj model = objects(list, "models").getFirst();
    assertThat(model.text("title")).isEqualTo("lone.safetensors");
    assertThat(model.integer("size")).isEqualTo(Files.size(root.resolve("lone.safetensors")));
    assertThat(objects(list, "models")).hasSize(1);
  }

  @Test
  void a_run_has_its_checkpoints_and_curves() throws IOException {
    Json.Obj document = web.get("/api/run", "path", "run").json();

    assertThat(objects(document, "checkpoints"))
        .extracting(info -> info.text("path"))
        .containsExactly("run/checkpoint-50", "run/checkpoint-100", "run/checkpoint-150");
    assertThat(objects(document, "checkpoints").get(1).array("notes").items())
        .containsExactly(Json.of("best"));
    Json.Obj curve = objects(document, "curves").getFirst();
    assertThat(curve.text("name")).isEqualTo("eval_accuracy");
    assertThat(curve.array("steps").items())
        .containsExactly(Json.of(50), Json.of(100), Json.of(150));
    assertThat(curve.array("values").items())
        .containsExactly(Json.of(0.5), Json.of(0.75), Json.of(0.7));
  }

  @Test
  void a_new_checkpoint_is_seen_and_so_is_its_loss_and_that_of_the_run() throws Exception {
    Map<String, String> headers = web.allowed();
    headers.put("If-None-Match", web.get("/api/run", "path", "run").headers().get("etag"));
    assertThat(web.send("GET", "/api/run?path=run", headers, new byte[0]).status()).isEqualTo(304);

    Fixture.commit(run, 200, Map.of("eval_accuracy", 0.9));
    Web.Response grown = web.send("GET", "/api/run?path=run", headers, new byte[0]);
    assertThat(grown.status()).isEqualTo(200);
    assertThat(objects(grown.json(), "checkpoints")).hasSize(4);

    Files.move(run, root.resolve("elsewhere"));
    Web.Response gone = web.get("/api/run", "path", "run");
    assertThat(gone.status()).isEqualTo(404);
    assertThat(gone.error()).contains("no such file or directory");

    Fixture.commit(run, 1, Map.of("eval_accuracy", 0.1));
    assertThat(objects(web.get("/api/run", "path", "run").json(), "checkpoints")).hasSize(1);
  }

  @Test
  void the_served_directory_may_itself_be_a_run() throws IOException {
    try (Served alone = Served.at(run)) {
      Json.Obj listed = objects(alone.web().get("/api/runs").json(), "runs").getFirst();

      assertThat(listed.text("path")).isEmpty();
      assertThat(listed.text("title")).isEqualTo("run");
      Json.Obj document = alone.web().get("/api/run", "path", "").json();
      assertThat(objects(document, "checkpoints").getFirst().text("path"))
          .isEqualTo("checkpoint-50");
      assertThat(alone.web().post("/api/pin", body("path", "checkpoint-50")).status())
          .isEqualTo(200);
    }
  }

  @Test
  void damage_is_shown_and_a_writer_named() throws IOException {
    Files.write(run.resolve("checkpoint-50/model.safetensors"), new byte[3]);
    try (CheckpointStore _ = CheckpointStore.open(run)) {
      Json.Obj document = web.get("/api/run", "path", "run").json();

      assertThat(document.integer("damaged")).isEqualTo(1);
      assertThat(objects(document, "checkpoints").getFirst().text("damage"))
          .contains("model.safetensors");
      assertThat(document.object("writer").bool("writing")).isTrue();
    }
  }

  @Test
  void a_checkpoint_has_its_files_and_tensors() throws IOException {
    Json.Obj contents = web.get("/api/contents", "path", "run/checkpoint-50").json();

    assertThat(contents.text("kind")).isEqualTo("checkpoint");
    assertThat(contents.integer("step")).isEqualTo(50);
    assertThat(contents.integer("parameters")).isEqualTo(10);
    assertThat(objects(contents, "files"))
        .extracting(file -> file.text("name"))
        .contains("model.safetensors", "optimizer.pt");
    assertThat(objects(contents, "tensors"))
        .first()
        .isEqualTo(
            Json.object()
                .put("name", "encoder.layer.0.weight")
                .put("dtype", "F32")
                .put("shape", Json.array(List.of(Json.of(2), Json.of(2))))
                .put("bytes", 16)
                .build());
  }

  @Test
  void a_file_has_its_tensors_and_values_those_that_match() throws IOException {
    Json.Obj all = web.get("/api/contents", "path", "run/checkpoint-50/optimizer.pt").json();
    assertThat(all.text("kind")).isEqualTo("file");
    assertThat(objects(all, "tensors"))
        .extracting(row -> row.text("name"))
        .containsExactly("state.exp_avg");
    assertThat(objects(all, "values"))
        .extracting(row -> row.text("name"))
        .containsExactlyInAnyOrder("state.step", "betas", "lr");

    Json.Obj some =
        web.get("/api/contents", "path", "run/checkpoint-50/optimizer.pt", "filter", "l?").json();
    assertThat(objects(some, "tensors")).isEmpty();
    assertThat(objects(some, "values"))
        .containsExactly(Json.object().put("name", "lr").put("value", "5e-05").build());
  }

  @Test
  void of_very_many_tensors_the_first_are_shown_and_the_others_counted() throws IOException {
    StateDict.Builder many = StateDict.builder();
    for (int i = 0; i < ServedContents.MOST_ROWS + 7; i++) {
      many.put("t" + i, Tensor.ofFloats(new float[] {i}, 1));
    }
    Fixture.write(root.resolve("many.safetensors"), SafeTensors.write(many.build(), Map.of()));

    Json.Obj contents = web.get("/api/contents", "path", "many.safetensors").json();
    assertThat(contents.array("tensors").items()).hasSize(ServedContents.MOST_ROWS);
    assertThat(contents.integer("left_out")).isEqualTo(7);
    assertThat(contents.integer("parameters")).isEqualTo(ServedContents.MOST_ROWS + 7);
  }

  @Test
  void a_tensor_has_figures_and_a_histogram() throws IOException {
    Json.Obj tensor =
        web.get("/api/tensor", "path", "run/checkpoint-50", "name", "head.bias").json();

    assertThat(tensor.object("stats").real("max")).isEqualTo(0.5);
    assertThat(tensor.object("stats").integer("nan")).isEqualTo(1);
    assertThat(tensor.object("histogram").array("counts").items()).containsExactly(Json.of(1));
    Web.Response missing = web.get("/api/tensor", "path", "run/checkpoint-50", "name", "nothing");
    assertThat(missing.status()).isEqualTo(404);
    assertThat(missing.error())
        .endsWith("there is no tensor 'nothing'; ckpt tensors lists those there are");
  }

  @Test
  void a_tensor_has_a_heat_map_in_bytes() throws IOException {
    Web.Response map =
        web.get("/api/heatmap", "path", "run/checkpoint-50", "name", "encoder.layer.1.weight");

    assertThat(map.headers()).containsEntry("content-type", "application/octet-stream");
    ByteBuffer bytes = ByteBuffer.wrap(map.body()).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(List.of(bytes.getInt(), bytes.getInt())).containsExactly(2, 2);
    assertThat(List.of(bytes.getFloat(), bytes.getFloat(), bytes.getFloat(), bytes.getFloat()))
        .containsExactly(5f, 6f, 7f, 8f);
    assertThat(bytes.remaining()).isZero();
  }

  @Test
  void a_tensor_without_numbers_has_none() throws IOException {
    StateDict state = StateDict.builder().put("none", Tensor.ofFloats(new float[0], 0, 3)).build();
    Fixture.write(root.resolve("empty.safetensors"), SafeTensors.write(state, Map.of()));

    Json.Obj tensor = web.get("/api/tensor", "path", "empty.safetensors", "name", "none").json();
    assertThat(tensor.get("histogram")).isEqualTo(Json.Null.NULL);
    Web.Response map = web.get("/api/heatmap", "path", "empty.safetensors", "name", "none");
    assertThat(map.status()).isEqualTo(422);
    assertThat(map.error()).isEqualTo("the tensor 'none' has no numbers to be shown");
  }

  @Test
  void a_run_is_verified_and_the_damaged_tensor_named() throws Exception {
    Json.Obj clean = Served.awaited(web, web.post("/api/verify", body("path", "run")));
    assertThat(clean.text("state")).isEqualTo("done");
    assertThat(clean.object("result").bool("ok")).isTrue();
    assertThat(clean.object("result").array("checked").items()).hasSize(3);
    assertThat(clean.integer("done")).isPositive().isLessThanOrEqualTo(clean.integer("total"));

    Fixture.flip(run.resolve("checkpoint-100/model.safetensors"), -1);
    Json.Obj damaged =
        Served.awaited(web, web.post("/api/verify", body("path", "run/checkpoint-100")));
    Json.Obj checked = objects(damaged.object("result"), "checked").getFirst();
    assertThat(checked.bool("ok")).isFalse();
    assertThat(objects(checked, "problems").getFirst().text("tensor")).isEqualTo("head.bias");
  }

  @Test
  void a_lone_file_is_verified_too() throws Exception {
    Fixture.safetensors(root.resolve("lone.safetensors"));

    Json.Obj task = Served.awaited(web, web.post("/api/verify", body("path", "lone.safetensors")));
    assertThat(objects(task.object("result"), "checked").getFirst().text("note"))
        .contains("holds no checksums");
  }

  @Test
  void a_task_can_be_cancelled_also_when_it_has_ended() throws Exception {
    Json.Obj task = Served.awaited(web, web.post("/api/verify", body("path", "run")));

    assertThat(web.post("/api/cancel", body("id", task.text("id"))).json().text("state"))
        .isEqualTo("done");
    assertThat(web.post("/api/cancel", body("id", "777")).status()).isEqualTo(404);
    assertThat(web.get("/api/task", "id", "777").status()).isEqualTo(404);
  }

  @Test
  void two_checkpoints_are_compared_as_by_the_verb() throws Exception {
    Json.Obj task =
        Served.awaited(
            web, web.post("/api/diff", body("a", "run/checkpoint-50", "b", "run/checkpoint-100")));

    assertThat(task.object("result"))
        .isEqualTo(
            Run.ckpt("diff", "--json", run.resolve("checkpoint-50"), run.resolve("checkpoint-100"))
                .object());
    assertThat(task.integer("done")).isEqualTo(task.integer("total")).isPositive();
  }

  @Test
  void a_comparison_that_cannot_be_made_fails_with_the_message_of_the_verb() throws Exception {
    Json.Obj task =
        Served.awaited(web, web.post("/api/diff", body("a", "run", "b", "run/checkpoint-50")));

    assertThat(task.text("state")).isEqualTo("failed");
    assertThat(task.object("result").text("error"))
        .endsWith(" is a run of several checkpoints; give one of those that ckpt ls lists");
  }

  @Test
  void a_checkpoint_is_pinned_and_unpinned() throws IOException {
    assertThat(web.post("/api/pin", body("path", "run/checkpoint-50")).json().bool("pinned"))
        .isTrue();
    assertThat(pinned()).containsExactly("checkpoint-50");
    assertThat(web.post("/api/unpin", body("path", "run/checkpoint-50")).json().bool("pinned"))
        .isFalse();
    assertThat(pinned()).isEmpty();
  }

  private List<String> pinned() throws IOException {
    try (CheckpointStore store = CheckpointStore.readOnly(run)) {
      return store.list().stream()
          .filter(CheckpointInfo::pinned)
          .map(CheckpointInfo::name)
          .toList();
    }
  }

  @Test
  void while_a_run_is_written_nothing_in_it_is_changed() throws IOException {
    Json.Obj prune =
        Json.object()
            .put("path", "run")
            .put("options", body("--keep-latest", "1"))
            .put("confirm", Json.array(List.of(Json.of("checkpoint-50"))))
            .build();
    try (CheckpointStore _ = CheckpointStore.open(run)) {
      for (Web.Response response :
          List.of(
              web.post("/api/pin", body("path", "run/checkpoint-50")),
              web.post("/api/prune", prune))) {
        assertThat(response.status()).isEqualTo(409);
        assertThat(response.error()).contains(" is being written by this process");
      }
    }
    assertThat(run.resolve("checkpoint-50")).exists();
  }

  @ParameterizedTest
  @CsvSource({
    "run, 409",
    "'', 409",
    "run/checkpoint-7, 404",
    "run/checkpoint-50/model.safetensors, 409"
  })
  void only_a_checkpoint_of_a_run_is_pinned(String path, int status) throws IOException {
    assertThat(web.post("/api/pin", body("path", path)).status()).isEqualTo(status);
    assertThat(pinned()).isEmpty();
  }

  private static Json.Obj prune(Json.Obj options, String... confirm) {
    Json.Builder request = Json.object().put("path", "run").put("options", options);
    if (confirm.length > 0) {
      request.put("confirm", Json.array(List.of(confirm).stream().map(Json::of).toList()));
    }
    return request.build();
  }

  @Test
  void pruning_first_says_what_would_go_and_why_and_deletes_just_that() throws IOException {
    Json.Obj options = body("--keep-latest", "1");
    Json.Obj listed = web.post("/api/prune", prune(options)).json();

    assertThat(listed)
        .isEqualTo(
            Run.ckpt(
                    "prune",
                    "--json",
                    "--dry-run",
                    "--keep-latest",
                    1,
                    root.toRealPath().resolve("run"))
                .object());
    assertThat(run.resolve("checkpoint-50")).exists();

    Web.Response other = web.post("/api/prune", prune(options, "checkpoint-50", "checkpoint-100"));
    assertThat(other.status()).isEqualTo(409);
    assertThat(other.error())
        .isEqualTo(
            "the run has changed since this was listed, so nothing was deleted; list it again");
    assertThat(run.resolve("checkpoint-50")).exists();

    Json.Obj deleted = web.post("/api/prune", prune(options, "checkpoint-50")).json();
    assertThat(deleted.bool("dry_run")).isFalse();
    assertThat(deleted.integer("deleted")).isEqualTo(1);
    assertThat(run.resolve("checkpoint-50")).doesNotExist();
    assertThat(run.resolve("checkpoint-100")).exists();
  }

  @Test
  void unverified_ones_are_judged_if_that_is_asked_for() throws IOException {
    Files.delete(run.resolve("checkpoint-50/manifest.json"));
    Fixture.commit(run, 200, 0.6, Instant.now());
    Json.Obj options = body("--keep-latest", "1");

    assertThat(web.post("/api/prune", prune(options)).json().integer("deleted")).isEqualTo(1);
    Json.Obj request =
        Json.object()
            .put("path", "run")
            .put("options", options)
            .put("include_unverified", true)
            .build();
    assertThat(web.post("/api/prune", request).json().integer("deleted")).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--keep-latest | x | Invalid value for option '--keep-latest': 'x' is not an int",
        "--keep-latest | @/etc/passwd | Invalid value for option '--keep-latest'",
        "--keep-nothing | 1 | Unknown option: '--keep-nothing=1'",
        "--dry-run | 1 | '--dry-run' is not an option of ckpt prune with its value",
        "--keep-best | nothing | --keep-best goes by 'nothing', which no checkpoint has",
        "--keep-younger | soon | Invalid value for option '--keep-younger'"
      })
  void options_are_those_of_the_command_line_and_so_are_their_errors(
      String option, String value, String error) throws IOException {
    Web.Response response = web.post("/api/prune", prune(body(option, value)));

    assertThat(response.status()).isEqualTo(400);
    assertThat(response.error()).startsWith(error);
  }

  @Test
  void without_an_option_nothing_would_be_kept_so_it_is_refused() throws IOException {
    Web.Response response = web.post("/api/prune", prune(body()));

    assertThat(response.status()).isEqualTo(400);
    assertThat(response.error())
        .isEqualTo("Say which checkpoints to keep, for instance with --keep-latest 3");
    assertThat(web.post("/api/prune", body("path", "run")).status()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "..",
        "../root/run",
        "run/../../outside.safetensors",
        "run/..",
        "/etc/passwd",
        "link",
        "link/outside.safetensors",
        "linked.safetensors"
      })
  void nothing_outside_is_served(String path) throws IOException {
    Path outside = Files.createDirectory(temporary.resolve("outside"));
    Fixture.safetensors(outside.resolve("outside.safetensors"));
    Fixture.safetensors(temporary.resolve("outside.safetensors"));
    Files.createSymbolicLink(root.resolve("link"), outside);
    Files.createSymbolicLink(
        root.resolve("linked.safetensors"), outside.resolve("outside.safetensors"));

    for (String route : List.of("/api/run", "/api/contents")) {
      Web.Response response = web.get(route, "path", path);
      assertThat(response.status()).isEqualTo(403);
      assertThat(response.error())
          .endsWith("leads out of the served directory; serve one that has all of it");
    }
    for (String route : List.of("/api/tensor", "/api/heatmap")) {
      assertThat(web.get(route, "path", path, "name", "head.bias").status()).isEqualTo(403);
    }
    for (String route : List.of("/api/verify", "/api/pin", "/api/unpin")) {
      assertThat(web.post(route, body("path", path)).status()).isEqualTo(403);
    }
    assertThat(web.post("/api/diff", body("a", "run/checkpoint-50", "b", path)).status())
        .isEqualTo(403);
    assertThat(
            web.post(
                    "/api/prune",
                    Json.object()
                        .put("path", path)
                        .put("options", body("--keep-latest", "1"))
                        .build())
                .status())
        .isEqualTo(403);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "%2e%2e%2foutside",
        "%2e%2e/outside",
        "..%2Foutside",
        "%252e%252e%252foutside",
        "..%5coutside"
      })
  void encoded_ways_out_do_not_lead_out_either(String path) throws IOException {
    Files.createDirectory(temporary.resolve("outside"));

    assertThat(web.send("GET", "/api/contents?path=" + path, web.allowed(), new byte[0]).status())
        .isIn(403, 404);
  }

  @Test
  void a_checkpoint_of_which_a_file_lies_outside_is_not_served() throws IOException {
    Path outside = Fixture.safetensors(temporary.resolve("secret.safetensors"));
    Path file = run.resolve("checkpoint-100/model.safetensors");
    Files.delete(file);
    Files.createSymbolicLink(file, outside);

    assertThat(web.get("/api/contents", "path", "run/checkpoint-100").status()).isEqualTo(403);
    assertThat(web.get("/api/run", "path", "run").error())
        .isEqualTo(
            "run/checkpoint-100/model.safetensors leads out of the served directory; serve one that has all of it");
    Json.Obj listed = objects(web.get("/api/runs").json(), "runs").getFirst();
    assertThat(listed.text("error")).contains("leads out of the served directory");
    assertThat(web.get("/api/contents", "path", "run/checkpoint-50").status()).isEqualTo(200);
  }

  @Test
  void a_keras_model_of_which_a_file_lies_outside_is_not_served() throws IOException {
    Path assets = Files.createDirectories(root.resolve("model/assets/deep/down"));
    Files.writeString(root.resolve("model/config.json"), "{}");
    Files.createFile(root.resolve("model/model.weights.h5"));
    assertThat(web.get("/api/contents", "path", "model").status()).isEqualTo(422);

    Files.createSymbolicLink(
        assets.resolve("vocabulary.txt"), Files.createFile(temporary.resolve("secret.txt")));
    assertThat(web.get("/api/contents", "path", "model").error())
        .startsWith("model/assets/deep/down/vocabulary.txt leads out of the served directory");
  }

  @Test
  void links_in_circles_end() throws IOException {
    Files.createSymbolicLink(run.resolve("checkpoint-50/checkpoint-1"), run);
    Files.createSymbolicLink(run.resolve("loop"), root);
    Files.createSymbolicLink(run.resolve("nowhere"), root.resolve("missing"));

    assertThat(web.get("/api/run", "path", "run").status()).isEqualTo(200);
    assertThat(web.get("/api/run", "path", "run/loop/run/loop/run").status()).isEqualTo(200);
  }

  @Test
  void a_link_that_stays_inside_is_followed() throws IOException {
    Files.move(run.resolve("checkpoint-50"), root.resolve("kept"));
    Files.createSymbolicLink(run.resolve("checkpoint-50"), root.resolve("kept"));

    assertThat(objects(web.get("/api/run", "path", "run").json(), "checkpoints")).hasSize(3);
    assertThat(web.get("/api/contents", "path", "run/checkpoint-50").status()).isEqualTo(200);
  }

  @Test
  void an_index_does_not_lead_out_by_the_files_beside_it() throws IOException {
    Path golden = Path.of(System.getProperty("checkpoint4j.root"), "golden/keras/files");
    Path index;
    try (var found = Files.walk(golden)) {
      index =
          found.filter(path -> path.toString().endsWith(".weights.json")).findFirst().orElseThrow();
    }
    Files.copy(index, root.resolve("model.weights.json"));
    Files.createSymbolicLink(
        root.resolve("model_00000.weights.h5"), Files.createFile(temporary.resolve("secret.h5")));

    assertThat(web.get("/api/contents", "path", "model.weights.json").status()).isEqualTo(403);
  }

  @Test
  void an_onnx_model_does_not_lead_out_by_the_file_of_its_tensors() throws IOException {
    Path golden = Path.of(System.getProperty("checkpoint4j.root"), "golden/onnx/external");
    Files.copy(golden.resolve("model.onnx"), root.resolve("model.onnx"));
    Files.copy(golden.resolve("weights.bin"), temporary.resolve("weights.bin"));
    Files.createSymbolicLink(root.resolve("weights.bin"), temporary.resolve("weights.bin"));

    assertThat(web.get("/api/contents", "path", "model.onnx").status()).isEqualTo(403);
  }

  @Test
  void a_tensorflow_checkpoint_does_not_lead_out_by_a_shard() throws IOException {
    Path golden =
        Path.of(System.getProperty("checkpoint4j.root"), "golden/tensorflow/good/sharded");
    try (var files = Files.list(golden)) {
      for (Path file : files.toList()) {
        String name = String.valueOf(file.getFileName());
        Path copy = Files.copy(file, temporary.resolve(name));
        if (name.endsWith(".index")) {
          Files.copy(copy, root.resolve(name));
        } else if (name.contains(".data-")) {
          Files.createSymbolicLink(root.resolve(name), copy);
        }
      }
    }
    Path index;
    try (var files = Files.list(root)) {
      index = files.filter(file -> file.toString().endsWith(".index")).findFirst().orElseThrow();
    }

    assertThat(web.get("/api/contents", "path", String.valueOf(index.getFileName())).status())
        .isEqualTo(403);
  }

  @Test
  void what_cannot_be_read_is_told_as_on_the_command_line() throws IOException {
    Path broken = Files.writeString(root.resolve("broken.safetensors"), "nothing of the kind");

    Web.Response response = web.get("/api/contents", "path", "broken.safetensors");
    assertThat(response.status()).isEqualTo(422);
    assertThat("ckpt show: " + response.error() + "\n")
        .isEqualTo(Run.ckpt("show", broken.toRealPath()).err());
    assertThat(web.get("/api/contents", "path", "missing").status()).isEqualTo(404);
    assertThat(web.get("/api/contents", "path", "a\0b").status()).isEqualTo(400);
    assertThat(web.get("/api/contents").error()).isEqualTo("the request lacks 'path'");
  }

  @Test
  void hostile_names_are_data() throws IOException {
    String name = "<img src=x onerror=alert(1)>\"'\u001b[31m\n\u202e";
    StateDict state = StateDict.builder().put(name, Tensor.ofFloats(new float[] {1}, 1)).build();
    Fixture.write(root.resolve("hostile.safetensors"), SafeTensors.write(state, Map.of()));

    Web.Response contents = web.get("/api/contents", "path", "hostile.safetensors");
    assertThat(objects(contents.json(), "tensors").getFirst().text("name")).isEqualTo(name);
    assertThat(contents.headers()).containsEntry("content-type", "application/json");
    assertThat(
            web.get("/api/tensor", "path", "hostile.safetensors", "name", name).json().text("name"))
        .isEqualTo(name);
    assertThat(web.get("/api/tensor", "path", "hostile.safetensors", "name", "\u001b").error())
        .contains("'\\x1b'");
  }
}
