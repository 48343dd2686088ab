package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.store.CheckpointInfo;
import java.time.Duration;

/**
 * A checkpoint that was saved in training.
 *
 * @param time how long that took
 */
public record Saved(CheckpointInfo checkpoint, Duration time) {}
