package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.store.CheckpointInfo;
import java.time.Duration;

/**
 * A checkpoint that was saved in training.
 *
 * @param time how long training waited for it: until it was durable, or with {@code asyncSave}
 *     until the save before it was and the state was copied
 */
public record Saved(CheckpointInfo checkpoint, Duration time) {}
