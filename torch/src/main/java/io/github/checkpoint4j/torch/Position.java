package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.Json;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Where a run stands beyond what {@code trainer_state.json} says: kept in that file as the state of
 * a callback, where Python's Trainer tolerates it, so that a run that was interrupted logs the same
 * numbers as one that was not.
 *
 * @param globalStep the step this belongs to; at another step it is out of date
 * @param epoch the epoch, from 0
 * @param batch batches of it that are done
 * @param dataSeed the seed of the order of the data
 * @param lossSum the losses since {@code loggedStep}
 * @param lossTotal the losses from {@code firstStep} to {@code loggedStep}
 * @param loggedStep the step at which the loss was last logged
 * @param firstStep the step from which the losses are known
 * @param gradNorm the norm of the last step's gradients
 * @param learningRate the last step's learning rate
 */
record Position(
    long globalStep,
    long epoch,
    long batch,
    long dataSeed,
    double lossSum,
    double lossTotal,
    long loggedStep,
    long firstStep,
    OptionalDouble gradNorm,
    OptionalDouble learningRate) {
  static final String NAME = "Checkpoint4jPosition";

  /** The position of a run that begins, or of one by Python's Trainer that goes on. */
  static Position at(long step, RunLength length, long dataSeed) {
    return new Position(
        step,
        length.epochAfter(step),
        length.batchesAfter(step),
        dataSeed,
        0,
        0,
        step,
        step,
        OptionalDouble.empty(),
        OptionalDouble.empty());
  }

  /** The position kept in {@code state}; empty if there is none, or not of its step. */
  static Optional<Position> in(TrainerState state) {
    return state
        .callback(NAME)
        .flatMap(
            json ->
                json instanceof Json.Obj object && object.find("attributes").isPresent()
                    ? Optional.of(parse(object.object("attributes")))
                    : Optional.empty())
        .filter(position -> position.globalStep == state.globalStep());
  }

  /** The same, but at the beginning of an epoch that it is in the middle of. */
  Position withoutSkip(RunLength length) {
    return batch == length.batchesPerEpoch()
        ? this
        : new Position(
            globalStep,
            epoch,
            0,
            dataSeed,
            lossSum,
            lossTotal,
            loggedStep,
            firstStep,
            gradNorm,
            learningRate);
  }

  void keepIn(TrainerState state) {
    Json.Obj attributes =
        Json.object()
            .put("batch", batch)
            .put("data_seed", dataSeed)
            .put("epoch", epoch)
            .put("first_step", firstStep)
            .put("global_step", globalStep)
            .put("grad_norm", StateFields.orNull(gradNorm))
            .put("learning_rate", StateFields.orNull(learningRate))
            .put("logged_step", loggedStep)
            .put("loss_sum", lossSum)
            .put("loss_total", lossTotal)
            .build();
    state.callback(
        NAME, Json.object(Map.of("args", Json.object().build(), "attributes", attributes)));
  }

  private static Position parse(Json.Obj json) {
    var fields = new StateFields(json);
    return new Position(
        json.integer("global_step"),
        json.integer("epoch"),
        json.integer("batch"),
        json.integer("data_seed"),
        json.real("loss_sum"),
        json.real("loss_total"),
        json.integer("logged_step"),
        json.integer("first_step"),
        fields.real("grad_norm"),
        fields.real("learning_rate"));
  }
}
