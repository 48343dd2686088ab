package io.github.checkpoint4j.store;

import java.util.Optional;

/**
 * What recovery does about one hidden directory.
 *
 * @param name the directory
 * @param trash the name that what it makes superfluous gets before it is removed
 */
record Repair(CheckpointName name, Remedy remedy, Optional<CheckpointName> trash) {
  static Repair of(CheckpointName name, Remedy remedy) {
    return new Repair(name, remedy, Optional.empty());
  }

  /** Whether {@code name} gets the name of a checkpoint. */
  boolean restores() {
    return remedy == Remedy.RESTORE || remedy == Remedy.RESTORE_OVER_DAMAGED;
  }
}
