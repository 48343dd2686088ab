package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.cli.serve.RequestRefusedException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Glob;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is in a file or a checkpoint, and in one of its tensors, as the page sees it. */
final class ServedContents {
  /** As many as a browser can show; what is left out is found by a filter. */
  static final int MOST_ROWS = 5000;

  private ServedContents() {}

  /** The tensors and values whose names match. */
  static Json of(Path path, Glob filter) throws IOException {
    try (Opened<Json> opened =
        Opened.at(
            path,
            file -> document(file.contents(), file.size(), filter),
            checkpoint -> document(checkpoint, filter))) {
      return opened.content();
    }
  }

  private static Json document(FileContents contents, long size, Glob filter) {
    Json.Builder facts = Json.object();
    contents.facts().forEach(facts::put);
    Json.Builder document =
        Json.object()
            .put("kind", "file")
            .put("format", contents.format().title())
            .put("size", size)
            .put("facts", facts.build())
            .put("separator", contents.separator());
    addEntries(document, contents.state(), filter);
    return document.build();
  }

  private static Json document(Checkpoint checkpoint, Glob filter) throws IOException {
    List<Json> files = new ArrayList<>();
    for (String name : checkpoint.files()) {
      files.add(Json.object().put("name", name).put("size", checkpoint.file(name).size()).build());
    }
    Json.Builder facts = Json.object();
    for (Map.Entry<String, Double> metric : checkpoint.info().metrics().entrySet()) {
      facts.put(metric.getKey(), Quantities.metric(metric.getValue()));
    }
    Json.Builder document =
        Json.object()
            .put("kind", "checkpoint")
            .put(
                "format",
                checkpoint.manifest().isPresent() ? "checkpoint" : "checkpoint, unverified")
            .put("step", checkpoint.info().step())
            .put("size", checkpoint.info().size())
            .put("facts", facts.build())
            .put("files", Json.array(files))
            .put("separator", ".");
    boolean model =
        checkpoint.contains("model") || checkpoint.files().contains("pytorch_model.bin");
    addEntries(document, model ? Tensors.model(checkpoint) : List.of(), filter);
    return document.build();
  }

  private static void addEntries(Json.Builder document, List<StateEntry> state, Glob filter) {
    List<Json> tensors = new ArrayList<>();
    List<Json> values = new ArrayList<>();
    long parameters = 0;
    long leftOut = 0;
    for (StateEntry entry : state) {
      Optional<NumericArray> tensor = entry.array();
      if (tensor.isPresent()) {
        parameters = Math.addExact(parameters, tensor.get().elementCount());
      }
      if (!filter.matches(entry.name())) {
        continue;
      }
      if (tensors.size() + values.size() >= MOST_ROWS) {
        leftOut++;
      } else if (tensor.isPresent()) {
        tensors.add(row(entry.name(), tensor.get()).build());
      } else {
        values.add(
            Json.object()
                .put("name", entry.name())
                .put("value", Plain.text(entry.value()))
                .build());
      }
    }
    document
        .put("parameters", parameters)
        .put("tensors", Json.array(tensors))
        .put("values", Json.array(values))
        .put("left_out", leftOut);
  }

  private static Json.Builder row(String name, NumericArray tensor) {
    return Json.object()
        .put("name", name)
        .put("dtype", tensor.type())
        .put("shape", Plain.shape(tensor.shape()))
        .put("bytes", tensor.bytes().byteSize());
  }

  /** A tensor with its statistics and its histogram, which are null if it has no numbers. */
  static Json tensor(Path path, String name) throws IOException {
    try (Opened<List<StateEntry>> tensors = Tensors.at(path)) {
      NumericArray tensor = named(tensors.content(), name, path);
      Optional<Statistics> statistics = Statistics.of(tensor.value());
      return row(name, tensor)
          .put("elements", tensor.elementCount())
          .put("stats", statistics.<Json>map(Tensors::json).orElse(Json.Null.NULL))
          .put(
              "histogram",
              statistics
                  .flatMap(figures -> Histogram.of(tensor, figures))
                  .<Json>map(Histogram::json)
                  .orElse(Json.Null.NULL))
          .build();
    }
  }

  private static NumericArray named(List<StateEntry> tensors, String name, Path path)
      throws NoSuchFileException {
    for (StateEntry entry : tensors) {
      if (entry.name().equals(name) && entry.array().isPresent()) {
        return entry.array().get();
      }
    }
    throw new NoSuchFileException(
        path.toString(),
        null,
        "there is no tensor '" + name + "'; ckpt tensors lists those there are");
  }

  /**
   * A tensor's heat map.
   *
   * @throws RequestRefusedException with 422 if it has no numbers
   */
  static HeatMap heatMap(Path path, String name) throws IOException {
    try (Opened<List<StateEntry>> tensors = Tensors.at(path)) {
      return HeatMap.of(named(tensors.content(), name, path))
          .orElseThrow(
              () ->
                  new RequestRefusedException(
                      422, "the tensor '" + Printable.of(name) + "' has no numbers to be shown"));
    }
  }
}
