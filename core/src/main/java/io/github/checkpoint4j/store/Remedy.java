package io.github.checkpoint4j.store;

/** What recovery does about a hidden directory that a writer left, as FORMAT.md says. */
public enum Remedy {
  /** A save that did not come to its end: it is removed. */
  REMOVE_UNFINISHED_SAVE("an unfinished save; is removed"),
  /** A deletion that did not come to its end: it is finished. */
  FINISH_DELETION("an unfinished deletion; is removed"),
  /** A checkpoint whose replacement did not come: it gets its name back. */
  RESTORE("a checkpoint whose replacement did not come; gets its name back"),
  /** A checkpoint whose replacement is there and not damaged: it is removed. */
  REMOVE_REPLACED("a checkpoint that was replaced; is removed"),
  /** A checkpoint whose replacement is damaged: that is removed, and this gets its name back. */
  RESTORE_OVER_DAMAGED(
      "a checkpoint whose replacement is damaged; gets its name back, and the replacement is"
          + " removed"),
  /** A checkpoint that is damaged, as its replacement is: both are left. */
  LEAVE("a damaged checkpoint whose replacement is damaged, too; both are left as they are");

  private final String words;

  Remedy(String words) {
    this.words = words;
  }

  /** What it is and what becomes of it, in words. */
  public String words() {
    return words;
  }
}
