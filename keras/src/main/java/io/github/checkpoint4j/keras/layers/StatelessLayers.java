package io.github.checkpoint4j.keras.layers;

import java.util.Set;

/** Keras's layers that have no variables, whatever their options. */
final class StatelessLayers {
  private static final Set<String> NAMES =
      Set.of(
          "InputLayer",
          "Identity",
          "Masking",
          // activations
          "Activation",
          "ELU",
          "LeakyReLU",
          "ReLU",
          "Softmax",
          "ThresholdedReLU",
          // regularization: what random numbers they draw is of training alone
          "ActivityRegularization",
          "AlphaDropout",
          "Dropout",
          "GaussianDropout",
          "GaussianNoise",
          "SpatialDropout1D",
          "SpatialDropout2D",
          "SpatialDropout3D",
          "UnitNormalization",
          // shape
          "Cropping1D",
          "Cropping2D",
          "Cropping3D",
          "Flatten",
          "Permute",
          "RepeatVector",
          "Reshape",
          "UpSampling1D",
          "UpSampling2D",
          "UpSampling3D",
          "ZeroPadding1D",
          "ZeroPadding2D",
          "ZeroPadding3D",
          // merging
          "Add",
          "Average",
          "Concatenate",
          "Dot",
          "Maximum",
          "Minimum",
          "Multiply",
          "Subtract",
          // pooling
          "AdaptiveAveragePooling1D",
          "AdaptiveAveragePooling2D",
          "AdaptiveAveragePooling3D",
          "AdaptiveMaxPooling1D",
          "AdaptiveMaxPooling2D",
          "AdaptiveMaxPooling3D",
          "AveragePooling1D",
          "AveragePooling2D",
          "AveragePooling3D",
          "GlobalAveragePooling1D",
          "GlobalAveragePooling2D",
          "GlobalAveragePooling3D",
          "GlobalMaxPooling1D",
          "GlobalMaxPooling2D",
          "GlobalMaxPooling3D",
          "MaxPooling1D",
          "MaxPooling2D",
          "MaxPooling3D",
          // images
          "CenterCrop",
          "RandomBrightness",
          "RandomContrast",
          "RandomCrop",
          "RandomFlip",
          "RandomHeight",
          "RandomRotation",
          "RandomTranslation",
          "RandomWidth",
          "RandomZoom",
          "Rescaling",
          "Resizing",
          // tf.keras's functions of tensors in a functional model
          "SlicingOpLambda",
          "TFOpLambda");

  private StatelessLayers() {}

  static boolean contains(String className) {
    return NAMES.contains(className);
  }
}
