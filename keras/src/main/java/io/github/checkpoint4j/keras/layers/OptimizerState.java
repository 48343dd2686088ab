package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.state.StateDict;
import java.util.OptionalDouble;

/**
 * The state of an optimizer in PyTorch's terms.
 *
 * @param step how many steps it has made
 * @param learningRate the learning rate; empty if a schedule computes it
 * @param parameters by the name of the parameter a dict of what PyTorch keeps for it: {@code step},
 *     {@code exp_avg}, {@code exp_avg_sq} and, if there, {@code max_exp_avg_sq} of {@code Adam};
 *     {@code momentum_buffer} of {@code SGD} with momentum
 */
public record OptimizerState(long step, OptionalDouble learningRate, StateDict parameters) {}
