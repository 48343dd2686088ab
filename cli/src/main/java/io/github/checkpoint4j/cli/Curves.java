package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.CheckpointInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How a run's losses and metrics went: the {@code log_history} in the {@code trainer_state.json} of
 * its newest checkpoint, and the metrics of its checkpoints.
 *
 * @param values by metric, in the order in which they were first logged, and by step; of a step
 *     that was logged twice, the last
 */
record Curves(Map<String, SortedMap<Long, Double>> values) {
  private static final String FILE = "trainer_state.json";

  /** More points than a screen has columns; the rest is left out. */
  static final int MOST_POINTS = 2000;

  private static final int MOST_METRICS = 100;

  /** Those of a run. A history that cannot be read is left out: {@code verify} tells why. */
  static Curves of(Checkpoints checkpoints) {
    Curves curves = new Curves(new LinkedHashMap<>());
    checkpoints.latest().ifPresent(curves::addHistory);
    for (CheckpointInfo info : checkpoints.all()) {
      if (info.usable()) {
        info.metrics().forEach((name, value) -> curves.of(name).putIfAbsent(info.step(), value));
      }
    }
    return curves;
  }

  private void addHistory(CheckpointInfo newest) {
    try (Checkpoint checkpoint = Checkpoint.open(newest.directory())) {
      if (checkpoint.files().contains(FILE)
          && checkpoint.json(FILE).find("log_history").orElse(Json.Null.NULL)
              instanceof Json.Arr history) {
        history.items().forEach(this::addEntry);
      }
    } catch (IOException e) {
      // It was deleted a moment ago, or its history is damaged.
    }
  }

  private void addEntry(Json item) {
    if (item instanceof Json.Obj entry
        && entry.find("step").orElse(Json.Null.NULL) instanceof Json.Num step
        && Double.isFinite(step.asDouble())) {
      entry.members().forEach((name, value) -> add(name, (long) step.asDouble(), value));
    }
  }

  private void add(String name, long step, Json value) {
    if (value instanceof Json.Num number && !name.equals("step") && !name.equals("epoch")) {
      of(name).put(step, number.asDouble());
    }
  }

  private SortedMap<Long, Double> of(String name) {
    return values.computeIfAbsent(name, _ -> new TreeMap<>());
  }

  /** An array of {@code name}, {@code steps}, {@code values}, and the number of {@code points}. */
  Json.Arr json() {
    List<Json> curves = new ArrayList<>();
    values.forEach(
        (name, points) -> {
          if (curves.size() < MOST_METRICS) {
            curves.add(curve(name, points));
          }
        });
    return Json.array(curves);
  }

  private static Json curve(String name, SortedMap<Long, Double> points) {
    List<Json> steps = new ArrayList<>();
    List<Json> values = new ArrayList<>();
    for (Map.Entry<Long, Double> point : thinned(List.copyOf(points.entrySet()))) {
      steps.add(Json.of(point.getKey()));
      values.add(Plain.number(point.getValue()));
    }
    return Json.object()
        .put("name", name)
        .put("steps", Json.array(steps))
        .put("values", Json.array(values))
        .put("points", points.size())
        .build();
  }

  /** At most {@link #MOST_POINTS}: of each interval the least and the greatest value. */
  private static List<Map.Entry<Long, Double>> thinned(List<Map.Entry<Long, Double>> points) {
    if (points.size() <= MOST_POINTS) {
      return points;
    }
    int intervals = MOST_POINTS / 2;
    List<Map.Entry<Long, Double>> thinned = new ArrayList<>();
    for (int i = 0; i < intervals; i++) {
      int begin = (int) ((long) i * points.size() / intervals);
      int end = (int) ((i + 1L) * points.size() / intervals);
      int least = begin;
      int greatest = begin;
      for (int at = begin + 1; at < end; at++) {
        least = points.get(at).getValue() < points.get(least).getValue() ? at : least;
        greatest = points.get(at).getValue() > points.get(greatest).getValue() ? at : greatest;
      }
      thinned.add(points.get(Math.min(least, greatest)));
      if (least != greatest) {
        thinned.add(points.get(Math.max(least, greatest)));
      }
    }
    return thinned;
  }
}
