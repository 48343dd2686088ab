package io.github.checkpoint4j.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What {@code ckpt diff} prints.
 *
 * @param out where it is printed
 * @param top the rows of each part
 */
record DiffText(PrintWriter out, int top) {
  void print(
      boolean same, List<String> onlyBefore, List<String> onlyAfter, List<Comparison> comparisons) {
    if (same) {
      out.println("no difference");
      return;
    }
    onlyBefore.forEach(name -> out.println(Printable.of(name) + ": only in A"));
    onlyAfter.forEach(name -> out.println(Printable.of(name) + ": only in B"));
    for (Comparison comparison : comparisons) {
      out.println(heading(comparison));
      rows(comparison);
    }
  }

  private static String heading(Comparison of) {
    String name = Printable.of(of.name());
    if (of.isEmpty()) {
      return name + ": no difference";
    }
    List<String> parts = new ArrayList<>();
    int differ = of.tensors().size() + of.values().size();
    parts.add("%,d of %,d differ".formatted(differ, of.compared()));
    if (!of.onlyBefore().isEmpty()) {
      parts.add("%,d only in A".formatted(of.onlyBefore().size()));
    }
    if (!of.onlyAfter().isEmpty()) {
      parts.add("%,d only in B".formatted(of.onlyAfter().size()));
    }
    return name + ": " + String.join(", ", parts);
  }

  private void rows(Comparison comparison) {
    int shown = 0;
    int rows =
        comparison.onlyBefore().size()
            + comparison.onlyAfter().size()
            + comparison.values().size()
            + comparison.tensors().size();
    for (StateEntry entry : comparison.onlyBefore()) {
      if (shown < top) {
        out.println("  A only  " + told(entry));
        shown++;
      }
    }
    for (StateEntry entry : comparison.onlyAfter()) {
      if (shown < top) {
        out.println("  B only  " + told(entry));
        shown++;
      }
    }
    for (Comparison.ChangedValue value : comparison.values()) {
      if (shown < top) {
        out.println(
            "  "
                + Printable.of(
                    "%s: %s -> %s"
                        .formatted(
                            value.name(), Plain.text(value.before()), Plain.text(value.after()))));
        shown++;
      }
    }
    List<Comparison.ChangedTensor> tensors =
        comparison.tensors().subList(0, Math.min(top - shown, comparison.tensors().size()));
    if (!tensors.isEmpty()) {
      table(tensors).print(out);
      shown += tensors.size();
    }
    if (shown < rows) {
      out.println("  and %,d more; --top %d shows them".formatted(rows - shown, rows));
    }
  }

  private static String told(StateEntry entry) {
    return Printable.of(entry.name() + "  " + Plain.text(entry.value()));
  }

  private static Table table(List<Comparison.ChangedTensor> tensors) {
    Table table =
        new Table(
            "  name", "shape", ">|A|", ">|B|", ">|B-A|", ">relative", ">largest", "at", ">changed");
    for (Comparison.ChangedTensor tensor : tensors) {
      table.row(
          tensor
              .difference()
              .map(difference -> cells(tensor, difference))
              .orElseGet(() -> incomparable(tensor)));
    }
    return table;
  }

  private static List<String> cells(Comparison.ChangedTensor tensor, TensorDifference difference) {
    String dtype =
        tensor.before().type().equals(tensor.after().type())
            ? ""
            : " %s -> %s".formatted(tensor.before().type(), tensor.after().type());
    return List.of(
        "  " + tensor.name(),
        Arrays.toString(tensor.before().shape()) + dtype,
        number(difference.before()),
        number(difference.after()),
        number(difference.change()),
        difference.relative().isPresent() ? number(difference.relative().getAsDouble()) : "-",
        difference.notFinite() > 0 ? "not finite" : number(difference.largest()),
        TensorDifference.place(difference.at(), tensor.before().shape()),
        Quantities.count(difference.changed()));
  }

  private static List<String> incomparable(Comparison.ChangedTensor tensor) {
    return List.of(
        "  " + tensor.name(),
        "%s -> %s"
            .formatted(Plain.text(tensor.before().value()), Plain.text(tensor.after().value())),
        "-",
        "-",
        "-",
        "-",
        "-",
        "-",
        "-");
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
