package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;

/** A layer of a network: its weights, and what it makes of its inputs. */
abstract class Layer extends Module {
  private final LayerSpec spec;
  private final List<Regularizer> regularizers = new ArrayList<>();

  Layer(LayerSpec spec) {
    super(spec.name());
    this.spec = spec;
    // The network is not freed with the scope it is made in.
    retainReference();
  }

  /** The layer in the configuration. */
  final LayerSpec spec() {
    return spec;
  }

  /** Applies the layer; in training mode it may draw random numbers and change its buffers. */
  abstract List<MaskedTensor> call(CallArguments arguments);

  /**
   * As {@link #call}.
   *
   * @throws IllegalArgumentException if libtorch cannot apply it to tensors of such shapes; the
   *     message names the layer
   */
  final List<MaskedTensor> apply(CallArguments arguments) {
    try {
      return call(arguments);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          "%sit cannot be applied to tensors of shapes %s: %s"
              .formatted(
                  spec.layer().where(),
                  arguments.tensors().stream()
                      .map(input -> Arrays.toString(input.tensor().shape()))
                      .toList(),
                  String.valueOf(e.getMessage()).lines().findFirst().orElse("")),
          e);
    }
  }

  /** A part with weights of its own, which is not freed with the scope it is made in. */
  final Module part(String name) {
    return register_module(name, new Module(name).retainReference());
  }

  /**
   * Whether its inputs have no mask any more for layers called after it: Keras's attention takes it
   * from them.
   */
  boolean takesMasks() {
    return false;
  }

  /** The module that has the weights. */
  Module module() {
    return this;
  }

  /** The layers within, for a model or a wrapper. */
  Stream<Layer> inner() {
    return Stream.empty();
  }

  /** The penalties of this layer's weights, and of those within. */
  final Stream<Regularizer> regularizers() {
    return Stream.concat(regularizers.stream(), inner().flatMap(Layer::regularizers));
  }

  /**
   * What keeps this layer, or one within it, from being trained as Keras trains it: an option that
   * predictions do not depend on. Empty if nothing does.
   */
  final Optional<String> hindranceToTraining() {
    Optional<String> own =
        spec.config().members().keySet().stream()
            .filter(
                option -> option.endsWith("_constraint") || option.equals("activity_regularizer"))
            .filter(option -> spec.trainable() && spec.isSet(option))
            .map(
                option ->
                    "%sit has %s %s, which is not supported in training; predict with it, or train it without in Keras"
                        .formatted(
                            spec.layer().where(), option, spec.config().get(option).toText()))
            .findFirst();
    return own.or(() -> inner().flatMap(layer -> layer.hindranceToTraining().stream()).findFirst());
  }

  /** A weight of the layer itself. */
  final Tensor weight(Weight weight) throws UnsupportedFeatureException {
    return weight(this, weight);
  }

  /** A weight of a part of the layer. */
  final Tensor weight(Module part, Weight weight) throws UnsupportedFeatureException {
    Tensor tensor = weight.register(part, spec);
    Regularizer.of(spec, weight.role(), tensor).ifPresent(regularizers::add);
    return tensor;
  }

  static TensorOptional optional(Optional<Tensor> tensor) {
    return tensor.map(TensorOptional::new).orElseGet(TensorOptional::new);
  }
}
