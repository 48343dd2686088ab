package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.Recomputation;
import io.github.checkpoint4j.torch.TrainableModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pass holds in memory, as the operating system sees it, in a process of its own. */
@EnabledOnOs(OS.LINUX)
final class GradientCheckpointingMemoryTest {
  private static final int ROWS = 16;
  private static final int LENGTH = 40;

  /**
   * What the second of two passes took, in bytes.
   *
   * @param held between forward and backward
   * @param most at any time of the process, beyond what there was before the passes
   */
  private record Taken(long held, long most) {}

  @ParameterizedTest
  @ValueSource(strings = {"bert", "gpt2", "t5"})
  void a_pass_holds_a_fraction_of_the_memory(String model) throws Exception {
    Taken plain = taken(model, false);
    Taken checkpointed = taken(model, true);

    System.out.printf(
        "%s of 12 layers: %,d KB held after the forward pass, %,d KB with gradient checkpointing;"
            + " at most %,d KB, %,d KB%n",
        model,
        plain.held() >> 10,
        checkpointed.held() >> 10,
        plain.most() >> 10,
        checkpointed.most() >> 10);
    assertThat(checkpointed.held()).isPositive().isLessThan(plain.held() / 4);
    assertThat(checkpointed.most()).isPositive().isLessThan(plain.most() / 2);
  }

  private static Taken taken(String model, boolean checkpointing) throws Exception {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=deny",
            "-XX:TieredStopAtLevel=1",
            "-Xmx128m",
            "-Xms128m",
            "-XX:+AlwaysPreTouch",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            GradientCheckpointingMemoryTest.class.getName(),
            model,
            String.valueOf(checkpointing));
    // What is freed goes back to the operating system, but for small pieces.
    builder.environment().put("MALLOC_MMAP_THRESHOLD_", "65536");
    builder.environment().put("MALLOC_TRIM_THRESHOLD_", "65536");
    Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<String> words =
        List.of(
            new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .strip()
                .split(" "));
    assertThat(process.waitFor()).isZero();
    return new Taken(Long.parseLong(words.get(0)), Long.parseLong(words.get(1)));
  }

  /** Prints what a pass took; arguments: the model, and whether layers run again. */
  public static void main(String[] args) throws IOException {
    torch.set_num_threads(1);
    TrainableModel model = model(args[0]);
    ModuleState weights = ModuleState.of(model.module());
    boolean checkpointing = Boolean.parseBoolean(args[1]);
    // The first pass makes the gradients, and whatever libtorch makes once.
    pass(args[0], model, weights, checkpointing);
    long before = memory("VmRSS");
    Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    long held = pass(args[0], model, weights, checkpointing) - before;
    System.out.println(held + " " + (memory("VmHWM") - before));
  }

  /** The physical memory between forward and backward. */
  private static long pass(
      String name, TrainableModel model, ModuleState weights, boolean checkpointing)
      throws IOException {
    try (var _ = new PointerScope();
        Batch batch = batch(name);
        var recomputation = checkpointing ? Recomputation.of(weights) : Recomputation.none()) {
      Tensor loss = model.forward(batch, recomputation).requireLoss();
      long held = memory("VmRSS");
      recomputation.backward(loss);
      return held;
    }
  }

  /** The physical memory of this process in bytes: what it has now, or the most it had. */
  private static long memory(String field) throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith(field))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
          .findFirst()
          .orElseThrow();
    }
  }

  private static TrainableModel model(String name) {
    return switch (name) {
      case "bert" -> new BertForSequenceClassification(TinyBert.config(0.1, 12));
      case "gpt2" -> new Gpt2LMHeadModel(Gpt2Config.of(30, LENGTH, 64, 12, 4));
      case "t5" -> new T5ForConditionalGeneration(T5Config.of(30, 64, 16, 128, 6, 4));
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static Batch batch(String model) {
    long[] ids = new long[ROWS * LENGTH];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = 1L + i % 29;
    }
    Tensor tokens = PaddedTexts.longs(ids, ROWS, LENGTH);
    Tensor labels = model.equals("bert") ? PaddedTexts.longs(new long[ROWS], ROWS) : tokens;
    return Batch.of(Map.of("input_ids", tokens, "labels", labels));
  }
}
