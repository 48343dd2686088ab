package io.github.checkpoint4j.store;

/** How far a checkpoint can be trusted by what a look at its directory tells. */
public enum Standing {
  /** Its manifest is whole, and every file is there with the size the manifest gives. */
  COMMITTED,
  /**
   * It has no manifest, as those made by Hugging Face's Trainer in Python: nothing vouches for it.
   */
  UNVERIFIED,
  /** Its manifest cannot be read, or a file is missing or has another size. */
  DAMAGED
}
