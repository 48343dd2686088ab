package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.layers.LayerOptions;
import io.github.checkpoint4j.keras.layers.OptimizerConfig;
import io.github.checkpoint4j.torch.OptimizerFactory;
import java.util.Map;
import java.util.function.DoubleConsumer;
import java.util.function.Function;
import org.bytedeco.pytorch.Module;

/** The optimizer that a model was compiled with: makes it, with its options, of a module. */
public final class CompiledOptimizer implements OptimizerFactory {
  private final Function<Module, KerasOptimizer> factory;

  private CompiledOptimizer(Function<Module, KerasOptimizer> factory) {
    this.factory = factory;
  }

  /**
   * The optimizer of a configuration.
   *
   * @param compileConfig the member {@code compile_config} of a model's configuration
   * @param source the file it is of, for messages
   * @throws CorruptFileException if it is not a configuration that Keras writes
   * @throws UnsupportedFeatureException if there is none, its class is another than {@code Adam},
   *     {@code AdamW} and {@code SGD}, or it has an option that is not supported
   */
  public static CompiledOptimizer of(Json.Obj compileConfig, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    OptimizerConfig optimizer =
        OptimizerConfig.parse(compileConfig, source)
            .orElseThrow(
                () ->
                    new UnsupportedFeatureException(
                        source
                            + ": the model was compiled without an optimizer; give the Trainer one"));
    LayerOptions options = optimizer.options();
    if (options.find("loss_scale_factor").isPresent()) {
      throw new UnsupportedFeatureException(
          options.where() + "loss_scale_factor is not supported; compile the model without it");
    }
    if (optimizer.isScheduled()) {
      throw new UnsupportedFeatureException(
          options.where()
              + "its learning rate is a schedule, which is not supported; give the Trainer an"
              + " optimizer, and its arguments a schedule");
    }
    return switch (optimizer.kind()) {
      case ADAM -> adam(options, 0);
      case ADAMW -> adam(options, 0.004);
      case SGD -> sgd(options);
    };
  }

  private static CompiledOptimizer adam(LayerOptions config, double weightDecay)
      throws CorruptFileException {
    KerasAdam.Builder adam = KerasAdam.builder().weightDecay(weightDecay);
    set(
        config,
        Map.of(
            "learning_rate", adam::learningRate,
            "epsilon", adam::epsilon,
            "weight_decay", adam::weightDecay,
            "clipnorm", adam::clipNorm,
            "global_clipnorm", adam::globalClipNorm,
            "clipvalue", adam::clipValue));
    adam.betas(real(config, "beta_1", 0.9), real(config, "beta_2", 0.999));
    adam.amsgrad(config.bool("amsgrad", false));
    return new CompiledOptimizer(adam::over);
  }

  private static CompiledOptimizer sgd(LayerOptions config) throws CorruptFileException {
    KerasSgd.Builder sgd = KerasSgd.builder();
    set(
        config,
        Map.of(
            "learning_rate", sgd::learningRate,
            "momentum", sgd::momentum,
            "weight_decay", sgd::weightDecay,
            "clipnorm", sgd::clipNorm,
            "global_clipnorm", sgd::globalClipNorm,
            "clipvalue", sgd::clipValue));
    sgd.nesterov(config.bool("nesterov", false));
    return new CompiledOptimizer(sgd::over);
  }

  private static void set(LayerOptions config, Map<String, DoubleConsumer> options)
      throws CorruptFileException {
    for (Map.Entry<String, DoubleConsumer> option : options.entrySet()) {
      if (config.find(option.getKey()).isPresent()) {
        double value = config.real(option.getKey());
        try {
          option.getValue().accept(value);
        } catch (IllegalArgumentException e) {
          throw new CorruptFileException(config.where() + e.getMessage(), e);
        }
      }
    }
  }

  private static double real(LayerOptions config, String name, double otherwise)
      throws CorruptFileException {
    return config.find(name).isPresent() ? config.real(name) : otherwise;
  }

  @Override
  public KerasOptimizer over(Module module) {
    return factory.apply(module);
  }
}
