package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.torch.OptimizerFactory;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
   * @throws UnsupportedFeatureException if there is none, its class is another than {@code Adam},
   *     {@code AdamW} and {@code SGD}, or it has an option that is not supported
   */
  public static CompiledOptimizer of(Json.Obj compileConfig, String source)
      throws UnsupportedFeatureException {
    Json optimizer = compileConfig.find("optimizer").orElse(Json.Null.NULL);
    return switch (optimizer) {
      case Json.Str(String name) -> of(name, Json.object().build(), source);
      case Json.Obj object
          when object.find("class_name").orElse(object) instanceof Json.Str(String name)
              && object.find("config").orElse(Json.Null.NULL) instanceof Json.Obj config ->
          of(name, config, source);
      default ->
          throw new UnsupportedFeatureException(
              source + ": the model was compiled without an optimizer; give the Trainer one");
    };
  }

  private static CompiledOptimizer of(String className, Json.Obj config, String source)
      throws UnsupportedFeatureException {
    String where = source + ": optimizer " + className + ": ";
    for (String option : List.of("use_ema", "gradient_accumulation_steps", "loss_scale_factor")) {
      Json value = config.find(option).orElse(Json.Null.NULL);
      if (!(value == Json.Null.NULL || value.equals(Json.of(false)))) {
        throw new UnsupportedFeatureException(
            "%s%s is %s, which is not supported; compile the model without it"
                .formatted(where, option, value.toText()));
      }
    }
    if (config.find("learning_rate").orElse(Json.Null.NULL) instanceof Json.Obj schedule) {
      throw new UnsupportedFeatureException(
          "%sits learning rate is the schedule %s, which is not supported; give the Trainer an"
                  .formatted(where, schedule.find("class_name").orElse(Json.Null.NULL).toText())
              + " optimizer and a schedule of its own");
    }
    return switch (className.toLowerCase(Locale.ROOT)) {
      case "adam" -> adam(config, 0);
      case "adamw" -> adam(config, 0.004);
      case "sgd" -> sgd(config);
      default ->
          throw new UnsupportedFeatureException(
              where
                  + "it is not supported; there are Adam, AdamW and SGD, or give the Trainer one");
    };
  }

  private static CompiledOptimizer adam(Json.Obj config, double weightDecay) {
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
    adam.betas(number(config, "beta_1").orElse(0.9), number(config, "beta_2").orElse(0.999));
    adam.amsgrad(isOn(config, "amsgrad"));
    return new CompiledOptimizer(adam::over);
  }

  private static CompiledOptimizer sgd(Json.Obj config) {
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
    sgd.nesterov(isOn(config, "nesterov"));
    return new CompiledOptimizer(sgd::over);
  }

  private static void set(Json.Obj config, Map<String, DoubleConsumer> options) {
    options.forEach((name, option) -> number(config, name).ifPresent(option::accept));
  }

  private static Optional<Double> number(Json.Obj config, String name) {
    return config.find(name).orElse(Json.Null.NULL) instanceof Json.Num number
        ? Optional.of(number.asDouble())
        : Optional.empty();
  }

  private static boolean isOn(Json.Obj config, String name) {
    return config.find(name).orElse(Json.Null.NULL) instanceof Json.Bool(boolean on) && on;
  }

  @Override
  public KerasOptimizer over(Module module) {
    return factory.apply(module);
  }
}
