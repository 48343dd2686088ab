package io.github.checkpoint4j.format;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes safetensors files in the order of the reference crate. */
final class SafeTensorsWriter {
  private static final Comparator<byte[]> BYTES = Arrays::compareUnsigned;

  /** A tensor and its name, also in UTF-8, whose order is not that of strings. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Named(String name, byte[] utf8, Tensor tensor) {
    Dtype dtype() {
      return tensor.dtype();
    }
  }

  private SafeTensorsWriter() {}

  static FileContent write(StateDict tensors, Map<String, String> metadata) {
    TiedTensors tied = TiedTensors.of(tensors);
    List<Named> sorted = new ArrayList<>(tensors.size());
    tied.tensors().forEach((name, tensor) -> sorted.add(named(name, tensor)));
    Map<String, String> texts = new HashMap<>(metadata);
    tied.aliases()
        .forEach(
            (alias, name) -> {
              // A text that says something else under this name is the user's, and stays.
              if (!texts.computeIfAbsent(alias, _ -> name).equals(name)) {
                sorted.add(named(alias, tensors.tensor(alias)));
              }
            });
    sorted.sort(Comparator.comparing(Named::dtype).reversed().thenComparing(Named::utf8, BYTES));
    List<FileContent.Part> parts = new ArrayList<>(sorted.size() + 1);
    parts.add(new FileContent.Part(Optional.empty(), MemorySegment.ofArray(header(sorted, texts))));
    for (Named named : sorted) {
      parts.add(new FileContent.Part(Optional.of(named.name()), named.tensor().bytes()));
    }
    return FileContent.of(parts);
  }

  private static Named named(String name, Tensor tensor) {
    if (name.equals(SafeTensorsHeader.METADATA)) {
      throw new IllegalArgumentException(
          "a safetensors file cannot hold a tensor called '" + name + "'; rename it");
    }
    if (!tensor.dtype().isInSafeTensors()) {
      throw new IllegalArgumentException(
          "tensor '"
              + name
              + "' has the dtype "
              + tensor.dtype()
              + ", which safetensors has not; save it in a PyTorch file, or convert it");
    }
    try {
      SafeTensorsHeader.byteSize(tensor.dtype(), tensor.shape());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "tensor '" + name + "' of " + tensor + " has dimensions that no reader multiplies", e);
    }
    return new Named(name, utf8(name), tensor);
  }

  private static byte[] header(List<Named> tensors, Map<String, String> metadata) {
    StringBuilder text = new StringBuilder("{");
    if (!metadata.isEmpty()) {
      metadata(metadata, text);
    }
    long begin = 0;
    for (Named named : tensors) {
      long end = Math.addExact(begin, named.tensor().byteSize());
      separate(text);
      JsonPrinter.quote(named.name(), false, text);
      text.append(":{\"dtype\":\"").append(named.dtype()).append("\",\"shape\":[");
      long[] shape = named.tensor().shape();
      for (int i = 0; i < shape.length; i++) {
        text.append(i == 0 ? "" : ",").append(shape[i]);
      }
      text.append("],\"data_offsets\":[").append(begin).append(',').append(end).append("]}");
      begin = end;
    }
    text.append('}');
    byte[] utf8 = text.toString().getBytes(UTF_8);
    int padded = Math.ceilDiv(utf8.length, 8) * 8;
    if (padded > SafeTensors.MAX_HEADER) {
      throw new IllegalArgumentException(
          "the header of "
              + tensors.size()
              + " tensors takes "
              + padded
              + " bytes, at most "
              + SafeTensors.MAX_HEADER
              + " are allowed; split the tensors over several files");
    }
    byte[] header = new byte[8 + padded];
    MemorySegment.ofArray(header).set(SafeTensors.LENGTH, 0, padded);
    System.arraycopy(utf8, 0, header, 8, utf8.length);
    Arrays.fill(header, 8 + utf8.length, header.length, (byte) ' ');
    return header;
  }

  private static void metadata(Map<String, String> metadata, StringBuilder text) {
    List<String> names = new ArrayList<>(metadata.keySet());
    names.sort(Comparator.comparing(SafeTensorsWriter::utf8, BYTES));
    text.append("\"__metadata__\":");
    char before = '{';
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      utf8(entry.getKey());
      utf8(entry.getValue());
    }
    for (String name : names) {
      text.append(before);
      before = ',';
      JsonPrinter.quote(name, false, text);
      text.append(':');
      JsonPrinter.quote(metadata.getOrDefault(name, ""), false, text);
    }
    text.append('}');
  }

  private static void separate(StringBuilder text) {
    if (text.length() > 1) {
      text.append(',');
    }
  }

  private static byte[] utf8(String text) {
    byte[] utf8 = text.getBytes(UTF_8);
    // What cannot be encoded was replaced by a question mark.
    if (!new String(utf8, UTF_8).equals(text)) {
      throw new IllegalArgumentException(
          "'" + text + "' is not valid Unicode: it has half a surrogate pair");
    }
    return utf8;
  }
}
