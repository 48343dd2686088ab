package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Writes the logs of each epoch into a CSV file: Keras's {@code CSVLogger}, byte for byte for the
 * same logs. The columns are {@code epoch}, from 0, and those of the first epoch's logs, by name;
 * what a later epoch lacks is {@code NA}. If the first epoch had no evaluation, there is a {@code
 * val_} column for each of its values.
 *
 * <p>The logs are the mean {@code loss} of the epoch and, with {@code val_} before the name, the
 * metrics of its newest evaluation. Keras has a {@code learning_rate} among them if a callback adds
 * it; here there is none.
 *
 * <p>Unlike in Keras, a run that goes on from a checkpoint also goes on with the file as it was
 * then, whatever {@code append} says: rows of epochs after the checkpoint are cut off, and there is
 * no second header. Each row is durable when the next step begins.
 *
 * <p>A file that cannot be written, or has lost rows, ends the training with an {@link
 * UncheckedIOException}.
 *
 * @see <a href="https://keras.io/api/callbacks/csv_logger/">CSVLogger</a>
 */
public final class CSVLogger extends KerasCallback {
  private static final String KEYS = "keys";
  private static final String SIZE = "size";
  private static final String BEGUN = "begun";
  private static final String HEADER = "append_header";

  private final Path filename;
  private final char separator;
  private final boolean append;

  private List<String> keys = List.of();
  private boolean appendHeader = true;
  private boolean begun;
  private long size;
  private Optional<LogFile> file = Optional.empty();

  /** One with a comma between values, that overwrites a file that is there. */
  public CSVLogger(Path filename) {
    this(filename, ',', false);
  }

  /**
   * @param separator what is between values
   * @param append whether rows are added to a file that is there; the header is written only if the
   *     file is empty
   * @throws IllegalArgumentException if the separator is a quotation mark or ends a line
   */
  public CSVLogger(Path filename, char separator, boolean append) {
    if (separator == '"' || separator == '\n' || separator == '\r') {
      throw new IllegalArgumentException(
          "the separator is character %d, which quotes values or ends lines; give another, such as ','"
              .formatted((int) separator));
    }
    this.filename = filename;
    this.separator = separator;
    this.append = append;
  }

  @Override
  void trainBegin(Training now, boolean hasState) {
    try {
      close();
      if (hasState) {
        file = Optional.of(LogFile.reopen(filename, size));
      } else {
        keys = List.of();
        begun = false;
        LogFile opened = LogFile.open(filename, append);
        size = opened.size();
        appendHeader = size == 0;
        file = Optional.of(opened);
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  void epochEnd(Training now, long epoch, Map<String, Double> values) {
    StringBuilder rows = new StringBuilder();
    if (!begun) {
      keys = keys(values);
      if (appendHeader) {
        List<String> header = new ArrayList<>(List.of("epoch"));
        header.addAll(keys);
        rows.append(row(header));
      }
    }
    List<String> row = new ArrayList<>(List.of(String.valueOf(epoch)));
    for (String key : keys) {
      Double value = values.get(key);
      row.add(value == null ? "NA" : PythonText.repr(value));
    }
    rows.append(row(row));
    try {
      LogFile open = file.orElseThrow(() -> new IllegalStateException("the file is not open"));
      open.write(rows.toString().getBytes(StandardCharsets.UTF_8));
      open.sync();
      size = open.size();
      begun = true;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private static List<String> keys(Map<String, Double> values) {
    List<String> sorted = List.copyOf(new TreeMap<>(values).keySet());
    List<String> keys = new ArrayList<>(sorted);
    if (sorted.stream().noneMatch(key -> key.startsWith(EpochLogs.EVALUATED))) {
      sorted.forEach(key -> keys.add(EpochLogs.EVALUATED + key));
    }
    return keys;
  }

  /** A row in the dialect {@code excel} of Python's csv. */
  private String row(List<String> values) {
    return String.join(String.valueOf(separator), values.stream().map(this::quoted).toList())
        + "\r\n";
  }

  private String quoted(String value) {
    boolean special =
        value.chars().anyMatch(c -> c == separator || c == '"' || c == '\r' || c == '\n');
    return special ? "\"" + value.replace("\"", "\"\"") + "\"" : value;
  }

  @Override
  void trainEnd(Training now) {
    try {
      close();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private void close() throws IOException {
    if (file.isPresent()) {
      file.get().close();
    }
    file = Optional.empty();
  }

  private UncheckedIOException failed(IOException cause) {
    return new UncheckedIOException("CSVLogger: " + cause.getMessage(), cause);
  }

  @Override
  public Json.Obj args() {
    return Json.object()
        .put("append", append)
        .put("filename", filename.toString())
        .put("separator", String.valueOf(separator))
        .build();
  }

  @Override
  Map<String, Json> ownAttributes() {
    Map<String, Json> attributes = new LinkedHashMap<>();
    attributes.put(KEYS, Json.array(keys.stream().map(Json::of).toList()));
    attributes.put(SIZE, Json.of(size));
    attributes.put(BEGUN, Json.of(begun));
    attributes.put(HEADER, Json.of(appendHeader));
    return attributes;
  }

  @Override
  void restoreOwn(Json.Obj attributes) {
    List<String> saved = new ArrayList<>();
    for (Json key : attributes.array(KEYS).items()) {
      if (!(key instanceof Json.Str name)) {
        throw new IllegalArgumentException("member 'keys' should be strings and has " + key.kind());
      }
      saved.add(name.value());
    }
    size = Attributes.count(attributes, SIZE);
    begun = attributes.bool(BEGUN);
    appendHeader = attributes.bool(HEADER);
    keys = List.copyOf(saved);
  }
}
