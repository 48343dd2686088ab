package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Excerpt;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.hdf5.Hdf5;
import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The index of weights in several files: {@code NAME.weights.json}, which says of each group {@code
 * vars} in which of the files {@code NAME_00000.weights.h5}, {@code NAME_00001.weights.h5} its
 * variables are.
 *
 * @param source what the index is, for messages
 * @param files the names of the files that have variables of a group, by the group
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/saving/saving_lib.py">saving_lib.py,
 *     ShardedH5IOStore</a>
 */
public record KerasShards(String source, Map<String, List<String>> files) {
  private static final String WEIGHT_MAP = "weight_map";
  private static final String FILE_NAME = "[^/\\\\:\\x00]+\\.weights\\.h5";

  public KerasShards {
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
  }

  /** Whether a JSON text is such an index: its {@code weight_map} names groups {@code vars}. */
  public static boolean isIndex(Json json) {
    return json instanceof Json.Obj object
        && object.find(WEIGHT_MAP).orElse(Json.Null.NULL) instanceof Json.Obj map
        && map.members().keySet().stream()
            .anyMatch(group -> group.endsWith("/" + DatasetPaths.VARS));
  }

  /**
   * Reads an index.
   *
   * @param source what it is, for messages: a file's name
   * @throws CorruptFileException if it is not a JSON object with a {@code weight_map} of names of
   *     files, none of which leads elsewhere
   */
  public static KerasShards parse(MemorySegment index, String source) throws CorruptFileException {
    Json.Obj object = JsonObject.parse(index, source);
    if (!(object.find(WEIGHT_MAP).orElse(Json.Null.NULL) instanceof Json.Obj map)) {
      throw new CorruptFileException(
          source + ": expected an object '" + WEIGHT_MAP + "'; save the weights again");
    }
    Map<String, List<String>> files = new LinkedHashMap<>();
    for (Map.Entry<String, Json> member : map.members().entrySet()) {
      List<Json> names =
          member.getValue() instanceof Json.Arr array ? array.items() : List.of(member.getValue());
      List<String> named = new ArrayList<>();
      for (Json name : names) {
        named.add(fileName(name, member.getKey(), source));
      }
      files.put(member.getKey().replaceFirst("^/", ""), List.copyOf(named));
    }
    return new KerasShards(source, files);
  }

  private static String fileName(Json name, String group, String source)
      throws CorruptFileException {
    if (name instanceof Json.Str file && file.value().matches(FILE_NAME)) {
      return file.value();
    }
    throw new CorruptFileException(
        source
            + ": expected the names of .weights.h5 files beside it for '"
            + Excerpt.of(group)
            + "' and found "
            + (name instanceof Json.Str file ? "'" + Excerpt.of(file.value()) + "'" : name.kind())
            + "; save the weights again");
  }

  /** The files named, in the order of the index. */
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    files.values().forEach(names::addAll);
    return names;
  }

  /**
   * The model whose weights these are.
   *
   * @param shards the files by name; those of {@link #names}
   * @throws CorruptFileException if one is missing or damaged, or what is in it is not what the
   *     index says
   * @throws UnsupportedFeatureException if one holds something that is not read here
   */
  public KerasModel read(Map<String, MemorySegment> shards)
      throws CorruptFileException, UnsupportedFeatureException {
    Map<String, String> layers = new LinkedHashMap<>();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : names()) {
      MemorySegment bytes = shards.get(name);
      if (bytes == null) {
        throw mismatch("it names the file " + Excerpt.of(name) + ", which is missing");
      }
      WeightsFile shard =
          WeightsFile.of(Hdf5.read(bytes, name), name)
              .orElseThrow(() -> mismatch(Excerpt.of(name) + " holds no weights of Keras 3"));
      requireNamed(name, shard);
      shard.names().forEach(layers::putIfAbsent);
      for (Map.Entry<String, Tensor> tensor : shard.tensors().entrySet()) {
        if (tensors.put(tensor.getKey(), tensor.getValue()) != null) {
          throw mismatch("two of its files have '" + Excerpt.of(tensor.getKey()) + "'");
        }
      }
    }
    return new WeightsFile(layers, tensors)
        .model(
            KerasLayout.SHARDED_WEIGHTS,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Map.of());
  }

  /** The index and the file must agree on the groups that have variables in it. */
  private void requireNamed(String name, WeightsFile shard) throws CorruptFileException {
    Set<String> found = new LinkedHashSet<>();
    shard.tensors().keySet().forEach(path -> found.add(DatasetPaths.parents(path).getFirst()));
    for (Map.Entry<String, List<String>> group : files.entrySet()) {
      if (group.getValue().contains(name) && !found.remove(group.getKey())) {
        throw mismatch(
            "it has variables of '"
                + Excerpt.of(group.getKey())
                + "' in "
                + Excerpt.of(name)
                + ", and there are none");
      }
    }
    if (!found.isEmpty()) {
      throw mismatch(
          Excerpt.of(name)
              + " has variables of '"
              + Excerpt.of(found.iterator().next())
              + "', of which it does not say so");
    }
  }

  private CorruptFileException mismatch(String what) {
    return new CorruptFileException(
        source + ": " + what + "; the files are not of one model: copy or save them again");
  }

  /**
   * The files of a model's weights in parts, the index first, by name. Parts are filled as Keras
   * fills them, in the order of the variables, those of the optimizer last.
   *
   * @param name what the files' names begin with
   * @param maxShardSize the bytes that the variables in a file may have
   * @throws IllegalArgumentException if the name has a slash, the layout is a legacy one, or one
   *     variable alone is larger
   */
  static Map<String, FileContent> write(KerasModel model, String name, long maxShardSize) {
    if (name.isEmpty() || !(name + ".weights.h5").matches(FILE_NAME)) {
      throw new IllegalArgumentException("not what a file's name begins with: '" + name + "'");
    }
    WeightsFile whole = WeightsFile.of(model);
    List<Map<String, Tensor>> parts = new ArrayList<>(List.of(new LinkedHashMap<>()));
    long size = 0;
    long total = 0;
    for (Map.Entry<String, Tensor> tensor : whole.tensors().entrySet()) {
      long bytes = tensor.getValue().byteSize();
      if (bytes > maxShardSize) {
        throw new IllegalArgumentException(
            "'"
                + tensor.getKey()
                + "' has "
                + bytes
                + " bytes, and a shard at most "
                + maxShardSize
                + "; allow larger ones");
      }
      if (bytes > maxShardSize - size) {
        parts.add(new LinkedHashMap<>());
        size = 0;
      }
      parts.getLast().put(tensor.getKey(), tensor.getValue());
      size += bytes;
      total = Math.addExact(total, bytes);
    }
    Map<String, FileContent> files = new LinkedHashMap<>();
    Map<String, List<Json>> map = new LinkedHashMap<>();
    for (int i = 0; i < parts.size(); i++) {
      String file = "%s_%05d.weights.h5".formatted(name, i);
      WeightsFile part = new WeightsFile(i == 0 ? whole.names() : Map.of(), parts.get(i));
      files.put(file, part.file());
      Json fileName = Json.of(file);
      for (String path : part.tensors().keySet()) {
        List<Json> places =
            map.computeIfAbsent(
                "/" + DatasetPaths.parents(path).getFirst(), _ -> new ArrayList<>());
        if (!places.contains(fileName)) {
          places.add(fileName);
        }
      }
    }
    Map<String, Json> groups = new LinkedHashMap<>();
    map.forEach((group, places) -> groups.put(group, Json.array(places)));
    Json.Obj index =
        Json.object()
            .put("metadata", Json.object().put("total_size", (double) total).build())
            .put(WEIGHT_MAP, Json.object(groups))
            .build();
    Map<String, FileContent> all = new LinkedHashMap<>();
    all.put(name + ".weights.json", FileContent.of(index.toIndentedText()));
    all.putAll(files);
    return all;
  }
}
