package io.github.checkpoint4j.torch;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.IntUnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Makes batches of examples, in the order that Hugging Face's Trainer takes them.
 *
 * <p>Shuffled, epoch {@code e} has the order {@code torch.randperm(n)} of a generator seeded with
 * {@code seed + e}, which is what accelerate's {@code SeedableRandomSampler} draws. The order is a
 * function of the epoch alone, so that a position is an epoch and a batch, and going to it costs
 * nothing. The Trainer has loaders of other orders, too: {@link SamplingStrategy}.
 *
 * <p>At the start of an epoch PyTorch's loader draws one 64-bit number from the default generator
 * (the seed of its workers, of which there may be none). So does this one, when an epoch is begun
 * at its first batch: without it dropout would not be that of the same run in Python. An epoch gone
 * on with at a later batch draws nothing, as the random state saved there has the number behind it.
 *
 * @param <T> an example
 * @see <a
 *     href="https://github.com/huggingface/accelerate/blob/main/src/accelerate/data_loader.py">{@code
 *     SeedableRandomSampler}</a>
 * @see <a href="https://github.com/pytorch/pytorch/blob/main/torch/utils/data/dataloader.py">{@code
 *     _BaseDataLoaderIter._base_seed}</a>
 */
public final class DataLoader<T> {
  private final List<T> examples;
  private final Collator<T> collator;
  private final int batchSize;
  private final ExampleOrder order;
  private final boolean dropLast;

  /**
   * @param examples one or more; read by index, and not copied
   * @param batchSize examples in a batch, 1 or more
   * @param shuffle whether each epoch has an order of its own; else it is that of the list
   * @param seed of the orders
   * @param dropLast whether the last batch of an epoch is left out if it is not full
   * @throws IllegalArgumentException if there are no examples, the batch size is below 1, or no
   *     batch is left
   */
  public DataLoader(
      List<T> examples,
      Collator<T> collator,
      int batchSize,
      boolean shuffle,
      long seed,
      boolean dropLast) {
    this(
        examples,
        collator,
        batchSize,
        shuffle ? ExampleOrder.shuffled(examples.size(), seed) : ExampleOrder.sequential(),
        dropLast);
  }

  /** As the other, in any order. */
  DataLoader(
      List<T> examples, Collator<T> collator, int batchSize, ExampleOrder order, boolean dropLast) {
    if (examples.isEmpty()) {
      throw new IllegalArgumentException("a data loader without examples");
    }
    if (batchSize < 1) {
      throw new IllegalArgumentException("batch size " + batchSize + ": expected 1 or more");
    }
    if (dropLast && examples.size() < batchSize) {
      throw new IllegalArgumentException(
          "%d examples do not fill one batch of %d, and batches that are not full are dropped"
              .formatted(examples.size(), batchSize));
    }
    this.examples = examples;
    this.collator = collator;
    this.batchSize = batchSize;
    this.order = order;
    this.dropLast = dropLast;
  }

  /** The number of examples. */
  public long size() {
    return examples.size();
  }

  public int batchSize() {
    return batchSize;
  }

  /** The batches of an epoch, at least 1. */
  public long batchesPerEpoch() {
    return dropLast ? examples.size() / batchSize : (examples.size() - 1) / batchSize + 1;
  }

  /**
   * The batches of an epoch from one on. Each is made when it is asked for, and is the caller's to
   * close. Examples of earlier batches are not read.
   *
   * @param epoch from 0
   * @param firstBatch from 0; the number of batches if none is left
   * @throws IllegalArgumentException if there is no such epoch or batch
   */
  public Iterator<Batch> epoch(long epoch, long firstBatch) {
    if (epoch < 0) {
      throw new IllegalArgumentException("epoch " + epoch + ": expected 0 or more");
    }
    if (firstBatch < 0 || firstBatch > batchesPerEpoch()) {
      throw new IllegalArgumentException(
          "batch %d of an epoch of %d batches".formatted(firstBatch, batchesPerEpoch()));
    }
    if (firstBatch == 0) {
      try (var defaultGenerator = new GeneratorOptional()) {
        drawWorkerSeed(defaultGenerator);
      }
    }
    return new Batches(firstBatch == 0 ? order.begin(epoch) : order.goOn(epoch), firstBatch);
  }

  /** Draws it from {@code generator}, or the default one. */
  static void drawWorkerSeed(GeneratorOptional generator) {
    try (var _ = new PointerScope()) {
      NativeTensors.empty(ScalarType.Long).random_(generator);
    }
  }

  private final class Batches implements Iterator<Batch> {
    private final IntUnaryOperator order;
    private long next;

    Batches(IntUnaryOperator order, long first) {
      this.order = order;
      this.next = first;
    }

    @Override
    public boolean hasNext() {
      return next < batchesPerEpoch();
    }

    @Override
    public Batch next() {
      if (!hasNext()) {
        throw new NoSuchElementException(
            "the epoch has no more than " + batchesPerEpoch() + " batches");
      }
      int from = Math.toIntExact(next * batchSize);
      int to = Math.min(examples.size() - from, batchSize) + from;
      List<T> chosen = new ArrayList<>(to - from);
      for (int place = from; place < to; place++) {
        chosen.add(examples.get(order.applyAsInt(place)));
      }
      next++;
      return collator.collate(chosen);
    }
  }
}
