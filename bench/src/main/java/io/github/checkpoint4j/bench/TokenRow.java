package io.github.checkpoint4j.bench;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * An example as a model reads it.
 *
 * @param inputIds its tokens
 * @param labels a label for each token, or one for all
 */
record TokenRow(List<Long> inputIds, List<Long> labels) {

  /** An example of these numbers. */
  static TokenRow of(long[] inputIds, long... labels) {
    return new TokenRow(
        Arrays.stream(inputIds).boxed().toList(), Arrays.stream(labels).boxed().toList());
  }

  /** Writes the examples as a JSON array, which Python reads as well. */
  static void write(List<TokenRow> rows, Path file) throws IOException {
    Files.writeString(file, Json.array(rows.stream().map(TokenRow::toJson).toList()).toText());
  }

  /**
   * The examples that {@link #write} wrote.
   *
   * @throws CorruptFileException if it is another file
   */
  static List<TokenRow> read(Path file) throws IOException {
    Json json = Json.parse(MemorySegment.ofArray(Files.readAllBytes(file)), file.toString());
    if (!(json instanceof Json.Arr rows)) {
      throw new CorruptFileException(file + ": expected an array and found " + json.kind());
    }
    return rows.items().stream().map(TokenRow::parse).toList();
  }

  private Json toJson() {
    return Json.object()
        .put("input_ids", Json.array(inputIds.stream().map(Json::of).toList()))
        .put("labels", Json.array(labels.stream().map(Json::of).toList()))
        .build();
  }

  private static TokenRow parse(Json json) {
    Json.Obj row = (Json.Obj) json;
    return new TokenRow(numbers(row.array("input_ids")), numbers(row.array("labels")));
  }

  private static List<Long> numbers(Json.Arr array) {
    return array.items().stream().map(item -> ((Json.Num) item).asLong()).toList();
  }
}
