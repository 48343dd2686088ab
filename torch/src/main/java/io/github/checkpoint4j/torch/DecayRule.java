package io.github.checkpoint4j.torch;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * Which parameters of a module weight decay is for, as Hugging Face's Trainer has it: not those of
 * layer normalisations, and none with {@code bias} or a form of {@code norm} in the name.
 *
 * @see <a
 *     href="https://github.com/huggingface/transformers/blob/main/src/transformers/trainer.py">{@code
 *     Trainer.get_decay_parameter_names}</a>
 */
final class DecayRule {
  private static final Pattern EXEMPT =
      Pattern.compile("bias|layernorm|rmsnorm|(?:^|\\.)norm(?:$|\\.)|_norm(?:$|\\.)");

  private final Map<String, Tensor> decayed = new LinkedHashMap<>();
  private final Map<String, Tensor> exempt = new LinkedHashMap<>();

  private DecayRule() {}

  /**
   * The parameters of {@code module} that need gradients, parted. Of one under several names only
   * the first name counts.
   */
  static DecayRule applyTo(Module module) {
    var rule = new DecayRule();
    Set<String> normalisations = normalisations(module);
    ModuleState.of(module)
        .parameters()
        .forEach(
            (name, parameter) -> {
              if (parameter.requires_grad()) {
                int dot = name.lastIndexOf('.');
                boolean isExempt =
                    EXEMPT.matcher(name.toLowerCase(Locale.ROOT)).find()
                        || (dot > 0 && normalisations.contains(name.substring(0, dot)));
                (isExempt ? rule.exempt : rule.decayed).put(name, parameter);
              }
            });
    return rule;
  }

  /** The parameters weight decay is for, in the module's order. */
  Map<String, Tensor> decayed() {
    return decayed;
  }

  /** The parameters weight decay is not for, in the module's order. */
  Map<String, Tensor> exempt() {
    return exempt;
  }

  private static Set<String> normalisations(Module module) {
    Set<String> names = new HashSet<>();
    try (var modules = module.named_modules();
        var keys = modules.keys()) {
      for (long i = 0; i < keys.size(); i++) {
        var key = keys.get(i);
        // The module itself has no name, which JavaCPP gives as null; the rule is not for it.
        if (key != null && modules.get(key).asLayerNorm() != null) {
          names.add(key.getString());
        }
      }
    }
    return names;
  }
}
