package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.CheckpointStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The page of {@code ckpt serve} in a real browser. */
@Tag("browser")
class PageTest {
  private static final String HOSTILE =
      "<img src=x onerror=\"hacked=1\">'\"&amp;{{7*7}}\u001b[31m\n\u202etxt\u0007";

  private static Browser browser;

  @TempDir Path temporary;
  private Path root;
  private Path run;
  private Served served;

  @BeforeAll
  static void open() {
    browser = Browser.open();
  }

  @AfterAll
  static void close() {
    browser.close();
  }

  @BeforeEach
  void serve() throws IOException {
    root = Files.createDirectory(temporary.resolve("root"));
    run = root.resolve("digits");
    for (long step : List.of(20, 40, 60)) {
      Fixture.train(run, step, model(step));
    }
    served = Served.at(root);
    browser.size(1280, 900);
    browser.dark(false);
    browser.problems();
  }

  /** Whatever a test did, the page broke no rule of its own. */
  @AfterEach
  void end() {
    try {
      assertThat(browser.problems()).isEmpty();
    } finally {
      served.close();
    }
  }

  private static StateDict model(long seed) {
    Random random = new Random(seed);
    float[] weight = new float[300 * 40];
    for (int i = 0; i < weight.length; i++) {
      weight[i] = (float) random.nextGaussian();
    }
    return StateDict.builder()
        .put("encoder.layer.0.weight", Tensor.ofFloats(weight, 300, 40))
        .put("encoder.layer.1.weight", Tensor.ofFloats(new float[] {1, -2, 3, -4}, 2, 2))
        .put("head.bias", Tensor.ofFloats(new float[] {0.5f, Float.NaN, seed}, 3))
        .build();
  }

  private void visit(String view) {
    browser.visit(served.entrance(), view);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static void awaitRows(int rows) throws Exception {
    browser.await(
        () -> browser.all("section[aria-labelledby=checkpoints] tbody tr").size() == rows);
  }

  private List<String> checkpoints() throws IOException {
    try (CheckpointStore store = CheckpointStore.readOnly(run)) {
      return store.list().stream().map(CheckpointInfo::name).toList();
    }
  }

  @Test
  void the_token_leaves_the_address_and_without_it_there_is_a_plain_page() throws Exception {
    visit("");
    browser.awaitText("digits");
    assertThat(browser.address()).doesNotContain("token");

    try (Served other = Served.at(root)) {
      browser.visit(other.entrance().resolve("/"));
      assertThat(browser.text())
          .contains("Not allowed", "Open the address that ckpt serve printed");
      browser.visit(other.entrance().resolve("/?token=0123"));
      assertThat(browser.text()).contains("Not allowed");
    }
    assertThat(browser.problems())
        .allMatch(problem -> problem.contains("403") || problem.contains("favicon.ico"));
  }

  @Test
  void from_the_list_to_a_run_to_a_checkpoint_to_a_tensor() throws Exception {
    visit("");
    browser.click("digits");
    awaitRows(3);
    assertThat(browser.title()).isEqualTo("digits · ckpt");
    assertThat(browser.text())
        .contains("3 checkpoints", "best eval_loss 0.0333 at step 60")
        .doesNotContain("NaN", "undefined");
    assertThat(browser.texts("section[aria-labelledby=checkpoints] tbody th"))
        .containsExactly("checkpoint-60", "checkpoint-40", "checkpoint-20");

    browser.click("checkpoint-60");
    browser.awaitText("3 tensors");
    assertThat(browser.text()).contains("12,007", "2 files");
    browser.find("[data-key='tensor encoder.layer.0.weight']").click();
    browser.await(() -> browser.all("canvas.heat").size() == 1);
    assertThat(browser.texts("h2")).contains("encoder.layer.0.weight");
    assertThat(browser.text()).contains("deviation", "300 × 40 as 256 × 40 means");
    assertThat(browser.label(".panel [aria-label^=Histogram]")).contains("64 intervals");
    assertThat(browser.address()).contains("tensor=encoder.layer.0.weight");
  }

  @Test
  void what_is_not_there_is_said() throws Exception {
    visit("#/constructor?path=x");
    browser.awaitText("There is no such page.");
    visit("#/run?path=missing");
    browser.awaitText("no such file or directory; check the path");
    visit("#/contents?path=missing&tensor=x");
    browser.await(() -> browser.all("[role=alert]").size() == 2);
    visit("#/diff?a=digits%2Fcheckpoint-20&b=..");
    browser.awaitText("leads out of the served directory");
    assertThat(browser.problems()).allMatch(problem -> problem.matches("(?s).*status of 40[34].*"));
  }

  @Test
  void a_curve_says_in_words_and_as_a_table_what_it_shows() throws Exception {
    visit("#/run?path=digits");
    browser.await(() -> browser.all(".chart canvas").size() == 1);

    assertThat(browser.label(".drawing"))
        .isEqualTo(
            "loss: loss from 0.1000 at step 10 to 0.0167 at step 60;"
                + " eval_loss from 0.2000 at step 10 to 0.0333 at step 60");
    browser.click("Table");
    browser.await(() -> browser.all(".values tbody tr").size() == 6);
    assertThat(browser.texts(".values tbody tr").getFirst()).isEqualTo("10 0.1000 0.2000");
    assertThat(drawn(".chart canvas")).isGreaterThan(500);
  }

  /** How many pixels of a canvas are not empty. */
  private static long drawn(String selector) {
    return ((Number)
            browser.script(
                "const c = document.querySelector(arguments[0]);"
                    + "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
                    + "let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0 ? 1 : 0;"
                    + "return n;",
                selector))
        .longValue();
  }

  @Test
  void while_a_training_runs_its_points_and_checkpoints_appear() throws Exception {
    visit("#/run?path=digits");
    awaitRows(3);
    browser.click("Table");

    for (long step = 80; step <= 140; step += 20) {
      Fixture.train(run, step, model(step));
      long now = step;
      awaitRows((int) (step / 20));
      browser.await(
          () ->
              browser.label(".drawing").contains("at step " + now)
                  && browser.all(".values tbody tr").size() == now / 10);
    }
    assertThat(browser.texts("section[aria-labelledby=checkpoints] tbody th").getFirst())
        .isEqualTo("checkpoint-140");

    try (CheckpointStore _ = CheckpointStore.open(run)) {
      browser.awaitText("being written");
    }
  }

  @Test
  void a_run_that_vanishes_is_missed_and_shown_again_when_it_is_back() throws Exception {
    visit("#/run?path=digits");
    awaitRows(3);
    Files.move(run, root.resolve("elsewhere"));
    browser.await(() -> !browser.all("[role=alert]").isEmpty());
    assertThat(browser.text()).contains("no such file or directory", "as soon as it is there");

    Fixture.train(run, 500, model(1));
    awaitRows(1);
    assertThat(browser.all("[role=alert]")).isEmpty();
    assertThat(browser.problems()).allMatch(problem -> problem.contains("404"));
  }

  @Test
  void damaged_unverified_and_pinned_checkpoints_are_marked() throws Exception {
    Files.write(run.resolve("checkpoint-20/model.safetensors"), new byte[3]);
    Files.delete(run.resolve("checkpoint-40/manifest.json"));
    visit("#/run?path=digits");
    awaitRows(3);

    browser.click("Pin checkpoint-60");
    browser.await(() -> browser.all(".badge.pinned").size() >= 2);
    assertThat(browser.texts("tbody .badge"))
        .contains("best", "latest", "pinned", "unverified", "damaged");
    assertThat(browser.text()).contains("model.safetensors is cut short, to 3 bytes");
    assertThat(run.resolve("checkpoint-60/PINNED")).exists();
    browser.click("Unpin checkpoint-60");
    browser.await(() -> browser.all(".badge.pinned").isEmpty());
    assertThat(run.resolve("checkpoint-60/PINNED")).doesNotExist();
  }

  @Test
  void a_change_that_is_refused_says_why() throws Exception {
    try (CheckpointStore _ = CheckpointStore.open(run)) {
      visit("#/run?path=digits");
      browser.click("Pin checkpoint-20");
      browser.await(() -> !browser.texts("[role=alert]").isEmpty());
      assertThat(browser.texts("[role=alert]").getFirst())
          .contains("is being written by this process");
    }
    assertThat(browser.problems()).allMatch(problem -> problem.contains("409"));
  }

  @Test
  void pruning_lists_first_and_deletes_what_was_listed() throws Exception {
    visit("#/run?path=digits");
    browser.click("Prune…");
    WebElement latest = browser.find("dialog [name='--keep-latest']");
    latest.clear();
    latest.sendKeys("2");
    browser.click("List what would go");
    browser.await(() -> browser.all("dialog tbody tr").size() == 3);
    assertThat(browser.texts("dialog tbody tr").getLast())
        .contains("checkpoint-20", "deleted", "not newest 2");
    assertThat(checkpoints()).hasSize(3);
    save("prune");

    String delete = browser.find("dialog .danger").getText();
    assertThat(delete).startsWith("Delete 1 checkpoint, ");
    browser.click(delete);
    awaitRows(2);
    assertThat(checkpoints()).containsExactly("checkpoint-40", "checkpoint-60");
    assertThat(browser.all("dialog")).isEmpty();
  }

  @Test
  void nothing_is_deleted_that_was_not_listed() throws Exception {
    visit("#/run?path=digits");
    browser.click("Prune…");
    browser.click("List what would go");
    browser.awaitText("Nothing would be deleted.");
    WebElement latest = browser.find("dialog [name='--keep-latest']");
    latest.clear();
    latest.sendKeys("1", Keys.ENTER);
    browser.await(() -> browser.all("dialog .danger").size() == 1);

    Fixture.train(run, 80, model(80));
    browser.click(browser.find("dialog .danger").getText());
    browser.await(() -> !browser.texts("dialog [role=alert]").isEmpty());
    assertThat(browser.texts("dialog [role=alert]").getFirst()).contains("so nothing was deleted");
    assertThat(checkpoints()).hasSize(4);
    assertThat(browser.problems()).allMatch(problem -> problem.contains("409"));
  }

  @Test
  void a_verification_names_what_is_damaged() throws Exception {
    visit("#/run?path=digits");
    browser.click("Verify all");
    browser.awaitText("Nothing is wrong.");
    Fixture.flip(run.resolve("checkpoint-40/model.safetensors"), -1);
    browser.click("Verify checkpoint-40");
    browser.awaitText("Something is damaged.");
    assertThat(browser.text()).contains("of model.safetensors is damaged");
    save("verify");
  }

  @Test
  void two_checkpoints_are_compared() throws Exception {
    visit("#/run?path=digits");
    browser.click("Compare");
    browser.awaitText("relative change");
    assertThat(browser.texts("h1")).containsExactly("checkpoint-40 → checkpoint-60");
    assertThat(browser.texts("tbody th"))
        .contains("encoder.layer.0.weight", "head.bias", "eval_loss");
    browser.click("encoder.layer.0.weight");
    browser.await(() -> browser.all("canvas.heat").size() == 1);
  }

  /** Files of holes, so large that the comparison is not over before it is cancelled. */
  @Test
  void work_that_takes_long_shows_how_far_it_is_and_is_cancelled() throws Exception {
    for (String name : List.of("a.safetensors", "b.safetensors")) {
      sparse(root.resolve(name), 512, 64L << 20);
    }
    visit("#/diff?a=a.safetensors&b=b.safetensors");
    browser.await(
        () ->
            !browser.texts(".task .muted").isEmpty()
                && !browser.texts(".task .muted").getFirst().isEmpty());
    assertThat(browser.texts(".task .muted").getFirst()).matches("\\d+ %");
    browser.click("Cancel");
    browser.awaitText("Comparing: cancelled");
  }

  private static void sparse(Path file, int tensors, long bytes) throws IOException {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i < tensors; i++) {
      header.append(
          "%s\"t%d\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[%d,%d]}"
              .formatted(i == 0 ? "" : ",", i, bytes, i * bytes, (i + 1) * bytes));
    }
    byte[] text = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.writeLong(Long.reverseBytes(text.length));
      out.write(text);
      out.setLength(8 + text.length + tensors * bytes);
    }
  }

  @Test
  void hostile_names_of_runs_and_tensors_are_text() throws Exception {
    Path hostile = root.resolve(HOSTILE.replace("/", "").replace("\0", ""));
    StateDict state =
        StateDict.builder().put(HOSTILE, Tensor.ofFloats(new float[] {1, 2}, 2)).build();
    Fixture.train(hostile, 10, state);
    Fixture.train(
        hostile,
        20,
        StateDict.builder().put(HOSTILE, Tensor.ofFloats(new float[] {1, 3}, 2)).build());
    String shown = Printable.of(HOSTILE);
    assertThat(shown).contains("\\x1b[31m\\n\\u202etxt\\x07");

    visit("");
    browser.awaitText(shown);
    browser.click(shown);
    awaitRows(2);
    assertThat(browser.texts("h1")).containsExactly(shown);
    assertThat(browser.title()).isEqualTo(shown + " · ckpt");
    browser.click("checkpoint-20");
    browser.awaitText("1 tensor");
    browser.find("a[data-tensor]").click();
    browser.await(() -> browser.all("canvas.heat").size() == 1);
    assertThat(browser.texts(".panel h2")).containsExactly(shown);
    visit("#/run?path=" + encoded(hostile.getFileName().toString()));
    browser.click("Compare");
    browser.awaitText("largest change");
    assertThat(browser.texts("tbody th")).contains(shown);
    visit("#/contents?path=" + encoded(HOSTILE) + "&tensor=" + encoded(HOSTILE));
    browser.await(() -> !browser.texts("[role=alert]").isEmpty());

    assertThat(browser.all("img, script:not([src]), iframe, [onerror]")).isEmpty();
    assertThat(browser.script("return typeof hacked")).isEqualTo("undefined");
    assertThat(browser.text()).doesNotContain("\u202e", "\u001b", "\u0007");
    assertThat(browser.problems()).allMatch(problem -> problem.contains("409"));
  }

  @Test
  void text_is_made_printable_as_on_the_command_line() {
    visit("");
    List<String> texts =
        List.of(
            HOSTILE,
            "\r\t\\",
            "plain ü 漢 😀",
            "\u00ad\ufeff\u2028\u2029",
            "\udb40\udc41",
            "\u0085\u007f",
            "\ud800x");
    for (String text : texts) {
      Object shown =
          browser.asyncScript(
              "const done = arguments[arguments.length - 1];"
                  + "import('/page/dom.js').then((dom) => done(dom.printable(JSON.parse(arguments[0]))))",
              Json.of(text).toText());
      assertThat(shown).isEqualTo(Printable.of(text));
    }
  }

  @Test
  void everything_can_be_done_with_the_keyboard() throws Exception {
    visit("");
    browser.awaitText("digits");
    browser.type(Keys.TAB);
    assertThat(browser.focused()).isEqualTo("Skip to the content");
    browser.tabTo("digits");
    browser.type(Keys.ENTER);
    awaitRows(3);
    assertThat(browser.focused()).isEqualTo("digits");

    browser.tabTo("Pin checkpoint-40");
    browser.type(Keys.ENTER);
    browser.await(() -> browser.focused().equals("Unpin checkpoint-40"));
    Fixture.train(run, 80, model(80));
    awaitRows(4);
    assertThat(browser.focused()).isEqualTo("Unpin checkpoint-40");

    browser.tabTo("Prune…");
    browser.type(Keys.ENTER);
    browser.await(() -> browser.all("dialog[open]").size() == 1);
    browser.type(Keys.ESCAPE);
    browser.await(() -> browser.all("dialog").isEmpty());
    assertThat(browser.focused()).isEqualTo("Prune…");
    browser.tabTo("Runs");
    browser.type(Keys.ENTER);
    browser.awaitText("changed");
  }

  private static final String[] VIEWS = {
    "#/",
    "#/run?path=digits",
    "#/contents?path=digits%2Fcheckpoint-60&tensor=encoder.layer.0.weight",
    "#/diff?a=digits%2Fcheckpoint-20&b=digits%2Fcheckpoint-60"
  };
  private static final String[] SIGNS = {"changed", "Checkpoints", "Heat map", "largest change"};

  @ParameterizedTest
  @CsvSource({"1280, light", "1280, dark", "400, light", "400, dark"})
  void every_view_fits_into_wide_and_narrow_windows_light_and_dark(int width, String preferred)
      throws Exception {
    browser.size(Math.max(width, 500), 900);
    browser.dark(preferred.equals("dark"));
    for (int i = 0; i < VIEWS.length; i++) {
      visit(VIEWS[i]);
      browser.awaitText(SIGNS[i]);
      assertThat(
              (Boolean)
                  browser.script(
                      "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
          .as(VIEWS[i])
          .isTrue();
      long brightness =
          ((Number)
                  browser.script(
                      "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g)"
                          + ".slice(0, 3).reduce((a, b) => a + Number(b), 0)"))
              .longValue();
      assertThat(brightness > 380).isEqualTo(preferred.equals("light"));
      save("view-" + i + "-" + width + "-" + preferred);
    }
  }

  /** For whoever changes the page and wants to see it: -Dcheckpoint4j.screenshots=DIR. */
  private static void save(String name) throws IOException {
    String directory = System.getProperty("checkpoint4j.screenshots", "");
    if (!directory.isEmpty()) {
      browser.screenshot(Path.of(directory, name + ".png"));
    }
  }

  @Test
  void every_view_is_one_that_a_screen_reader_can_find_its_way_in() throws Exception {
    for (int i = 0; i < VIEWS.length; i++) {
      visit(VIEWS[i]);
      browser.awaitText(SIGNS[i]);
      assertThat(browser.all("h1")).hasSize(1);
      assertThat(browser.all("header nav[aria-label], main, [role=status]")).hasSizeGreaterThan(3);
      assertThat(
              (List<?>)
                  browser.script(
                      """
                      const wrong = [];
                      for (const e of document.querySelectorAll('button, a, summary, input, select')) {
                        const name = e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.[0]?.textContent.trim();
                        if (!name) wrong.push('no name: ' + e.outerHTML);
                      }
                      for (const e of document.querySelectorAll('table')) {
                        if (!e.caption?.textContent) wrong.push('no caption: ' + e.outerHTML.slice(0, 80));
                      }
                      for (const e of document.querySelectorAll('canvas')) {
                        if (!e.closest('[role=img][aria-label]')) wrong.push('no words: ' + e.outerHTML);
                      }
                      for (const e of document.querySelectorAll('[aria-labelledby]')) {
                        if (!document.getElementById(e.getAttribute('aria-labelledby'))) wrong.push('no label: ' + e.outerHTML.slice(0, 80));
                      }
                      const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
                      if (new Set(ids).size !== ids.length) wrong.push('ids twice: ' + ids);
                      return wrong;
                      """))
          .as(VIEWS[i])
          .isEmpty();
    }
  }

  @Test
  void a_model_in_several_formats_is_looked_into_and_filtered() throws Exception {
    Fixture.write(root.resolve("m.safetensors"), SafeTensors.write(Fixture.MODEL, Map.of()));
    Fixture.pytorch(root.resolve("o.pt"));
    visit("");
    browser.click("o.pt");
    browser.awaitText("betas");
    assertThat(browser.text()).contains("exp_avg", "F32 1", "4 B", "(0.9, 0.999)");
    visit("");
    browser.click("m.safetensors");
    browser.awaitText("3 tensors");
    browser.find("#filter").sendKeys("head");
    browser.awaitText("1 tensor");
    assertThat(browser.all("a[data-tensor]")).hasSize(1);
  }

  @Test
  void an_end_of_the_server_is_told() throws Exception {
    visit("#/run?path=digits");
    awaitRows(3);
    served.close();

    browser.awaitText("ckpt serve does not answer");
    awaitRows(3);
    assertThat(browser.problems()).allMatch(problem -> problem.contains("ERR_CONNECTION"));
  }
}
