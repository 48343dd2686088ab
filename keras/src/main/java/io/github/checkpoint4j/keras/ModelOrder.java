package io.github.checkpoint4j.keras;

import io.github.checkpoint4j.format.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The order in which Keras saves the variables of a model: a group's own variables first, layers as
 * the configuration lists them, and else by their names.
 *
 * <p>A layer's group is named by its class and not by the layer ({@code layers/dense_1}), so the
 * names in order of the alphabet are not those in order of the model.
 *
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/saving/saving_lib.py">saving_lib.py,
 *     _walk_saveable and _save_container_state</a>
 */
final class ModelOrder {
  private static final Pattern NUMBERED = Pattern.compile("(.*?)_?([0-9]{1,9})");

  /** The positions of layers' groups in the configuration. */
  private final Map<String, Integer> positions = new HashMap<>();

  private ModelOrder() {}

  /** The order in a model of this configuration; if there is none, of names alone. */
  static ModelOrder of(Optional<Json.Obj> config) {
    ModelOrder order = new ModelOrder();
    config.ifPresent(model -> order.place("", model));
    return order;
  }

  /** The entries in this order of their paths. */
  <T> Map<String, T> sorted(Map<String, T> entries) {
    record Placed<T>(List<Place> places, Map.Entry<String, T> entry) {}
    Map<String, T> sorted = new LinkedHashMap<>();
    entries.entrySet().stream()
        .map(entry -> new Placed<>(places(entry.getKey()), entry))
        .sorted(Comparator.comparing(Placed::places, ModelOrder::compare))
        .forEach(placed -> sorted.put(placed.entry().getKey(), placed.entry().getValue()));
    return sorted;
  }

  private void place(String prefix, Json.Obj object) {
    if (!(object.find("config").orElse(Json.Null.NULL) instanceof Json.Obj config)) {
      return;
    }
    config
        .members()
        .forEach(
            (name, member) -> {
              if (member instanceof Json.Obj part) {
                place(prefix + name + "/", part);
              } else if (member instanceof Json.Arr layers && name.equals("layers")) {
                place(prefix + "layers/", layers);
              }
            });
  }

  private void place(String prefix, Json.Arr layers) {
    groups(prefix, layers.items())
        .forEach(
            (group, layer) -> {
              positions.putIfAbsent(group, positions.size());
              place(group + "/", layer);
            });
  }

  /**
   * Layers by the group that Keras puts their variables into, in their order.
   *
   * @param prefix what all groups begin with
   */
  static Map<String, Json.Obj> groups(String prefix, List<Json> layers) {
    Map<String, Json.Obj> groups = new LinkedHashMap<>();
    Map<String, Integer> used = new HashMap<>();
    for (Json item : layers) {
      if (item instanceof Json.Obj layer
          && layer.find("class_name").orElse(Json.Null.NULL) instanceof Json.Str className) {
        String name = snakeCase(className.value());
        int before = used.merge(name, 1, Integer::sum) - 1;
        groups.putIfAbsent(prefix + (before == 0 ? name : name + "_" + before), layer);
      }
    }
    return groups;
  }

  /** The name of a layer's group by its class, as naming.to_snake_case makes it. */
  static String snakeCase(String className) {
    String words = className.replaceAll("(?U)\\W+", "");
    words = words.replaceAll("(.)([A-Z][a-z]+)", "$1_$2");
    return words.replaceAll("([a-z])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }

  /** Where one name of a path stands among those in the same group. */
  private record Place(int position, boolean below, boolean isPrivate, String stem, long number)
      implements Comparable<Place> {
    private static final Comparator<Place> ORDER =
        Comparator.comparingInt(Place::position)
            .thenComparing(Place::below)
            .thenComparing(Place::isPrivate)
            .thenComparing(Place::stem)
            .thenComparingLong(Place::number);

    @Override
    public int compareTo(Place other) {
      return ORDER.compare(this, other);
    }
  }

  private List<Place> places(String path) {
    List<Place> places = new ArrayList<>();
    int start = 0;
    for (String name : path.split("/", -1)) {
      int end = start + name.length();
      int position = positions.getOrDefault(path.substring(0, end), Integer.MAX_VALUE);
      Matcher numbered = NUMBERED.matcher(name);
      boolean isNumbered = numbered.matches();
      places.add(
          new Place(
              position,
              !name.equals(DatasetPaths.VARS),
              name.startsWith("_"),
              isNumbered ? numbered.group(1) : name,
              isNumbered ? Long.parseLong(numbered.group(2)) : -1));
      start = end + 1;
    }
    return places;
  }

  private static int compare(List<Place> left, List<Place> right) {
    for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
      int compared = left.get(i).compareTo(right.get(i));
      if (compared != 0) {
        return compared;
      }
    }
    return Integer.compare(left.size(), right.size());
  }
}
