package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Keras's {@code MultiHeadAttention}, over the steps of sequences [batch, steps, features].
 *
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/layers/attention/multi_head_attention.py">multi_head_attention.py</a>
 */
final class MultiHeadAttention extends Layer {
  /** What Keras gives to a step that is not looked at, before the softmax. */
  private static final double NOTHING = -0.7 * Float.MAX_VALUE;

  private final Module query = part("query");
  private final Module key = part("key");
  private final Module value = part("value");
  private final Module output = part("output");
  private final Projection queryProjection;
  private final Projection keyProjection;
  private final Projection valueProjection;
  private final Projection outputProjection;
  private final long heads;
  private final double scale;
  private final double dropout;

  MultiHeadAttention(LayerSpec spec) throws UnsupportedFeatureException {
    super(spec);
    spec.requireOff("use_gate", "PyTorch's attention has no gate");
    spec.requireOff("sliding_window", "give a mask of the window instead");
    heads = spec.integer("num_heads");
    long keySize = Math.multiplyExact(heads, spec.integer("key_dim"));
    long valueSize =
        Math.multiplyExact(heads, spec.integer(spec.isSet("value_dim") ? "value_dim" : "key_dim"));
    scale = 1 / Math.sqrt((double) spec.integer("key_dim"));
    dropout = spec.real("dropout", 0);
    boolean biased = spec.flag("use_bias");
    long queryInputs = features(spec, "query");
    long valueInputs = features(spec, "value");
    long keyInputs =
        spec.inputShape("key_shape").isPresent() || spec.inputShape("value_shape").isEmpty()
            ? features(spec, "key")
            : valueInputs;
    queryProjection = Projection.in(this, query, queryInputs, keySize, biased);
    keyProjection = Projection.in(this, key, keyInputs, keySize, biased);
    valueProjection = Projection.in(this, value, valueInputs, valueSize, biased);
    outputProjection = Projection.in(this, output, valueSize, outputs(spec, queryInputs), biased);
  }

  private static long features(LayerSpec spec, String input) throws UnsupportedFeatureException {
    Optional<long[]> shape = spec.inputShape(input + "_shape");
    if (shape.isEmpty()) {
      return spec.weightSize(input + ".weight", 1);
    }
    if (shape.get().length != 3) {
      throw spec.unsupported(
          "it attends in tensors of %d axes; only [batch, steps, features] is supported"
              .formatted(shape.get().length));
    }
    return shape.get()[2];
  }

  private static long outputs(LayerSpec spec, long otherwise) throws UnsupportedFeatureException {
    if (!spec.isSet("output_shape")) {
      return otherwise;
    }
    long[] shape = spec.integers("output_shape");
    if (shape.length != 1) {
      throw spec.unsupported("it has an output_shape of several axes; only one is supported");
    }
    return shape[0];
  }

  @Override
  boolean takesMasks() {
    return true;
  }

  @Override
  List<MaskedTensor> call(CallArguments arguments) {
    MaskedTensor queries = arguments.first();
    MaskedTensor values =
        arguments
            .tensor(1, "value")
            .orElseThrow(
                () -> new IllegalArgumentException(spec().path() + " is called without a value"));
    Optional<MaskedTensor> keys = arguments.tensor(2, "key");
    Tensor q = split(queryProjection.apply(queries.tensor()));
    Tensor k = split(keyProjection.apply(keys.orElse(values).tensor()));
    Tensor v = split(valueProjection.apply(values.tensor()));
    Tensor scores = torch.matmul(q.mul(new Scalar(scale)), k.transpose(-2, -1));
    boolean returnsScores = arguments.flag("return_attention_scores");
    Optional<Tensor> seen = mask(arguments, queries, values, keys, scores);
    Tensor shares = softmax(scores, seen, dropout > 0 || returnsScores);
    Tensor dropped = torch.dropout(shares, dropout, is_training());
    Tensor attended = torch.matmul(dropped, v).transpose(1, 2).flatten(2, 3);
    MaskedTensor result = MaskedTensor.of(outputProjection.apply(attended), queries.mask());
    return returnsScores ? List.of(result, MaskedTensor.of(shares)) : List.of(result);
  }

  /**
   * Shares that add up to 1.
   *
   * @param zeroed whether what is not looked at gets nothing even if there is nothing else; Keras's
   *     fused kernel gives all the same then
   */
  private static Tensor softmax(Tensor scores, Optional<Tensor> seen, boolean zeroed) {
    if (seen.isEmpty()) {
      return torch.softmax(scores, -1);
    }
    Tensor shares = torch.softmax(torch.where(seen.get(), scores, new Scalar(NOTHING)), -1);
    return zeroed ? shares.mul(seen.get().to(shares.scalar_type())) : shares;
  }

  /** Whom each step may look at, [batch or 1, 1, queries, keys]. */
  private static Optional<Tensor> mask(
      CallArguments arguments,
      MaskedTensor queries,
      MaskedTensor values,
      Optional<MaskedTensor> keys,
      Tensor scores) {
    Stream<Tensor> ofQueries = queries.mask().stream().map(mask -> mask.unsqueeze(-1).unsqueeze(1));
    Stream<Tensor> ofValues =
        given(arguments, "value_mask").or(values::mask).stream().map(MultiHeadAttention::ofKeys);
    Stream<Tensor> ofKeys =
        given(arguments, "key_mask").or(() -> keys.flatMap(MaskedTensor::mask)).stream()
            .map(MultiHeadAttention::ofKeys);
    Stream<Tensor> asked =
        given(arguments, "attention_mask").stream()
            .map(mask -> mask.dim() < 4 ? mask.unsqueeze(1) : mask);
    Stream<Tensor> causal =
        arguments.flag("use_causal_mask")
            ? Stream.of(
                torch
                    .ones(scores.size(-2), scores.size(-1))
                    .tril()
                    .to(torch.ScalarType.Bool)
                    .unsqueeze(0)
                    .unsqueeze(0))
            : Stream.empty();
    return Stream.of(ofQueries, ofValues, ofKeys, asked, causal)
        .flatMap(masks -> masks)
        .map(mask -> mask.to(torch.ScalarType.Bool))
        .reduce(torch::logical_and);
  }

  private static Optional<Tensor> given(CallArguments arguments, String name) {
    return arguments.tensor(Integer.MAX_VALUE, name).map(MaskedTensor::tensor);
  }

  private static Tensor ofKeys(Tensor mask) {
    return mask.unsqueeze(1).unsqueeze(1);
  }

  /** [batch, heads, steps, size of a head]. */
  private Tensor split(Tensor projected) {
    return projected.view(projected.size(0), projected.size(1), heads, -1).transpose(1, 2);
  }
}
