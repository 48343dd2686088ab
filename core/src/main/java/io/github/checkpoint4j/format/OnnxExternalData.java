package io.github.checkpoint4j.format;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;

/**
 * Where the elements of an ONNX tensor are, if they are in another file.
 *
 * @param tensor the tensor's name
 * @param source the model's name, for messages
 * @param file the file's name, in the directory of the model
 * @param offset where they begin there
 * @param length bytes they take; negative if it is not said
 * @see <a href="https://github.com/onnx/onnx/blob/main/docs/ExternalData.md">ExternalData.md</a>
 */
record OnnxExternalData(String tensor, String source, String file, long offset, long length) {
  private static final int NAME = 8;
  private static final int EXTERNAL_DATA = 13;
  private static final int DATA_LOCATION = 14;
  private static final long EXTERNAL = 1;
  private static final int ENTRY_KEY = 1;
  private static final int ENTRY_VALUE = 2;

  /**
   * What a tensor says of it; empty if its elements are in the model.
   *
   * @throws UnsupportedFeatureException if the file is not in the model's own directory
   */
  static Optional<OnnxExternalData> of(ProtobufReader tensor, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    String name = "";
    String file = "";
    long offset = 0;
    long length = -1;
    boolean isExternal = false;
    while (tensor.next()) {
      switch (tensor.field()) {
        case NAME -> name = tensor.text();
        case DATA_LOCATION -> isExternal = tensor.varint() == EXTERNAL;
        case EXTERNAL_DATA -> {
          ProtobufReader entry = tensor.message();
          String key = "";
          String value = "";
          while (entry.next()) {
            switch (entry.field()) {
              case ENTRY_KEY -> key = entry.text();
              case ENTRY_VALUE -> value = entry.text();
              default -> entry.skip();
            }
          }
          switch (key) {
            case "location" -> file = value;
            case "offset" -> offset = number(key, value, tensor);
            case "length" -> length = number(key, value, tensor);
            default -> {
              // A checksum, or what readers made up: nothing that is needed.
            }
          }
        }
        default -> tensor.skip();
      }
    }
    if (!isExternal) {
      return Optional.empty();
    }
    if (file.startsWith("./")) {
      file = file.substring(2);
    }
    if (file.isEmpty() || file.equals("..") || file.matches("(?s).*[/\\\\:\\x00].*")) {
      throw new UnsupportedFeatureException(
          source
              + ": the elements of initializer '%s' are in '%s', which is no file beside the model;"
                  .formatted(Excerpt.of(name), Excerpt.of(file))
              + " save the model with its data in one file beside it");
    }
    return Optional.of(new OnnxExternalData(name, source, file, offset, length));
  }

  private static long number(String key, String value, ProtobufReader tensor)
      throws CorruptFileException {
    if (!value.matches("[0-9]{1,18}")) {
      throw tensor.problem("the " + key + " '" + Excerpt.of(value) + "' of external data");
    }
    return Long.parseLong(value);
  }

  /**
   * The elements.
   *
   * @param files by name
   * @param size bytes they take
   * @throws CorruptFileException if the file is missing or too short, or has another number of them
   */
  MemorySegment bytes(Map<String, MemorySegment> files, long size) throws CorruptFileException {
    MemorySegment found = files.get(file);
    if (found == null) {
      throw damaged("are in the file '%s', which is missing".formatted(Excerpt.of(file)));
    }
    if (length >= 0 && length != size) {
      throw damaged("take %d bytes, and are said to have %d".formatted(size, length));
    }
    if (offset > found.byteSize() || size > found.byteSize() - offset) {
      throw damaged(
          "should be the %d bytes from byte %d of '%s', which has %d"
              .formatted(size, offset, Excerpt.of(file), found.byteSize()));
    }
    return found.asSlice(offset, size);
  }

  private CorruptFileException damaged(String what) {
    return new CorruptFileException(
        source
            + ": the elements of initializer '%s' %s; copy the model with all its files"
                .formatted(Excerpt.of(tensor), what));
  }
}
