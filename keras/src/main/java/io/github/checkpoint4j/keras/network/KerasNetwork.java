package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.keras.layers.LayerConfig;
import io.github.checkpoint4j.keras.layers.ModelConfig;
import io.github.checkpoint4j.keras.layers.ModelMapping;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModelOutput;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.TrainableModel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A Keras model that runs and trains in Java: the layers of a {@code Sequential} or {@code
 * Functional} configuration as a libtorch module, whose predictions equal Keras's within float
 * noise.
 *
 * <p>Its weights have PyTorch's names and shapes: the names of the models and of the layer, with
 * dots between, and the parameter's name in the PyTorch layer that is the counterpart. Inputs and
 * outputs are as in Keras: images are [batch, height, width, channels] unless a layer says
 * otherwise.
 *
 * <pre>{@code
 * KerasNetwork network = KerasNetwork.of(Keras.read(bytes, "model.keras"), "model.keras");
 * List<Tensor> outputs = network.predict(List.of(images));
 * }</pre>
 *
 * <p>The {@link io.github.checkpoint4j.torch.Trainer} trains it, with {@link KerasAdam} or {@link
 * KerasSgd} in the steps that Keras makes.
 */
public final class KerasNetwork implements TrainableModel {
  /** The name of a batch's labels, and what it begins with if there are several outputs. */
  private static final String LABELS = "labels";

  private final NestedModel model;
  private final List<Boolean> floatInputs;
  private final Optional<CompiledLoss> loss;
  private final Optional<String> hindrance;

  private KerasNetwork(NestedModel model, List<Boolean> floatInputs, Optional<CompiledLoss> loss) {
    this.model = model;
    this.floatInputs = floatInputs;
    this.loss = loss;
    this.hindrance = model.hindranceToTraining();
  }

  /**
   * A network with weights drawn as the model's initializers say, from libtorch's default
   * generator; in prediction mode.
   *
   * @throws CorruptFileException if an option of a layer is missing, or of another kind
   * @throws UnsupportedFeatureException if a layer, or an option of one, has no counterpart; the
   *     message names them
   */
  public static KerasNetwork of(ModelConfig config)
      throws CorruptFileException, UnsupportedFeatureException {
    return built(config, StateDict.empty());
  }

  private static KerasNetwork built(ModelConfig config, StateDict weights)
      throws CorruptFileException, UnsupportedFeatureException {
    NestedModel model = LayerClasses.build(LayerSpec.root(config, weights), config);
    model.train(false);
    return new KerasNetwork(model, floatInputs(config, model.inputs().size()), Optional.empty());
  }

  /**
   * A network with these weights, in prediction mode.
   *
   * @throws CorruptFileException as {@link #of(ModelConfig)}
   * @throws UnsupportedFeatureException as {@link #of(ModelConfig)}
   * @throws io.github.checkpoint4j.state.StateMismatchException if a weight is missing, is not the
   *     network's, or has another shape or dtype; the message names all of them
   */
  public static KerasNetwork of(ModelConfig config, StateDict weights)
      throws CorruptFileException, UnsupportedFeatureException {
    KerasNetwork network = built(config, weights);
    ModuleState.of(network.module()).loadStateDict(weights);
    return network;
  }

  /**
   * The network of a model's files, with their weights, in prediction mode.
   *
   * @param source the file, for messages
   * @throws CorruptFileException as {@link #of(ModelConfig)}
   * @throws UnsupportedFeatureException as {@link #of(ModelConfig)}, or if the files do not say
   *     which layers there are
   * @throws io.github.checkpoint4j.state.StateMismatchException if the variables are not those of
   *     the layers
   */
  public static KerasNetwork of(KerasModel model, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    // Whether the optimizer's state is known does not matter to the network.
    KerasModel weightsAlone = model.withVariables(model.variables(), Map.of());
    StateDict weights = ModelMapping.of(weightsAlone, source).stateDict();
    return of(ModelConfig.parse(model.config().orElseThrow(), source), weights);
  }

  /**
   * The same network, sharing its weights, that is trained by a loss of its outputs.
   *
   * @param value the loss of each output; their sum is the network's
   */
  public KerasNetwork withLoss(KerasLoss value) {
    return new KerasNetwork(
        model, floatInputs, Optional.of(CompiledLoss.ofEach(value, outputs().size())));
  }

  /**
   * The same network, sharing its weights, that is trained by the loss it was compiled with.
   *
   * @param compileConfig the member {@code compile_config} of a model's configuration
   * @param source the file it is of, for messages
   * @throws UnsupportedFeatureException if it has no loss, or one that is not supported
   */
  public KerasNetwork compiled(Json.Obj compileConfig, String source)
      throws UnsupportedFeatureException {
    return new KerasNetwork(
        model, floatInputs, Optional.of(CompiledLoss.of(compileConfig, outputs(), source)));
  }

  /** The names of the inputs, in order: those of their layers, or the keys of a dict. */
  public List<String> inputs() {
    return model.inputs();
  }

  /** The names of the outputs, in order: those of their layers, or the keys of a dict. */
  public List<String> outputs() {
    return model.outputs();
  }

  @Override
  public Module module() {
    return model;
  }

  /**
   * The outputs, in order, without dropout and with running statistics. The network is in
   * prediction mode afterwards.
   *
   * @param inputs in the order of {@link #inputs}
   * @throws IllegalArgumentException if there are not as many as the network has
   */
  public List<Tensor> predict(List<Tensor> inputs) {
    model.train(false);
    PointerScope outer = PointerScope.getInnerScope();
    List<Tensor> outputs = new ArrayList<>();
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      for (MaskedTensor output : call(inputs)) {
        // A reference of its own: the output may be an input as it came.
        outputs.add(new Tensor(output.tensor()).retainReference());
      }
    }
    if (outer != null) {
      outputs.forEach(
          output -> {
            outer.attach(output);
            output.releaseReference();
          });
    }
    return List.copyOf(outputs);
  }

  /**
   * The first output, and the loss if there are labels.
   *
   * @param batch the inputs, by name; and {@code labels}, or {@code labels.NAME} for each output if
   *     there are several
   * @throws IllegalArgumentException if an input is missing, or the labels of some outputs
   * @throws IllegalStateException if there are labels, and no loss was given, or a layer has an
   *     option that is not supported in training
   */
  @Override
  public ModelOutput forward(Batch batch) {
    List<MaskedTensor> outputs = call(inputs().stream().map(batch::get).toList());
    Tensor first = outputs.getFirst().tensor();
    if (labelNames().stream().noneMatch(batch::contains)) {
      return new ModelOutput(Optional.empty(), first);
    }
    CompiledLoss compiled =
        loss.orElseThrow(
            () ->
                new IllegalStateException(
                    "the batch has labels and the network no loss; give one with withLoss or"
                        + " compiled"));
    if (model.is_training() && hindrance.isPresent()) {
      throw new IllegalStateException(hindrance.get());
    }
    List<Tensor> labels = labelNames().stream().map(batch::get).toList();
    Tensor ofOutputs = compiled.of(outputs, labels);
    Tensor all =
        model.is_training()
            ? model.regularizers().map(Regularizer::penalty).reduce(ofOutputs, Tensor::add)
            : ofOutputs;
    return new ModelOutput(Optional.of(all), first);
  }

  /** Whether each input is of floats, into which whole numbers are converted then. */
  private static List<Boolean> floatInputs(ModelConfig config, int count) {
    List<Boolean> floats =
        config.layers().stream().filter(LayerConfig::isInput).map(KerasNetwork::isFloat).toList();
    // A Sequential may be without the layer of its input: then the tensor is taken as it is.
    return floats.size() == count ? floats : Collections.nCopies(count, false);
  }

  private static boolean isFloat(LayerConfig input) {
    return input
        .options()
        .find("dtype")
        .map(dtype -> dtype.toText().contains("float"))
        .orElse(true);
  }

  private List<String> labelNames() {
    return outputs().size() == 1
        ? List.of(LABELS)
        : outputs().stream().map(output -> LABELS + "." + output).toList();
  }

  private List<MaskedTensor> call(List<Tensor> inputs) {
    if (inputs.size() != floatInputs.size()) {
      throw new IllegalArgumentException(
          "the network has %d inputs, %s, and is given %d tensors"
              .formatted(floatInputs.size(), inputs(), inputs.size()));
    }
    List<Argument> arguments = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      Tensor input = inputs.get(i);
      boolean converted = floatInputs.get(i) && !input.is_floating_point();
      arguments.add(
          new Argument.Single(
              MaskedTensor.of(converted ? input.to(torch.ScalarType.Float) : input)));
    }
    return model.call(new CallArguments(List.of(new Argument.Several(arguments)), Map.of()));
  }
}
