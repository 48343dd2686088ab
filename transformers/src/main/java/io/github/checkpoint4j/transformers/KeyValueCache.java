package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.NativeTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The keys and values of the tokens that a decoder was given, so that next only the new ones have
 * to go through it. Made empty, and filled by the model that it is given to, one and the same; not
 * for several threads. What it holds is in no scope: it is freed by {@link #close}.
 *
 * <p>A call that fails may leave it with the new tokens in some of the layers: then it is of no
 * more use.
 */
public final class KeyValueCache implements AutoCloseable {
  /**
   * What a layer holds.
   *
   * @param keys [batch, heads, length, size]
   * @param values as {@code keys}
   */
  record Layer(Tensor keys, Tensor values) {
    private Layer kept() {
      return new Layer(NativeTensors.kept(keys), NativeTensors.kept(values));
    }

    private void free() {
      keys.close();
      values.close();
    }
  }

  private final List<Layer> layers = new ArrayList<>();

  /** An empty one. */
  public KeyValueCache() {}

  /** The number of tokens it holds, padding counted. */
  public long length() {
    return layers.isEmpty() ? 0 : layers.getFirst().keys().size(2);
  }

  /**
   * Makes row i what row {@code rows[i]} was, as beams need that go on from one another. There may
   * be more rows than before, or fewer.
   *
   * @param rows int64, [rows]
   */
  public void reorder(Tensor rows) {
    for (int i = 0; i < layers.size(); i++) {
      Layer before = layers.get(i);
      try (Tensor keys = before.keys().index_select(0, rows);
          Tensor values = before.values().index_select(0, rows)) {
        replace(i, new Layer(keys, values));
      }
    }
  }

  /** Frees what it holds; it is empty then. */
  @Override
  public void close() {
    layers.forEach(Layer::free);
    layers.clear();
  }

  /** What a layer holds; empty if nothing yet. */
  Optional<Layer> find(int layer) {
    return layer < layers.size() ? Optional.of(layers.get(layer)) : Optional.empty();
  }

  /**
   * Adds the keys and values of new tokens to a layer, and gives all it holds then. The layers are
   * filled in order.
   */
  Layer append(int layer, Tensor keys, Tensor values) {
    Optional<Layer> before = find(layer);
    if (before.isEmpty()) {
      Layer first = new Layer(keys, values).kept();
      layers.add(first);
      return first;
    }
    try (Tensor allKeys = joined(before.get().keys(), keys);
        Tensor allValues = joined(before.get().values(), values)) {
      return replace(layer, new Layer(allKeys, allValues));
    }
  }

  private Layer replace(int layer, Layer with) {
    Layer kept = with.kept();
    layers.set(layer, kept).free();
    return kept;
  }

  private static Tensor joined(Tensor before, Tensor added) {
    try (var both = new TensorVector(before, added)) {
      return torch.cat(both, -2);
    }
  }
}
