package io.github.checkpoint4j.cli;

/**
 * The numbers of a training where the user gives none.
 *
 * @param steps with the built-in data; with other data there are epochs
 * @param batchSize examples in a step
 * @param learningRate after warm-up
 * @param warmupSteps steps of warm-up
 * @param saveSteps between checkpoints
 * @param loggingSteps between logs
 * @param maxLength the most tokens of a text
 * @param maxEvalSamples the most examples of an evaluation
 */
record TrainingDefaults(
    long steps,
    int batchSize,
    double learningRate,
    double warmupSteps,
    double saveSteps,
    double loggingSteps,
    int maxLength,
    int maxEvalSamples) {}
