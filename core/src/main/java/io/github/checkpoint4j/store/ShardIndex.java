package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * The index of a model in several files: {@code model.safetensors.index.json}, an object whose
 * {@code weight_map} gives the file of each tensor.
 *
 * @param source the index's name for messages
 * @param files the file of each tensor, by the tensor's name, in the index's order
 * @see <a href="https://huggingface.co/docs/transformers/big_models">Sharded checkpoints</a>
 */
record ShardIndex(String source, Map<String, String> files) {
  /** The order of strings in Python. */
  private static final Comparator<String> CODE_POINTS =
      Comparator.comparing(name -> name.codePoints().toArray(), Arrays::compare);

  ShardIndex {
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
  }

  /**
   * @throws CorruptFileException if it is not such an object, names no tensor, or names a file that
   *     is not in its own directory
   */
  static ShardIndex parse(MemorySegment bytes, String source) throws CorruptFileException {
    try {
      if (!(Json.parsePython(bytes, source) instanceof Json.Obj index)) {
        throw new IllegalArgumentException("it is not a JSON object");
      }
      Map<String, String> files = new LinkedHashMap<>();
      Json.Obj map = index.object("weight_map");
      for (String tensor : map.members().keySet()) {
        files.put(tensor, FileName.require(map.text(tensor)));
      }
      if (files.isEmpty()) {
        throw new IllegalArgumentException("it names no tensor");
      }
      return new ShardIndex(source, files);
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException(
          source + " is not an index of shards: " + e.getMessage() + ". Use another checkpoint.",
          e);
    }
  }

  /**
   * The index of these shards, as transformers 5.23 writes it: {@code weight_map}, by names in
   * order, and in {@code metadata} the number of parameters, if it is known, and {@code
   * total_size}, the bytes of all tensors.
   *
   * @param shards the contents of the shards by file
   */
  static FileContent write(Map<String, FileContent> shards, OptionalLong parameters) {
    long total = 0;
    Map<String, Json> files = new TreeMap<>(CODE_POINTS);
    for (Map.Entry<String, FileContent> shard : shards.entrySet()) {
      for (FileContent.Part part : shard.getValue().parts()) {
        if (part.tensor().isPresent()) {
          files.put(part.tensor().get(), Json.of(shard.getKey()));
          total = Math.addExact(total, part.bytes().byteSize());
        }
      }
    }
    Json.Builder metadata = Json.object();
    parameters.ifPresent(count -> metadata.put("total_parameters", count));
    Json.Obj index =
        Json.object()
            .put("metadata", metadata.put("total_size", total).build())
            .put("weight_map", Json.object(files))
            .build();
    return FileContent.of(index.toIndentedText() + "\n");
  }

  /** The files named, in the order of their first tensor. */
  Set<String> shards() {
    return new LinkedHashSet<>(files.values());
  }

  /**
   * What the index and a shard do not agree on, in words; empty if they agree.
   *
   * @param tensors the names of the tensors in the shard
   */
  List<String> mismatches(String shard, Set<String> tensors) {
    List<String> found = new ArrayList<>();
    files.forEach(
        (tensor, file) -> {
          if (file.equals(shard) && !tensors.contains(tensor)) {
            found.add(
                "tensor '%s' is not in %s, where %s puts it".formatted(tensor, shard, source));
          }
        });
    for (String tensor : tensors) {
      String file = files.get(tensor);
      if (file == null) {
        found.add("tensor '%s' of %s is not in %s".formatted(tensor, shard, source));
      } else if (!file.equals(shard)) {
        found.add(
            "tensor '%s' is in %s, and %s puts it in %s".formatted(tensor, shard, source, file));
      }
    }
    return found;
  }
}
