package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import java.util.LinkedHashMap;
import java.util.ListResourceBundle;
import java.util.Map;

/** What the help of a training says that differs from task to task: its data and its defaults. */
final class DefaultTexts extends ListResourceBundle {
  private final Map<String, String> texts = new LinkedHashMap<>();

  /**
   * @param own what only the help of this task says
   */
  DefaultTexts(TaskKind kind, Map<String, String> own) {
    TrainingDefaults numbers = kind.defaults();
    texts.put("verb", kind.verb());
    texts.put("data", kind.builtIn());
    texts.put("steps", Long.toString(numbers.steps()));
    texts.put("batch-size", text(numbers.batchSize()));
    texts.put("learning-rate", text(numbers.learningRate()));
    texts.put("warmup-steps", text(numbers.warmupSteps()));
    texts.put("save-steps", text(numbers.saveSteps()));
    texts.put("logging-steps", text(numbers.loggingSteps()));
    texts.put("max-length", text(numbers.maxLength()));
    texts.put(
        "max-eval-samples",
        numbers.maxEvalSamples() == TaskData.ALL ? "all" : text(numbers.maxEvalSamples()));
    texts.put("metrics", String.join(", ", kind.metrics()));
    texts.put("metric", kind.metrics().getFirst());
    texts.putAll(own);
  }

  @Override
  protected Object[][] getContents() {
    return texts.entrySet().stream()
        .map(text -> new Object[] {"task." + text.getKey(), text.getValue()})
        .toArray(Object[][]::new);
  }

  private static String text(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Json.of(value).toText();
  }
}
