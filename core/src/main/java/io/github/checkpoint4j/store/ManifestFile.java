package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * A {@link Manifest} as bytes: a JSON object whose last member is the checksum of all that stands
 * before it.
 *
 * <p>The end of the file is 25 bytes, the same in every version: two spaces, {@code "crc32c": "},
 * eight hexadecimal digits, {@code "}, a line feed, <code>}</code>, a line feed. The digits are the
 * CRC32C of all bytes before these 25.
 */
final class ManifestFile {
  private static final String BEFORE_CHECKSUM = "  \"crc32c\": \"";
  private static final String AFTER_CHECKSUM = "\"\n}\n";
  private static final int TRAILER = BEFORE_CHECKSUM.length() + 8 + AFTER_CHECKSUM.length();

  /** A megabyte holds some 6000 tensors; more than this is no manifest. */
  private static final long LARGEST = 256L << 20;

  private static final Set<String> MEMBERS =
      Set.of(
          "version",
          "writer",
          "name",
          "step",
          "epoch",
          "metrics",
          "sequence",
          "time",
          "objective",
          "older",
          "fingerprint",
          "hyperparameters",
          "files",
          "crc32c");

  private ManifestFile() {}

  /**
   * The manifest's file.
   *
   * @throws IllegalArgumentException if it could not be read back: a name has half a surrogate pair
   */
  static FileContent write(Manifest manifest) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("version", Json.of(Manifest.VERSION));
    members.put("writer", Json.of(manifest.writer()));
    members.put("name", Json.of(manifest.name()));
    members.put("step", Json.of(manifest.step()));
    members.put(
        "epoch",
        manifest.epoch().isPresent() ? Json.of(manifest.epoch().getAsDouble()) : Json.Null.NULL);
    Map<String, Json> metrics = new LinkedHashMap<>();
    manifest.metrics().forEach((name, value) -> metrics.put(name, number(value)));
    members.put("metrics", Json.object(metrics));
    members.put("sequence", Json.of(manifest.sequence()));
    members.put("time", Json.of(manifest.time().toString()));
    members.put(
        "objective", manifest.objective().map(ManifestFile::objective).orElse(Json.Null.NULL));
    members.put("older", new Json.Arr(manifest.older().stream().map(Json::of).toList()));
    members.put("fingerprint", manifest.fingerprint());
    members.put("hyperparameters", manifest.hyperparameters());
    Map<String, Json> files = new LinkedHashMap<>();
    manifest.files().forEach((name, checksums) -> files.put(name, file(checksums)));
    members.put("files", Json.object(files));
    String text = Json.object(members).toIndentedText();
    String body = text.substring(0, text.length() - "\n}".length()) + ",\n";
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    int checksum = Checksummer.crc32c(MemorySegment.ofArray(bytes));
    String whole = body + BEFORE_CHECKSUM + FileChecksums.hex(checksum) + AFTER_CHECKSUM;
    requireReadable(manifest, whole);
    return FileContent.of(whole);
  }

  private static void requireReadable(Manifest manifest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try {
      if (!parse(MemorySegment.ofArray(bytes), Manifest.FILE).equals(manifest)) {
        throw new IllegalArgumentException("the manifest would not be read as it is written");
      }
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "the manifest would not be read as it is written: " + e.getMessage(), e);
    }
  }

  /** JSON has no NaN and no infinity: they are written as the strings that Python prints. */
  private static Json number(double value) {
    if (Double.isFinite(value)) {
      return Json.of(value);
    }
    return Json.of(Double.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
  }

  private static Json objective(Objective objective) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("metric", Json.of(objective.metric()));
    members.put("greater_is_better", Json.of(objective.greaterIsBetter()));
    return Json.object(members);
  }

  private static Json file(FileChecksums checksums) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("size", Json.of(checksums.size()));
    members.put("crc32c", Json.of(FileChecksums.hex(checksums.crc32c())));
    Map<String, Json> tensors = new LinkedHashMap<>();
    checksums.tensors().forEach((name, tensor) -> tensors.put(name, tensor(tensor)));
    members.put("tensors", Json.object(tensors));
    return Json.object(members);
  }

  private static Json tensor(TensorChecksum tensor) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("offset", Json.of(tensor.offset()));
    members.put("size", Json.of(tensor.size()));
    members.put("crc32c", Json.of(FileChecksums.hex(tensor.crc32c())));
    return Json.object(members);
  }

  /**
   * The manifest in a file.
   *
   * @param source the file's name for messages
   * @throws CorruptFileException if its checksum is wrong, or it is not what FORMAT.md demands
   * @throws UnsupportedFeatureException if it is whole and of a newer version
   */
  static Manifest parse(MemorySegment bytes, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    checkTrailer(bytes, source);
    Json json = Json.parse(bytes, source);
    try {
      if (!(json instanceof Json.Obj manifest)) {
        throw new IllegalArgumentException("it is not a JSON object");
      }
      long version = manifest.integer("version");
      if (version > Manifest.VERSION) {
        throw new UnsupportedFeatureException(
            "%s is of version %d; this program reads up to version %d. Use a newer checkpoint4j."
                .formatted(source, version, Manifest.VERSION));
      }
      if (version < 1) {
        throw new IllegalArgumentException("there is no version " + version);
      }
      return manifest(manifest);
    } catch (IllegalArgumentException | DateTimeParseException e) {
      throw new CorruptFileException(
          source
              + " is not a manifest of version "
              + Manifest.VERSION
              + ", though its checksum is right: "
              + e.getMessage()
              + ". Whatever wrote it does not follow FORMAT.md; use another checkpoint.",
          e);
    }
  }

  private static void checkTrailer(MemorySegment bytes, String source) throws CorruptFileException {
    long size = bytes.byteSize();
    if (size > LARGEST) {
      throw new CorruptFileException(
          source + " has " + size + " bytes; a manifest has at most " + LARGEST + ".");
    }
    String trailer =
        size < TRAILER
            ? ""
            : new String(
                bytes.asSlice(size - TRAILER).toArray(ValueLayout.JAVA_BYTE),
                StandardCharsets.ISO_8859_1);
    if (!trailer.startsWith(BEFORE_CHECKSUM) || !trailer.endsWith(AFTER_CHECKSUM)) {
      throw new CorruptFileException(
          source
              + " has "
              + size
              + " bytes and does not end with its checksum: it is cut short, or was edited. "
              + "Use another checkpoint, or restore the file from a copy.");
    }
    String expected =
        trailer.substring(BEFORE_CHECKSUM.length(), TRAILER - AFTER_CHECKSUM.length());
    String found = FileChecksums.hex(Checksummer.crc32c(bytes.asSlice(0, size - TRAILER)));
    if (!expected.equals(found)) {
      throw new CorruptFileException(
          source
              + " is damaged, or was edited: its CRC32C should be "
              + expected
              + " and is "
              + found
              + ". Use another checkpoint, or restore the file from a copy.");
    }
  }

  private static Manifest manifest(Json.Obj json) {
    if (!json.members().keySet().equals(MEMBERS)) {
      throw new IllegalArgumentException(
          "its members are " + json.members().keySet() + ", and should be " + MEMBERS);
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    Json.Obj values = json.object("metrics");
    for (String name : values.members().keySet()) {
      metrics.put(name, number(values, name));
    }
    List<String> older = new ArrayList<>();
    for (Json item : json.array("older").items()) {
      if (!(item instanceof Json.Str name)) {
        throw new IllegalArgumentException("'older' holds something that is not a string");
      }
      older.add(name.value());
    }
    Map<String, FileChecksums> files = new LinkedHashMap<>();
    Json.Obj listed = json.object("files");
    for (String name : listed.members().keySet()) {
      files.put(name, file(listed.object(name)));
    }
    return new Manifest(
        json.text("name"),
        json.integer("step"),
        json.get("epoch") instanceof Json.Null
            ? OptionalDouble.empty()
            : OptionalDouble.of(json.real("epoch")),
        metrics,
        json.integer("sequence"),
        Instant.parse(json.text("time")),
        json.get("objective") instanceof Json.Null
            ? Optional.empty()
            : Optional.of(objective(json.object("objective"))),
        older,
        files,
        json.object("fingerprint"),
        json.object("hyperparameters"),
        json.text("writer"));
  }

  private static double number(Json.Obj values, String name) {
    if (!(values.get(name) instanceof Json.Str text)) {
      return values.real(name);
    }
    return switch (text.value()) {
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default ->
          throw new IllegalArgumentException(
              "metric '" + name + "' is '" + text.value() + "', which is not a number");
    };
  }

  private static Objective objective(Json.Obj json) {
    return new Objective(json.text("metric"), json.bool("greater_is_better"));
  }

  private static FileChecksums file(Json.Obj json) {
    Map<String, TensorChecksum> tensors = new LinkedHashMap<>();
    Json.Obj listed = json.object("tensors");
    for (String name : listed.members().keySet()) {
      Json.Obj tensor = listed.object(name);
      tensors.put(
          name,
          new TensorChecksum(tensor.integer("offset"), tensor.integer("size"), crc32c(tensor)));
    }
    return new FileChecksums(json.integer("size"), crc32c(json), tensors);
  }

  private static int crc32c(Json.Obj json) {
    String hex = json.text("crc32c");
    if (!hex.matches("[0-9a-f]{8}")) {
      throw new IllegalArgumentException("'" + hex + "' is not a CRC32C of eight hex digits");
    }
    return Integer.parseUnsignedInt(hex, 16);
  }
}
