package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.bytedeco.pytorch.Module;

/**
 * How the tensors of a file are loaded into a module: its parameters and buffers under PyTorch's
 * dotted names. Immutable; begins at {@link #strict} or {@link #lenient}.
 *
 * <pre>{@code
 * LoadReport report =
 *     WeightLoading.lenient()
 *         .rules(LoadRules.none().stripPrefix("module.").except(NamePattern.glob("classifier.*")))
 *         .load(state, model, "model.pt");
 * }</pre>
 *
 * <p>F16, BF16, F32 and F64 are converted to each other, and the report says so; whole numbers are
 * not made fractions, nor the reverse. That nothing at all is loaded is always an error.
 */
public final class WeightLoading {
  /** What a checkpoint is loaded by: everything as it was saved. */
  static final WeightLoading EXACT =
      new WeightLoading(LoadRules.none(), true, false, Set.of(), List::of);

  private static final Set<Dtype> FLOATS = Set.of(Dtype.F16, Dtype.BF16, Dtype.F32, Dtype.F64);

  private final LoadRules rules;
  private final boolean strict;
  private final boolean mismatchedIgnored;
  private final Set<Dtype> convertible;
  private final Function<String, List<String>> synonyms;

  private WeightLoading(
      LoadRules rules,
      boolean strict,
      boolean mismatchedIgnored,
      Set<Dtype> convertible,
      Function<String, List<String>> synonyms) {
    this.rules = rules;
    this.strict = strict;
    this.mismatchedIgnored = mismatchedIgnored;
    this.convertible = convertible;
    this.synonyms = synonyms;
  }

  /** A parameter or buffer that the file does not have is an error, and the reverse. */
  public static WeightLoading strict() {
    return new WeightLoading(LoadRules.none(), true, false, FLOATS, List::of);
  }

  /**
   * What only the module or only the file has is reported, as by PyTorch's {@code strict=False}; a
   * tensor of another shape is still an error.
   */
  public static WeightLoading lenient() {
    return new WeightLoading(LoadRules.none(), false, false, FLOATS, List::of);
  }

  /** With these rules for the names in the file. */
  public WeightLoading rules(LoadRules value) {
    return new WeightLoading(value, strict, mismatchedIgnored, convertible, synonyms);
  }

  /**
   * A tensor of another shape, or of a type that is not converted, is passed over and reported, as
   * by {@code ignore_mismatched_sizes=True} of transformers.
   */
  public WeightLoading ignoreMismatched() {
    return new WeightLoading(rules, strict, true, convertible, synonyms);
  }

  /**
   * With names of the module that a name in the file may stand for, after the rules; the first that
   * the module has is taken.
   */
  public WeightLoading synonyms(Function<String, List<String>> value) {
    return new WeightLoading(rules, strict, mismatchedIgnored, convertible, value);
  }

  /**
   * Copies the tensors of {@code state} into the parameters and buffers of {@code module}. Dicts in
   * it are entries whose names have a dot before each name within.
   *
   * @param source what {@code state} is from, for messages
   * @throws StateMismatchException if nothing of it would be loaded, two entries are for one
   *     parameter, or something else does not fit that is not to be passed over. The message names
   *     everything, and a rule under which more would fit; nothing was changed
   */
  public LoadReport load(StateDict state, Module module, String source) {
    return load(state, ModuleState.of(module), source);
  }

  LoadReport load(StateDict state, ModuleState module, String source) {
    var match = new WeightMatch(module.entries(), synonyms, convertible, source);
    match.add(state, rules);
    match.require(strict, mismatchedIgnored, convertible.isEmpty());
    return match.copy();
  }
}
