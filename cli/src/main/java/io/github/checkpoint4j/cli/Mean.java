package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.state.Cast;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The mean of several models, tensor by tensor. Floating-point numbers are added in double
 * precision and rounded once, to their own dtype. Others, a count of batches for instance, are
 * those of the last model.
 *
 * @param tensors the mean, in the order of the last model
 * @param notes what the user should know
 */
record Mean(Map<String, Tensor> tensors, List<String> notes) {
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Elements that are added up at a time, so that they stay in the processor's cache. */
  private static final int PIECE = 1 << 13;

  /**
   * The mean.
   *
   * @param models by where they are from, the newest last; at least one
   * @param spool memory for it
   * @param progress is told of the bytes that are read
   * @throws RefusedException if they have not the same tensors, of the same dtypes and shapes
   */
  static Mean of(Map<Path, Map<String, Tensor>> models, Spool spool, Progress progress)
      throws IOException {
    Map.Entry<Path, Map<String, Tensor>> last = List.copyOf(models.entrySet()).getLast();
    models.forEach((path, model) -> requireSame(path, model, last.getKey(), last.getValue()));
    Map<String, Tensor> means = new LinkedHashMap<>();
    List<String> notes = new ArrayList<>();
    Map<MemorySegment, Tensor> made = new LinkedHashMap<>();
    progress.begin(
        "averaging",
        models.size() * last.getValue().values().stream().mapToLong(Tensor::byteSize).sum());
    for (Map.Entry<String, Tensor> entry : last.getValue().entrySet()) {
      String name = entry.getKey();
      Tensor tensor = entry.getValue();
      List<Tensor> all =
          models.values().stream().map(model -> Objects.requireNonNull(model.get(name))).toList();
      progress.add(models.size() * tensor.byteSize());
      if (!Cast.isFloating(tensor.dtype())) {
        if (!all.stream().allMatch(tensor::hasSameBytes)) {
          notes.add(
              "'%s' is %s and not averaged: it is that of %s"
                  .formatted(name, tensor.dtype(), last.getKey()));
        }
        means.put(name, tensor);
        continue;
      }
      // A tensor under several names stays one.
      Tensor known = made.get(tensor.bytes());
      Tensor mean = known != null ? known : mean(all, spool);
      made.put(tensor.bytes(), mean);
      means.put(name, mean);
    }
    return new Mean(means, notes);
  }

  private static Tensor mean(List<Tensor> tensors, Spool spool) throws IOException {
    Tensor last = tensors.getLast();
    Elements elements = Elements.of(last.dtype()).orElseThrow();
    Cast cast = Cast.between(Dtype.F64, last.dtype());
    int width = last.dtype().bits() / 8;
    long count = last.elementCount();
    MemorySegment target = spool.allocate(last.byteSize());
    MemorySegment piece = MemorySegment.ofArray(new byte[PIECE * Double.BYTES]);
    double[] sums = new double[PIECE];
    for (long start = 0; start < count; start += PIECE) {
      int size = (int) Math.min(PIECE, count - start);
      Arrays.fill(sums, 0);
      for (Tensor tensor : tensors) {
        for (int i = 0; i < size; i++) {
          sums[i] += elements.at(tensor.bytes(), start + i);
        }
      }
      for (int i = 0; i < size; i++) {
        piece.set(DOUBLE, (long) i * Double.BYTES, sums[i] / tensors.size());
      }
      cast.apply(
          piece.asSlice(0, (long) size * Double.BYTES),
          target.asSlice(start * width, (long) size * width));
    }
    return Tensor.of(last.dtype(), last.shape(), target);
  }

  private static void requireSame(
      Path path, Map<String, Tensor> model, Path lastPath, Map<String, Tensor> last) {
    for (Map.Entry<String, Tensor> entry : last.entrySet()) {
      Tensor tensor = model.get(entry.getKey());
      if (tensor == null) {
        throw different(path, "has no tensor '%s'".formatted(entry.getKey()), lastPath);
      }
      Tensor expected = entry.getValue();
      if (tensor.dtype() != expected.dtype() || !Arrays.equals(tensor.shape(), expected.shape())) {
        throw different(
            path, "has '%s' as %s, not %s".formatted(entry.getKey(), tensor, expected), lastPath);
      }
    }
    for (String name : model.keySet()) {
      if (!last.containsKey(name)) {
        throw different(lastPath, "has no tensor '%s'".formatted(name), path);
      }
    }
  }

  private static RefusedException different(Path path, String what, Path other) {
    return new RefusedException(
        "%s %s, unlike %s; average checkpoints of one model".formatted(path, what, other));
  }
}
