package io.github.checkpoint4j.torch;

import java.util.List;

/**
 * Makes a batch of examples: pads them to one length, stacks them.
 *
 * @param <T> an example
 */
@FunctionalInterface
public interface Collator<T> {
  /**
   * The batch of these examples, in this order.
   *
   * @param examples one or more
   */
  Batch collate(List<T> examples);
}
