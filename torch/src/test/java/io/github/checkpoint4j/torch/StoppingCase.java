package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** A course of evaluations to ask an early-stopping callback about. */
record StoppingCase(int patience, double threshold, boolean greaterIsBetter, List<Double> scores) {
  private static final double[] VALUES = {-0.5, 0, 0.25, 0.3, 0.5, 0.75, 1, 1.25, Double.NaN};

  /** What the callback makes of the scores, one after the other. */
  record Course(Json.Arr states, Json.Arr stops) {}

  static StoppingCase random(RandomGenerator random) {
    List<Double> scores = new ArrayList<>();
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      scores.add(VALUES[random.nextInt(VALUES.length)]);
    }
    return new StoppingCase(
        1 + random.nextInt(4), random.nextInt(3) * 0.25, random.nextBoolean(), scores);
  }

  Course course() {
    TrainingArguments arguments =
        TrainingArguments.builder()
            .outputDir(Path.of("unused"))
            .evalStrategy(IntervalStrategy.STEPS)
            .metricForBestModel("score")
            .greaterIsBetter(greaterIsBetter)
            .build();
    var callback = new EarlyStoppingCallback(patience, threshold);
    var state = new TrainerState();
    List<Json> states = new ArrayList<>();
    List<Json> stops = new ArrayList<>();
    for (double score : scores) {
      var control = new TrainerControl();
      callback.onEvaluate(arguments, state, control, Map.of("eval_score", score));
      state.improve(score, greaterIsBetter, true);
      states.add(StatefulCallback.together(List.of(callback)));
      stops.add(Json.of(control.shouldTrainingStop()));
    }
    return new Course(new Json.Arr(states), new Json.Arr(stops));
  }

  /** The case as early_stopping.py reads it. */
  Json json() {
    return Json.object()
        .put("patience", patience)
        .put("threshold", threshold)
        .put("greater_is_better", greaterIsBetter)
        .put("scores", Json.array(scores.stream().map(Json::of).toList()))
        .put("state", course().states().items().getLast())
        .build();
  }
}
