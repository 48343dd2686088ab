package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * What became of the tensors of a file and of the parameters and buffers of the module that they
 * were loaded into.
 *
 * @param loaded the parameters and buffers that were loaded, under the module's names
 * @param missing those that the file does not have, under the module's names; they are as they were
 * @param unexpected the entries of the file that are not the module's, under the file's names
 * @param mismatched parameters and buffers for which the file has something else; they are as they
 *     were
 * @param converted those of {@code loaded} that are of another dtype in the file
 * @param excluded the entries of the file that the rules leave out, under the file's names
 * @param unusedRules the rules that were for no entry of the file
 */
public record LoadReport(
    List<String> loaded,
    List<String> missing,
    List<String> unexpected,
    List<Mismatch> mismatched,
    List<Conversion> converted,
    List<String> excluded,
    List<String> unusedRules) {
  public LoadReport {
    loaded = List.copyOf(loaded);
    missing = List.copyOf(missing);
    unexpected = List.copyOf(unexpected);
    mismatched = List.copyOf(mismatched);
    converted = List.copyOf(converted);
    excluded = List.copyOf(excluded);
    unusedRules = List.copyOf(unusedRules);
  }

  /** A dtype and a shape. */
  public record TensorType(Dtype dtype, List<Long> shape) {
    public TensorType {
      shape = List.copyOf(shape);
    }

    static TensorType of(Tensor tensor) {
      return of(tensor.dtype(), tensor.shape());
    }

    static TensorType of(Dtype dtype, long[] shape) {
      return new TensorType(dtype, LongStream.of(shape).boxed().toList());
    }

    /** For instance {@code F32[2, 3]}. */
    @Override
    public String toString() {
      return dtype + shape.toString();
    }
  }

  /**
   * A parameter or buffer that the file has otherwise.
   *
   * @param name the module's name
   * @param expected what it is in the module
   * @param found what it is in the file; empty if it is no tensor there
   */
  public record Mismatch(String name, TensorType expected, Optional<TensorType> found) {
    /** For instance {@code classifier.bias (expected F32[3], found F32[2])}. */
    @Override
    public String toString() {
      return StateFit.difference(
          name, expected.toString(), found.map(TensorType::toString).orElse(StateFit.NO_TENSOR));
    }
  }

  /** A parameter or buffer, by the module's name, that is of dtype {@code from} in the file. */
  public record Conversion(String name, Dtype from, Dtype to) {}

  /** The names of the parameters and buffers that are as they were, in the order of the report. */
  public List<String> untouched() {
    List<String> names = new ArrayList<>(missing);
    mismatched.forEach(mismatch -> names.add(mismatch.name()));
    return names;
  }

  /**
   * The report in lines: first how many were loaded, then a line for each kind of the rest.
   *
   * @param most the names in a line; of those beyond, it says how many there are
   */
  public List<String> lines(int most) {
    List<String> lines = new ArrayList<>();
    int all = loaded.size() + missing.size() + mismatched.size();
    lines.add(
        missing.isEmpty() && mismatched.isEmpty()
            ? "all %d loaded".formatted(all)
            : "%d of %d loaded".formatted(loaded.size(), all));
    add(lines, "missing", missing, Function.identity(), most);
    add(lines, "mismatched", mismatched, Mismatch::toString, most);
    add(lines, "unexpected, passed over", unexpected, Function.identity(), most);
    add(lines, "left out by the rules", excluded, Function.identity(), most);
    converted.stream()
        .collect(
            Collectors.groupingBy(
                one -> "converted from " + one.from() + " to " + one.to(),
                LinkedHashMap::new,
                Collectors.toList()))
        .forEach((what, names) -> add(lines, what, names, Conversion::name, most));
    add(lines, "of the rules without use", unusedRules, Function.identity(), most);
    return lines;
  }

  /** The report in one line, every name in it but those that were loaded as they are. */
  @Override
  public String toString() {
    return String.join("; ", lines(Integer.MAX_VALUE));
  }

  private static <T> void add(
      List<String> lines, String what, List<T> all, Function<T, String> text, int most) {
    if (!all.isEmpty()) {
      lines.add(StateFit.counted(what, all.stream().map(text).toList(), most));
    }
  }
}
