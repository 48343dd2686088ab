package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.TrainingParts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the callbacks here do in the cases that golden/keras/callbacks/drive.py puts to Keras's. */
final class Outcomes {
  private final Path folder;
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);

  Outcomes(Path folder) {
    this.folder = folder;
  }

  /** The outcome of a case, as drive.py gives it. */
  Json.Obj of(Json.Obj given) throws IOException {
    printed.reset();
    Json.Obj args = given.object("args");
    List<MadeUpTraining.Epoch> epochs =
        given.find("epochs").isPresent()
            ? MadeUpTraining.Epoch.all(given.array("epochs"))
            : List.of();
    Json.Builder outcome =
        switch (given.text("kind")) {
          case "checkpoint" -> checkpoint(args, epochs);
          case "early_stopping" -> earlyStopping(args, epochs);
          case "plateau" -> plateau(args, epochs);
          case "csv" -> csv(args, epochs);
          default -> throw new AssertionError(given.text("kind"));
        };
    if (printed.size() > 0) {
      outcome.put("printed", unplaced(printed.toString(StandardCharsets.UTF_8)));
    }
    return outcome.build();
  }

  private String unplaced(String text) {
    return text.replace(folder.toString(), "DIR");
  }

  private static <B extends MonitorArguments<B>> B monitored(
      B builder, Json.Obj args, PrintStream out) {
    args.find("monitor").ifPresent(_ -> builder.monitor(args.text("monitor")));
    args.find("mode")
        .ifPresent(_ -> builder.mode(Mode.valueOf(args.text("mode").toUpperCase(Locale.ROOT))));
    args.find("verbose").ifPresent(_ -> builder.verbose((int) args.integer("verbose")));
    return builder.out(out);
  }

  /** A format of Keras's suffix, whose files are noted. */
  private record Noted(String suffix, boolean weights, List<Json> saved) implements ModelFormat {
    @Override
    public boolean holdsWeightsOnly() {
      return weights;
    }

    @Override
    public boolean holdsWholeModel() {
      return !weights;
    }

    @Override
    public FileContent content(TrainingParts training, boolean weightsOnly) {
      saved.add(Json.of(weightsOnly));
      return FileContent.of("model");
    }
  }

  private Json.Builder checkpoint(Json.Obj args, List<MadeUpTraining.Epoch> epochs)
      throws IOException {
    List<Json> saved = new ArrayList<>();
    ModelCheckpoint.Builder builder =
        ModelCheckpoint.to(args.text("filepath").replace("DIR", folder.toString()))
            .format(new Noted(".keras", false, saved))
            .format(new Noted(".h5", false, saved))
            .format(new Noted(".weights.h5", true, saved));
    args.find("save_best_only").ifPresent(_ -> builder.saveBestOnly(args.bool("save_best_only")));
    args.find("save_weights_only")
        .ifPresent(_ -> builder.saveWeightsOnly(args.bool("save_weights_only")));
    args.find("save_freq")
        .ifPresent(_ -> builder.saveFreq(Frequency.batches(args.integer("save_freq"))));
    args.find("initial_value_threshold")
        .ifPresent(_ -> builder.initialValueThreshold(args.real("initial_value_threshold")));
    ModelCheckpoint callback = monitored(builder, args, out).build();
    MadeUpTraining.of(folder, 0.1).train(callback, epochs, () -> {});
    // Which files there were is in what is printed; here, how they were saved.
    return Json.object()
        .put("saved", Json.array(saved))
        .put("best", Attributes.of(callback.best()));
  }

  private Json.Builder earlyStopping(Json.Obj args, List<MadeUpTraining.Epoch> epochs)
      throws IOException {
    EarlyStopping.Builder builder = EarlyStopping.builder();
    args.find("patience").ifPresent(_ -> builder.patience(args.integer("patience")));
    args.find("min_delta").ifPresent(_ -> builder.minDelta(args.real("min_delta")));
    args.find("baseline").ifPresent(_ -> builder.baseline(args.real("baseline")));
    args.find("start_from_epoch")
        .ifPresent(_ -> builder.startFromEpoch(args.integer("start_from_epoch")));
    args.find("restore_best_weights")
        .ifPresent(_ -> builder.restoreBestWeights(args.bool("restore_best_weights")));
    EarlyStopping callback = monitored(builder, args, out).build();
    var training = MadeUpTraining.of(folder, 0.1);
    int run = training.train(callback, epochs, () -> {});
    return Json.object()
        .put("epochs", run)
        .put("wait", callback.waited())
        .put("stopped_epoch", callback.stoppedEpoch())
        .put("best", Attributes.of(callback.best()))
        .put(
            "restored",
            callback.holdsTensors() && callback.tensors().size() > 0
                ? Json.of((long) training.weight())
                : Json.Null.NULL);
  }

  private Json.Builder plateau(Json.Obj args, List<MadeUpTraining.Epoch> epochs)
      throws IOException {
    ReduceLROnPlateau.Builder builder = ReduceLROnPlateau.builder();
    args.find("patience").ifPresent(_ -> builder.patience(args.integer("patience")));
    args.find("min_delta").ifPresent(_ -> builder.minDelta(args.real("min_delta")));
    args.find("factor").ifPresent(_ -> builder.factor(args.real("factor")));
    args.find("cooldown").ifPresent(_ -> builder.cooldown(args.integer("cooldown")));
    args.find("min_lr").ifPresent(_ -> builder.minLr(args.real("min_lr")));
    ReduceLROnPlateau callback = monitored(builder, args, out).build();
    var training = MadeUpTraining.of(folder, args.real("learning_rate"));
    List<Json> rates = new ArrayList<>();
    // As Keras keeps it.
    training.train(
        callback, epochs, () -> rates.add(Json.of((double) (float) training.learningRate())));
    Json.Obj state = callback.attributes();
    return Json.object()
        .put("rates", Json.array(rates))
        .put("wait", state.get("wait"))
        .put("cooldown", state.get("cooldown_counter"));
  }

  private Json.Builder csv(Json.Obj args, List<MadeUpTraining.Epoch> epochs) throws IOException {
    Path file = folder.resolve("log.csv");
    Files.deleteIfExists(file);
    if (args.find("before").isPresent()) {
      Files.writeString(file, args.text("before"));
    }
    var callback =
        new CSVLogger(
            file,
            args.find("separator").isPresent() ? args.text("separator").charAt(0) : ',',
            args.find("append").isPresent() && args.bool("append"));
    MadeUpTraining.of(folder, 0.1).train(callback, epochs, () -> {});
    return Json.object().put("file", Files.readString(file));
  }
}
