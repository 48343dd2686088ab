package io.github.checkpoint4j.torch;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Module;

/** How far the parameters of a model of numbered layers are from its end. */
final class LayerDepths {
  private static final Pattern LAYER =
      Pattern.compile("(?:^|\\.)(?:layers?|h|blocks?)\\.(\\d{1,9})(?:\\.|$)");
  private static final int EXAMPLES = 3;

  private LayerDepths() {}

  /**
   * The depth of each parameter: 0 after the last of the layers, 1 in the last one, 2 in the one
   * before it; and for what is registered before the first layer one more than there.
   *
   * @throws IllegalArgumentException if no name has the number of a layer
   */
  static Map<String, Integer> of(Module module) {
    List<String> names = List.copyOf(ModuleState.of(module).parameters().keySet());
    int last = names.stream().mapToInt(name -> layer(name).orElse(-1)).max().orElse(-1);
    if (last < 0) {
      throw new IllegalArgumentException(
          ("a decay by layer needs layers with numbers in the names of their parameters, as in"
                  + " encoder.layer.0.weight; the model has %s")
              .formatted(names.stream().limit(EXAMPLES).toList()));
    }
    Map<String, Integer> depths = new LinkedHashMap<>();
    boolean before = true;
    for (String name : names) {
      OptionalInt layer = layer(name);
      before &= layer.isEmpty();
      depths.put(name, layer.isPresent() ? last + 1 - layer.getAsInt() : before ? last + 2 : 0);
    }
    return depths;
  }

  private static OptionalInt layer(String name) {
    Matcher layer = LAYER.matcher(name);
    return layer.find() ? OptionalInt.of(Integer.parseInt(layer.group(1))) : OptionalInt.empty();
  }
}
