package io.github.checkpoint4j.torch;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;

/**
 * The batches of a step of the optimizer, made before the first of them is used, as Hugging Face's
 * Trainer does: how many labels they have together is part of the loss of each.
 */
record StepBatches(List<Batch> all) implements AutoCloseable {

  /** The next {@code count} of {@code batches}. */
  static StepBatches next(Iterator<Batch> batches, long count) {
    List<Batch> all = new ArrayList<>();
    try (var _ = new PointerScope()) {
      for (long i = 0; i < count; i++) {
        all.add(batches.next());
      }
      return new StepBatches(List.copyOf(all));
    } catch (RuntimeException e) {
      all.forEach(Batch::close);
      throw e;
    }
  }

  /** Frees them. */
  @Override
  public void close() {
    all.forEach(Batch::close);
  }
}
