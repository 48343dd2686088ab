package io.github.checkpoint4j.torch;

/**
 * When to log, evaluate, save and stop: what Hugging Face's {@code DefaultFlowCallback} decides.
 */
final class DefaultFlow implements TrainerCallback {
  @Override
  public void onStepEnd(TrainingArguments arguments, TrainerState state, TrainerControl control) {
    long step = state.globalStep();
    boolean evaluating =
        arguments.evalStrategy() == IntervalStrategy.STEPS && arguments.evalDelay() <= step;
    boolean last = step >= state.maxSteps();
    if ((step == 1 && arguments.loggingFirstStep())
        || (arguments.loggingStrategy() == IntervalStrategy.STEPS
            && step % state.loggingSteps() == 0)) {
      control.shouldLog(true);
    }
    if (evaluating && (last || step % state.evalSteps() == 0)) {
      control.shouldEvaluate(true);
    }
    if (arguments.saveStrategy() == CheckpointStrategy.STEPS
        && (last || (state.saveSteps() > 0 && step % state.saveSteps() == 0))) {
      control.shouldSave(true);
    }
    if (last) {
      control.shouldTrainingStop(true);
    }
  }

  @Override
  public void onEpochEnd(TrainingArguments arguments, TrainerState state, TrainerControl control) {
    if (arguments.loggingStrategy() == IntervalStrategy.EPOCH) {
      control.shouldLog(true);
    }
    if (arguments.evalStrategy() == IntervalStrategy.EPOCH
        && arguments.evalDelay() <= state.epoch()) {
      control.shouldEvaluate(true);
    }
    if (arguments.saveStrategy() == CheckpointStrategy.EPOCH) {
      control.shouldSave(true);
    }
  }
}
