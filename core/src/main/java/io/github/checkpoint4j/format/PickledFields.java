package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The fields of a pickled Python object that are plain values.
 *
 * @param className the object's class, with its module
 * @param values the fields, in the order of the file
 * @param leftOut the names of the fields that are no plain values and were not read
 */
public record PickledFields(String className, StateDict values, List<String> leftOut) {
  public PickledFields {
    leftOut = List.copyOf(leftOut);
  }

  /**
   * The fields of the object that a pickle made.
   *
   * @param source the names of the file and the entry, for messages
   * @throws CorruptFileException if a field or key is there twice, or has no name
   * @throws UnsupportedFeatureException if it is not an object of training arguments
   */
  static PickledFields of(PickleObject object, String source, long pickleSize)
      throws CorruptFileException, UnsupportedFeatureException {
    if (!(object instanceof PickleObject.Instance instance)) {
      throw new UnsupportedFeatureException(
          source
              + ": expected the training arguments of transformers and found "
              + PickleArguments.kind(object)
              + "; read state with PyTorch.read");
    }
    PickleArguments items = new PickleArguments(instance.attributes().keysAndValues());
    Map<String, Value> values = new LinkedHashMap<>();
    Set<String> leftOut = new LinkedHashSet<>();
    try {
      for (int i = 0; i < items.size(); i += 2) {
        String field = items.text(i);
        if (values.containsKey(field) || leftOut.contains(field)) {
          throw new IllegalArgumentException("two fields '" + Excerpt.of(field) + "'");
        }
        try {
          values.put(field, PickleResult.plain(items.get(i + 1), source, pickleSize));
        } catch (UnsupportedFeatureException e) {
          leftOut.add(field);
        }
      }
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException(source + ": " + e.getMessage() + "; save the file again", e);
    }
    return new PickledFields(instance.name(), StateDict.of(values), List.copyOf(leftOut));
  }
}
