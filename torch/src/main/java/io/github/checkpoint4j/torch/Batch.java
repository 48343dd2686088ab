package io.github.checkpoint4j.torch;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * The tensors a model is given for one step, by the name of the model's argument, for instance
 * {@code input_ids} and {@code labels}. Their first dimension is the examples.
 *
 * <p>The batch keeps references of its own to the tensors, and frees them when it is closed.
 */
public final class Batch implements AutoCloseable {
  private final Map<String, Tensor> tensors;
  private final long size;

  private Batch(Map<String, Tensor> tensors, long size) {
    this.tensors = tensors;
    this.size = size;
  }

  /**
   * A batch of these tensors, in this order.
   *
   * @throws IllegalArgumentException if there is none, one is a scalar, or their first dimensions
   *     differ
   */
  public static Batch of(Map<String, Tensor> tensors) {
    if (tensors.isEmpty()) {
      throw new IllegalArgumentException("a batch without tensors");
    }
    String first = tensors.keySet().iterator().next();
    long size = -1;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      if (entry.getValue().dim() == 0) {
        throw new IllegalArgumentException(
            "batch tensor '" + entry.getKey() + "' is a scalar: it has no dimension of examples");
      }
      long examples = entry.getValue().size(0);
      if (size >= 0 && examples != size) {
        throw new IllegalArgumentException(
            "batch tensor '%s' has %d examples and '%s' has %d"
                .formatted(first, size, entry.getKey(), examples));
      }
      size = examples;
    }
    Map<String, Tensor> kept = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> kept.put(name, NativeTensors.kept(tensor)));
    return new Batch(Collections.unmodifiableMap(kept), size);
  }

  /**
   * The tensor under {@code name}; the batch's, not to be closed.
   *
   * @throws IllegalArgumentException if there is none; the message lists the names there are
   */
  public Tensor get(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "the batch has no '" + name + "'; it has " + String.join(", ", tensors.keySet()));
    }
    return tensor;
  }

  /** The tensor under {@code name}, if there is one; the batch's, not to be closed. */
  public Optional<Tensor> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  public boolean contains(String name) {
    return tensors.containsKey(name);
  }

  /** The names, in order. */
  public Set<String> names() {
    return tensors.keySet();
  }

  /** The number of examples. */
  public long size() {
    return size;
  }

  /** The batch on a device, in place of this one, which is closed. */
  Batch to(Device device) {
    Map<String, Tensor> moved = new LinkedHashMap<>();
    try (this) {
      tensors.forEach(
          (name, tensor) -> {
            try (Tensor there = tensor.to(device, tensor.scalar_type())) {
              moved.put(name, NativeTensors.kept(there));
            }
          });
    }
    return new Batch(Collections.unmodifiableMap(moved), size);
  }

  /** Frees the tensors. */
  @Override
  public void close() {
    tensors.values().forEach(Tensor::close);
  }
}
