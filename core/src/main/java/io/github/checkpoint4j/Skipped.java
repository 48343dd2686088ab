package io.github.checkpoint4j;

import io.github.checkpoint4j.store.CheckpointInfo;

/**
 * A checkpoint that was not resumed from, though it is newer than the one that was.
 *
 * @param checkpoint which
 * @param reason what is wrong with it
 */
public record Skipped(CheckpointInfo checkpoint, String reason) {}
