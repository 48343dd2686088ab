package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The optimizer a model was compiled with.
 *
 * @param kind its class
 * @param name its name, under which a legacy file has its variables
 * @param options the arguments it was made with; none if the model was compiled with its name alone
 */
public record OptimizerConfig(Kind kind, String name, LayerOptions options) {
  /** The classes whose state has a counterpart in PyTorch. */
  public enum Kind {
    ADAM,
    ADAMW,
    SGD;

    private static final Map<String, Kind> BY_NAME =
        Map.of("adam", ADAM, "adamw", ADAMW, "sgd", SGD);
  }

  /**
   * Reads the optimizer of {@code compile_config} of Keras 3, or of {@code training_config} of a
   * legacy file; empty if it has none.
   *
   * @param source the file it is of, for messages
   * @throws CorruptFileException if it is not such a configuration
   * @throws UnsupportedFeatureException if its class is another than {@code Adam}, {@code AdamW}
   *     and {@code SGD}, or it keeps averages of weights or sums of gradients
   */
  public static Optional<OptimizerConfig> parse(Json.Obj compileConfig, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    LayerOptions compile = new LayerOptions(source + ": ", compileConfig);
    Optional<Json> optimizer = compile.find("optimizer").or(() -> compile.find("optimizer_config"));
    if (optimizer.isEmpty()) {
      return Optional.empty();
    }
    if (optimizer.get() instanceof Json.Str(String name)) {
      return Optional.of(parse(name, Json.object().build(), source));
    }
    LayerOptions outer = new LayerOptions(source + ": optimizer: ", optimizer.get());
    return Optional.of(parse(outer.text("class_name"), outer.object("config"), source));
  }

  private static OptimizerConfig parse(String className, Json.Obj config, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    String where = source + ": optimizer " + className + ": ";
    Kind kind = Kind.BY_NAME.get(className.toLowerCase(Locale.ROOT));
    if (kind == null) {
      throw new UnsupportedFeatureException(
          where
              + "only the state of Adam, AdamW and SGD has a counterpart here; the weights can be"
              + " had without the optimizer");
    }
    LayerOptions options = new LayerOptions(where, config);
    for (String kept : new String[] {"use_ema", "gradient_accumulation_steps"}) {
      Json value = options.find(kept).orElse(Json.of(false));
      if (!value.equals(Json.of(false))) {
        throw new UnsupportedFeatureException(
            where
                + kept
                + "="
                + value.toText()
                + " adds state that PyTorch's optimizers do not have; the weights can be had"
                + " without the optimizer");
      }
    }
    String name =
        options.find("name").isPresent()
            ? options.text("name")
            : kind.name().toLowerCase(Locale.ROOT);
    return new OptimizerConfig(kind, name, options);
  }

  /** Whether it divides by the largest squared average so far, and keeps that. */
  public boolean amsgrad() throws CorruptFileException {
    return kind != Kind.SGD && options.bool("amsgrad", false);
  }

  /** SGD's momentum; 0 if it is not said, or of another class. */
  public double momentum() throws CorruptFileException {
    return kind == Kind.SGD && options.find("momentum").isPresent() ? options.real("momentum") : 0;
  }

  /** Whether the learning rate is computed for each step, and is no variable. */
  public boolean isScheduled() {
    return options.find("learning_rate").filter(Json.Obj.class::isInstance).isPresent();
  }
}
