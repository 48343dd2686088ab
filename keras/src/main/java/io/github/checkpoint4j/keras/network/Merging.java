package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BinaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Layers that make one tensor of several: element by element, one behind the other, or a dot. */
final class Merging extends Layer {
  private final Merge merge;
  private final MaskMerge maskMerge;

  /** Makes one tensor of several. */
  @FunctionalInterface
  private interface Merge {
    Tensor of(List<Tensor> tensors);
  }

  /** Makes one mask of those of the inputs. */
  @FunctionalInterface
  private interface MaskMerge {
    Optional<Tensor> of(List<MaskedTensor> inputs);
  }

  private Merging(LayerSpec spec, Merge merge, MaskMerge maskMerge) {
    super(spec);
    this.merge = merge;
    this.maskMerge = maskMerge;
  }

  /** One element after the other; a tensor of fewer axes has the same for all of the others'. */
  static Merging elementwise(LayerSpec spec, BinaryOperator<Tensor> operator) {
    return new Merging(
        spec, tensors -> sameRank(tensors).stream().reduce(operator).orElseThrow(), Merging::any);
  }

  static Merging average(LayerSpec spec) {
    return new Merging(
        spec,
        tensors ->
            sameRank(tensors).stream()
                .reduce(Tensor::add)
                .orElseThrow()
                .div(new Scalar((double) tensors.size())),
        Merging::any);
  }

  static Merging concatenation(LayerSpec spec) {
    long axis = spec.integer("axis");
    return new Merging(
        spec,
        tensors -> torch.cat(new TensorVector(tensors.toArray(Tensor[]::new)), axis),
        inputs -> concatenated(inputs, axis));
  }

  static Merging dot(LayerSpec spec) throws UnsupportedFeatureException {
    long[] axes = spec.integers("axes", 2);
    boolean normalized = spec.flag("normalize");
    return new Merging(
        spec,
        tensors -> dot(tensors.get(0), tensors.get(1), axes, normalized),
        _ -> Optional.empty());
  }

  @Override
  List<MaskedTensor> call(CallArguments arguments) {
    List<MaskedTensor> inputs = arguments.tensors();
    Tensor merged = merge.of(inputs.stream().map(MaskedTensor::tensor).toList());
    return List.of(MaskedTensor.of(merged, maskMerge.of(inputs)));
  }

  private static List<Tensor> sameRank(List<Tensor> tensors) {
    long rank = tensors.stream().mapToLong(Tensor::dim).max().orElseThrow();
    List<Tensor> alike = new ArrayList<>();
    for (Tensor tensor : tensors) {
      Tensor expanded = tensor;
      while (expanded.dim() < rank) {
        expanded = expanded.unsqueeze(1);
      }
      alike.add(expanded);
    }
    return alike;
  }

  /** A step counts if it does for one of the inputs; all do if one has no mask. */
  private static Optional<Tensor> any(List<MaskedTensor> inputs) {
    return inputs.stream().anyMatch(input -> input.mask().isEmpty())
        ? Optional.empty()
        : inputs.stream().flatMap(input -> input.mask().stream()).reduce(torch::logical_or);
  }

  /** Keras's {@code Concatenate.compute_mask}: an input without a mask counts as a whole. */
  private static Optional<Tensor> concatenated(List<MaskedTensor> inputs, long axis) {
    if (inputs.stream().allMatch(input -> input.mask().isEmpty())) {
      return Optional.empty();
    }
    var masks = new TensorVector();
    for (MaskedTensor input : inputs) {
      Tensor x = input.tensor();
      Tensor mask =
          input
              .mask()
              .map(given -> given.dim() < x.dim() ? given.unsqueeze(-1) : given)
              .orElseGet(() -> torch.ones_like(x).to(torch.ScalarType.Bool));
      masks.push_back(mask.expand_as(x));
    }
    return Optional.of(torch.cat(masks, axis).any(-1));
  }

  /** The product along an axis of each, example by example, as Keras's {@code batch_dot}. */
  private static Tensor dot(Tensor x, Tensor y, long[] axes, boolean normalized) {
    long[] xAxis = {LayerSpec.axisOf(axes[0], Math.toIntExact(x.dim()))};
    long[] yAxis = {LayerSpec.axisOf(axes[1], Math.toIntExact(y.dim()))};
    Tensor left = (normalized ? unit(x, xAxis) : x).movedim(xAxis, -1);
    Tensor right = (normalized ? unit(y, yAxis) : y).movedim(yAxis, 1);
    Tensor rows = left.reshape(x.size(0), -1, left.size(-1));
    Tensor columns = right.reshape(y.size(0), right.size(1), -1);
    List<Long> shape = new ArrayList<>(List.of(x.size(0)));
    for (long i = 1; i < left.dim() - 1; i++) {
      shape.add(left.size(i));
    }
    for (long i = 2; i < right.dim(); i++) {
      shape.add(right.size(i));
    }
    if (shape.size() == 1) {
      shape.add(1L);
    }
    return torch.matmul(rows, columns).reshape(shape.stream().mapToLong(Long::longValue).toArray());
  }

  /** Divided by its norm along axes. */
  static Tensor unit(Tensor x, long... axes) {
    return x.mul(
        torch
            .clamp(
                x.square().sum(axes, true, new org.bytedeco.pytorch.ScalarTypeOptional()),
                new org.bytedeco.pytorch.ScalarOptional(new Scalar(1e-24)))
            .rsqrt());
  }
}
