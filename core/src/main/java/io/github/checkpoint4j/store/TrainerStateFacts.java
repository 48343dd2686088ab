package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What the {@code trainer_state.json} of Hugging Face's Trainer tells of a checkpoint without a
 * manifest. What is not there, or of another kind, is left empty.
 *
 * @param step {@code global_step}
 * @param epoch {@code epoch}
 * @param metrics every number but epoch and step in the entries of {@code log_history} of this step
 * @see <a href="https://github.com/huggingface/transformers">transformers/trainer_callback.py,
 *     TrainerState</a>
 */
record TrainerStateFacts(OptionalLong step, OptionalDouble epoch, Map<String, Double> metrics) {
  static final String FILE = "trainer_state.json";

  static final TrainerStateFacts NONE =
      new TrainerStateFacts(OptionalLong.empty(), OptionalDouble.empty(), Map.of());

  /**
   * @throws CorruptFileException if it is not a JSON object
   */
  static TrainerStateFacts parse(MemorySegment bytes, String source) throws CorruptFileException {
    if (!(Json.parsePython(bytes, source) instanceof Json.Obj state)) {
      throw new CorruptFileException(source + " is not a JSON object. Use another checkpoint.");
    }
    OptionalLong step = step(state);
    OptionalDouble epoch = OptionalDouble.empty();
    if (state.find("epoch").orElse(Json.Null.NULL) instanceof Json.Num number
        && number.asDouble() >= 0
        && Double.isFinite(number.asDouble())) {
      epoch = OptionalDouble.of(number.asDouble());
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    if (step.isPresent()
        && state.find("log_history").orElse(Json.Null.NULL) instanceof Json.Arr history) {
      for (Json item : history.items()) {
        if (item instanceof Json.Obj entry && isOf(entry, step.getAsLong())) {
          entry.members().forEach((name, value) -> addMetric(metrics, name, value));
        }
      }
    }
    return new TrainerStateFacts(step, epoch, metrics);
  }

  private static OptionalLong step(Json.Obj state) {
    try {
      long step = state.integer("global_step");
      return step < 0 ? OptionalLong.empty() : OptionalLong.of(step);
    } catch (IllegalArgumentException e) {
      return OptionalLong.empty();
    }
  }

  private static boolean isOf(Json.Obj entry, long step) {
    return entry.find("step").orElse(Json.Null.NULL).equals(Json.of(step));
  }

  private static void addMetric(Map<String, Double> metrics, String name, Json value) {
    if (value instanceof Json.Num number && !name.equals("step") && !name.equals("epoch")) {
      metrics.put(name, number.asDouble());
    }
  }
}
