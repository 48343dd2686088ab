package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Trainings at random for golden/keras/callbacks/drive.py. Their values are all finite. */
final class RandomCases {
  private static final double[] LOSSES = {0.1, 0.2, 0.25, 0.3, 0.30001, 0.4, 0.5, 0.7, 1.1, 3.0};
  private static final String[] TYPES = {
    "", "", "d", "e", "E", "f", "F", "g", "G", "n", "%", "x", "X", "o", "b", "s"
  };

  private RandomCases() {}

  private static Json.Obj of(String kind, Json.Builder args, Json epochs) {
    return Json.object().put("kind", kind).put("args", args.build()).put("epochs", epochs).build();
  }

  private static double loss(Random random) {
    return LOSSES[random.nextInt(LOSSES.length)];
  }

  private static <T> T oneOf(Random random, List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  /** Epochs of one batch or more. */
  private static Json epochs(Random random, boolean alwaysEvaluated) {
    List<Json> epochs = new ArrayList<>();
    for (int i = 1 + random.nextInt(12); i > 0; i--) {
      List<Json> batches = new ArrayList<>();
      for (int j = 1 + random.nextInt(4); j > 0; j--) {
        batches.add(Json.object().put("loss", loss(random)).build());
      }
      Json.Builder logs = Json.object().put("loss", loss(random));
      if (alwaysEvaluated || random.nextInt(5) > 0) {
        logs.put("val_loss", loss(random)).put("val_accuracy", loss(random));
      }
      epochs.add(
          Json.object().put("batches", Json.array(batches)).put("logs", logs.build()).build());
    }
    return Json.array(epochs);
  }

  private static Json.Builder monitored(Random random) {
    Json.Builder args = Json.object().put("verbose", 1);
    boolean accuracy = random.nextInt(3) == 0;
    args.put("monitor", accuracy ? "val_accuracy" : oneOf(random, List.of("val_loss", "loss")));
    return args.put("mode", accuracy ? "max" : oneOf(random, List.of("auto", "min", "max")));
  }

  static Json.Obj checkpoint(Random random) {
    if (random.nextBoolean()) {
      Json.Builder args =
          Json.object()
              .put("verbose", 1)
              .put("monitor", "loss")
              .put("mode", oneOf(random, List.of("auto", "max")))
              .put("filepath", "DIR/{epoch:02d}.{batch:>4}-{loss:.4g}.keras")
              .put("save_freq", 1 + random.nextInt(6))
              .put("save_best_only", random.nextBoolean());
      return of("checkpoint", args, epochs(random, true));
    }
    boolean weightsOnly = random.nextBoolean();
    Json.Builder args =
        monitored(random)
            .put("filepath", "DIR/{epoch}-{val_loss:06.2f}" + (weightsOnly ? ".weights.h5" : ".h5"))
            .put("save_weights_only", weightsOnly)
            .put("save_best_only", random.nextInt(4) > 0);
    if (random.nextInt(3) == 0) {
      args.put("initial_value_threshold", loss(random));
    }
    return of("checkpoint", args, epochs(random, true));
  }

  static Json.Obj earlyStopping(Random random) {
    Json.Builder args =
        monitored(random)
            .put("patience", random.nextInt(4))
            .put("min_delta", oneOf(random, List.of(0.0, 0.0, 0.1, 0.05, -0.2, 1e-9)))
            .put("restore_best_weights", random.nextBoolean())
            .put("start_from_epoch", random.nextInt(3));
    if (random.nextInt(3) == 0) {
      args.put("baseline", loss(random));
    }
    return of("early_stopping", args, epochs(random, false));
  }

  static Json.Obj plateau(Random random) {
    Json.Builder args =
        monitored(random)
            .put("learning_rate", oneOf(random, List.of(0.1, 0.01, 1e-3, 3e-4)))
            .put("factor", oneOf(random, List.of(0.1, 0.2, 0.5, 0.9)))
            .put("patience", random.nextInt(4))
            .put("cooldown", random.nextInt(3))
            .put("min_delta", oneOf(random, List.of(1e-4, 0.0, 0.1, -0.1)))
            .put("min_lr", oneOf(random, List.of(0.0, 1e-4, 0.005)));
    return of("plateau", args, epochs(random, false));
  }

  static Json.Obj csv(Random random) {
    Json.Builder args =
        Json.object()
            .put("separator", oneOf(random, List.of(",", ";", "\t", ".", "1", "-")))
            .put("append", random.nextBoolean());
    if (random.nextBoolean()) {
      args.put("before", oneOf(random, List.of("", "epoch,loss\r\n", "x")));
    }
    return of("csv", args, epochs(random, false));
  }

  /** A field of a random specification, mostly one that Python takes. */
  static Json.Obj template(Random random) {
    StringBuilder spec = new StringBuilder();
    if (random.nextInt(3) == 0) {
      spec.append(random.nextBoolean() ? oneOf(random, List.of("*", "0", "x", " ", "é")) : "");
      spec.append(oneOf(random, List.of("<", ">", "=", "^")));
    }
    spec.append(random.nextInt(3) == 0 ? oneOf(random, List.of("+", "-", " ")) : "");
    spec.append(random.nextInt(9) == 0 ? "z" : "");
    spec.append(random.nextInt(5) == 0 ? "#" : "");
    spec.append(random.nextInt(4) == 0 ? "0" : "");
    spec.append(random.nextBoolean() ? String.valueOf(1 + random.nextInt(24)) : "");
    spec.append(random.nextInt(5) == 0 ? oneOf(random, List.of(",", "_")) : "");
    spec.append(random.nextInt(2) == 0 ? "." + random.nextInt(19) : "");
    spec.append(TYPES[random.nextInt(TYPES.length)]);
    Json value =
        random.nextInt(3) == 0
            ? Json.of(random.nextLong() >> random.nextInt(64))
            : Json.of(number(random));
    return Json.object()
        .put("kind", "template")
        .put(
            "args",
            Json.object()
                .put("template", "a{value:" + spec + "}")
                .put("values", Json.object().put("value", value).build())
                .build())
        .build();
  }

  private static double number(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(2000) / 8.0 - 100;
      case 1 -> random.nextGaussian() * Math.pow(10, random.nextInt(40) - 20);
      case 2 -> random.nextInt(100000) / 1000.0;
      default -> oneOf(random, List.of(0.0, -0.0, Double.NaN, Double.NEGATIVE_INFINITY, 0.5, 2.5));
    };
  }
}
