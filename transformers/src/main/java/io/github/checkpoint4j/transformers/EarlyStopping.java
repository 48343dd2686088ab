package io.github.checkpoint4j.transformers;

/** When beam search ends: {@code early_stopping} of transformers. */
public enum EarlyStopping {
  /** When no running beam is likely to become better than the complete ones; the default. */
  HEURISTIC,
  /** When there are as many complete beams as beams: {@code True}. */
  AT_ONCE,
  /** When no running beam can become better than the complete ones: {@code "never"}. */
  NEVER
}
