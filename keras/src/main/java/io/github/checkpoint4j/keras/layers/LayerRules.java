package io.github.checkpoint4j.keras.layers;

import static java.util.Map.entry;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The rule of each class of layers. */
final class LayerRules {
  private static final Map<String, LayerRule> RULES =
      Map.ofEntries(
          entry("Dense", new DenseRule()),
          entry("EinsumDense", new EinsumDenseRule()),
          entry("Embedding", new EmbeddingRule()),
          entry("PReLU", new PReluRule()),
          entry("Conv1D", new ConvolutionRule(1, false)),
          entry("Conv2D", new ConvolutionRule(2, false)),
          entry("Conv3D", new ConvolutionRule(3, false)),
          entry("Conv1DTranspose", new ConvolutionRule(1, true)),
          entry("Conv2DTranspose", new ConvolutionRule(2, true)),
          entry("Conv3DTranspose", new ConvolutionRule(3, true)),
          entry("DepthwiseConv1D", new DepthwiseConvolutionRule(1)),
          entry("DepthwiseConv2D", new DepthwiseConvolutionRule(2)),
          entry("SeparableConv1D", new SeparableConvolutionRule(1)),
          entry("SeparableConv2D", new SeparableConvolutionRule(2)),
          entry("BatchNormalization", new BatchNormalizationRule()),
          entry("LayerNormalization", new ScaleAndCenterRule()),
          entry("GroupNormalization", new ScaleAndCenterRule()),
          entry("RMSNormalization", new RmsNormalizationRule()),
          entry("Normalization", new FeatureNormalizationRule()),
          entry("LSTM", new RecurrentRule("lstm_cell", 4)),
          entry("SimpleRNN", new RecurrentRule("simple_rnn_cell", 1)),
          entry("GRU", new GruRule()),
          entry("Bidirectional", new BidirectionalRule()),
          entry("TimeDistributed", new TimeDistributedRule()),
          entry("MultiHeadAttention", new MultiHeadAttentionRule()));

  private LayerRules() {}

  /**
   * The variables of a layer, in the order of {@code layer.weights}.
   *
   * @throws CorruptFileException if its configuration lacks what tells them
   * @throws UnsupportedFeatureException if there is no rule for its class, or it is configured in a
   *     way that PyTorch has nothing in place of
   */
  static List<LayerVariable> variables(LayerConfig layer)
      throws CorruptFileException, UnsupportedFeatureException {
    if (layer.isOperation()) {
      return List.of();
    }
    if (layer.isCustom() || layer.className().equals("Lambda")) {
      throw LayerRule.refusal(
          layer,
          "it is code of the model's author, which is not run; replace it by layers of Keras, or"
              + " convert the model's weights in Python");
    }
    if (isQuantized(layer)) {
      throw LayerRule.refusal(
          layer, "its weights are quantized; save the model as it was before quantize()");
    }
    if (layer.model().isPresent()) {
      return ModelVariables.of(layer.model().get());
    }
    if (StatelessLayers.contains(layer.className())) {
      return List.of();
    }
    LayerRule rule = RULES.get(layer.className());
    if (rule == null) {
      throw LayerRule.refusal(
          layer,
          "there is no rule for layers of this class; convert the model's weights in Python");
    }
    return rule.variables(layer);
  }

  /** Whether its dtype policy is one of those that {@code model.quantize} sets. */
  private static boolean isQuantized(LayerConfig layer) {
    Optional<Json> policy =
        layer
            .options()
            .find("dtype")
            .filter(Json.Obj.class::isInstance)
            .flatMap(dtype -> ((Json.Obj) dtype).find("class_name"));
    return policy.filter(name -> name.toText().contains("Quantized")).isPresent();
  }
}
