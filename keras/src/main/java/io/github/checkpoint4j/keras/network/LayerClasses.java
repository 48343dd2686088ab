package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.layers.FunctionalConfig;
import io.github.checkpoint4j.keras.layers.LayerConfig;
import io.github.checkpoint4j.keras.layers.ModelConfig;
import io.github.checkpoint4j.keras.layers.SequentialConfig;
import io.github.checkpoint4j.keras.network.Normalization.Kind;
import io.github.checkpoint4j.keras.network.TensorLayer.Masks;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Keras's classes of layers, by name. */
final class LayerClasses {
  private LayerClasses() {}

  /**
   * The layer of a configuration, with first values as its initializers draw them.
   *
   * @throws CorruptFileException if an option is missing or of another kind
   * @throws UnsupportedFeatureException if there is no counterpart here of the class or an option
   */
  static Layer build(LayerSpec spec) throws CorruptFileException, UnsupportedFeatureException {
    try {
      if (spec.layer().model().isPresent()) {
        return build(spec, spec.layer().model().get());
      }
      requireKeras(spec.layer(), spec);
      if (spec.layer().isOperation()) {
        return new Operation(spec);
      }
      requireFloat32(spec);
      return ofClass(spec);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new CorruptFileException(spec.layer().where() + e.getMessage(), e);
    }
  }

  static NestedModel build(LayerSpec spec, ModelConfig model)
      throws CorruptFileException, UnsupportedFeatureException {
    return switch (model) {
      case SequentialConfig sequential -> new SequentialModel(spec, sequential);
      case FunctionalConfig functional -> new FunctionalModel(spec, functional);
    };
  }

  private static void requireKeras(LayerConfig layer, LayerSpec spec)
      throws UnsupportedFeatureException {
    if (layer.isCustom()) {
      throw spec.unsupported(
          "its class is not Keras's, and code of a file is not run; replace it by layers of Keras");
    }
  }

  private static void requireFloat32(LayerSpec spec) throws UnsupportedFeatureException {
    Json dtype = spec.config().find("dtype").orElse(Json.Null.NULL);
    String name =
        switch (dtype) {
          case Json.Null _ -> "float32";
          case Json.Str(String text) -> text;
          case Json.Obj policy
              when policy.find("config").orElse(policy) instanceof Json.Obj config ->
              config.find("name").isPresent() ? config.text("name") : dtype.toText();
          default -> dtype.toText();
        };
    if (!name.equals("float32")) {
      throw spec.unsupported(
          "it has dtype %s; only float32 is supported: convert the model in Keras".formatted(name));
    }
  }

  private static Layer ofClass(LayerSpec spec)
      throws CorruptFileException, UnsupportedFeatureException {
    return switch (spec.className()) {
      case "Dense" -> Dense.of(spec);
      case "EinsumDense" -> Dense.einsum(spec);
      case "Embedding" -> new Embedding(spec);
      case "Masking" -> new Masking(spec);
      case "Conv1D", "Convolution1D" -> Convolution.of(spec, 1);
      case "Conv2D", "Convolution2D" -> Convolution.of(spec, 2);
      case "Conv3D", "Convolution3D" -> Convolution.of(spec, 3);
      case "DepthwiseConv1D" -> Convolution.depthwise(spec, 1);
      case "DepthwiseConv2D" -> Convolution.depthwise(spec, 2);
      case "SeparableConv1D" -> new SeparableConvolution(spec, 1);
      case "SeparableConv2D" -> new SeparableConvolution(spec, 2);
      case "Conv1DTranspose" -> new TransposedConvolution(spec, 1);
      case "Conv2DTranspose" -> new TransposedConvolution(spec, 2);
      case "Conv3DTranspose" -> new TransposedConvolution(spec, 3);
      case "MaxPooling1D" -> Pooling.max(spec, 1);
      case "MaxPooling2D" -> Pooling.max(spec, 2);
      case "MaxPooling3D" -> Pooling.max(spec, 3);
      case "AveragePooling1D" -> Pooling.average(spec, 1);
      case "AveragePooling2D" -> Pooling.average(spec, 2);
      case "AveragePooling3D" -> Pooling.average(spec, 3);
      case "GlobalMaxPooling1D" -> new Pooling.Global(spec, 1, true);
      case "GlobalMaxPooling2D" -> new Pooling.Global(spec, 2, true);
      case "GlobalMaxPooling3D" -> new Pooling.Global(spec, 3, true);
      case "GlobalAveragePooling1D" -> new Pooling.Global(spec, 1, false);
      case "GlobalAveragePooling2D" -> new Pooling.Global(spec, 2, false);
      case "GlobalAveragePooling3D" -> new Pooling.Global(spec, 3, false);
      case "BatchNormalization" -> new BatchNormalization(spec);
      case "LayerNormalization" -> new Normalization(spec, Kind.LAYER);
      case "GroupNormalization" -> new Normalization(spec, Kind.GROUP);
      case "RMSNormalization" -> new Normalization(spec, Kind.RMS);
      case "LSTM" -> new Recurrent(spec, RecurrentCell.Kind.LSTM);
      case "GRU" -> new Recurrent(spec, RecurrentCell.Kind.GRU);
      case "SimpleRNN" -> new Recurrent(spec, RecurrentCell.Kind.SIMPLE);
      case "Bidirectional" -> new Bidirectional(spec);
      case "TimeDistributed" -> new TimeDistributed(spec);
      case "MultiHeadAttention" -> new MultiHeadAttention(spec);
      case "Dropout" -> Dropout.of(spec);
      case "SpatialDropout1D" -> Dropout.spatial(spec, 1);
      case "SpatialDropout2D" -> Dropout.spatial(spec, 2);
      case "SpatialDropout3D" -> Dropout.spatial(spec, 3);
      case "GaussianDropout" -> Dropout.gaussian(spec);
      case "GaussianNoise" -> Dropout.noise(spec);
      case "AlphaDropout" -> Dropout.alpha(spec);
      case "PReLU" -> new PRelu(spec);
      case "Activation" -> new FunctionLayer(spec, Activation.of(spec, "activation"));
      case "Add" -> Merging.elementwise(spec, Tensor::add);
      case "Subtract" -> Merging.elementwise(spec, Tensor::sub);
      case "Multiply" -> Merging.elementwise(spec, Tensor::mul);
      case "Maximum" -> Merging.elementwise(spec, torch::maximum);
      case "Minimum" -> Merging.elementwise(spec, torch::minimum);
      case "Average" -> Merging.average(spec);
      case "Concatenate" -> Merging.concatenation(spec);
      case "Dot" -> Merging.dot(spec);
      default -> functionLayer(spec);
    };
  }

  private static Layer functionLayer(LayerSpec spec) throws UnsupportedFeatureException {
    return switch (spec.className()) {
      case "Identity" -> new FunctionLayer(spec, Masks.PASSED, x -> x);
      case "ReLU" -> new FunctionLayer(spec, Masks.PASSED, Rectifiers.relu(spec));
      case "LeakyReLU" -> new FunctionLayer(spec, Masks.PASSED, Rectifiers.leakyRelu(spec));
      case "ELU" -> new FunctionLayer(spec, Masks.PASSED, Rectifiers.elu(spec));
      case "Softmax" -> new Softmax(spec);
      case "UnitNormalization" -> {
        long[] axes = spec.integers("axis");
        yield new FunctionLayer(spec, Masks.PASSED, x -> Merging.unit(x, axes));
      }
      case "Rescaling" -> new FunctionLayer(spec, Masks.PASSED, Scaling.rescaling(spec));
      case "Normalization" -> new FeatureNormalization(spec);
      case "Flatten" -> new FunctionLayer(spec, Masks.DROPPED, Reshaping.flatten(spec));
      case "Reshape" -> new FunctionLayer(spec, Masks.DROPPED, Reshaping.reshape(spec));
      case "Permute" -> new FunctionLayer(spec, Masks.DROPPED, Reshaping.permute(spec));
      case "RepeatVector" -> new FunctionLayer(spec, Masks.DROPPED, Reshaping.repeat(spec));
      case "ZeroPadding1D" ->
          new FunctionLayer(spec, Masks.DROPPED, Reshaping.zeroPadding(spec, 1));
      case "ZeroPadding2D" ->
          new FunctionLayer(spec, Masks.DROPPED, Reshaping.zeroPadding(spec, 2));
      case "ZeroPadding3D" ->
          new FunctionLayer(spec, Masks.DROPPED, Reshaping.zeroPadding(spec, 3));
      case "Cropping1D" -> new FunctionLayer(spec, Masks.DROPPED, Reshaping.cropping(spec, 1));
      case "Cropping2D" -> new FunctionLayer(spec, Masks.DROPPED, Reshaping.cropping(spec, 2));
      case "Cropping3D" -> new FunctionLayer(spec, Masks.DROPPED, Reshaping.cropping(spec, 3));
      case "UpSampling1D" -> new FunctionLayer(spec, Masks.DROPPED, Reshaping.upSampling(spec, 1));
      case "UpSampling2D" -> new FunctionLayer(spec, Masks.DROPPED, Reshaping.upSampling(spec, 2));
      case "UpSampling3D" -> new FunctionLayer(spec, Masks.DROPPED, Reshaping.upSampling(spec, 3));
      case "Lambda" ->
          throw spec.unsupported(
              "it is code of the file, which is not run; put a layer of Keras in its place");
      default ->
          throw spec.unsupported(
              "this class of layer is not supported; put others in its place, or leave it out");
    };
  }
}
