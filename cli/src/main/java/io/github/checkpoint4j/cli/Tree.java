package io.github.checkpoint4j.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A tree to be shown.
 *
 * @param label what leads here from the parent
 * @param detail what stands here; empty for a node that only has children
 */
record Tree(String label, String detail, List<Tree> children) {
  /** Deeper paths are cut: what remains of them is one label. */
  private static final int DEEPEST = 48;

  private static final String ELLIPSIS = " … ";

  Tree {
    children = List.copyOf(children);
  }

  /**
   * Something at the end of a path.
   *
   * @param path the labels from the root
   */
  record Leaf(List<String> path, String detail) {}

  /** The tree of {@code leaves}, in their order, made short by {@link #folded}. */
  static Tree of(String label, String detail, List<Leaf> leaves) {
    return of(label, detail, leaves, ".");
  }

  /** The same, with another text than a dot between labels that are joined. */
  static Tree of(String label, String detail, List<Leaf> leaves, String separator) {
    Growing root = new Growing();
    for (Leaf leaf : leaves) {
      root.add(leaf.path(), 0, leaf.detail());
    }
    return new Tree(label, detail, root.trees()).folded(separator);
  }

  /** Nodes while the tree is built: by label, in the order of their first leaf. */
  private static final class Growing {
    private final Map<String, Growing> children = new LinkedHashMap<>();
    private String detail = "";

    void add(List<String> path, int depth, String leafDetail) {
      if (depth == path.size()) {
        detail = leafDetail;
      } else if (depth == DEEPEST) {
        String rest = String.join(".", path.subList(depth, path.size()));
        children.computeIfAbsent(rest, _ -> new Growing()).detail = leafDetail;
      } else {
        children
            .computeIfAbsent(path.get(depth), _ -> new Growing())
            .add(path, depth + 1, leafDetail);
      }
    }

    List<Tree> trees() {
      List<Tree> trees = new ArrayList<>();
      children.forEach((label, child) -> trees.add(new Tree(label, child.detail, child.trees())));
      return trees;
    }
  }

  /**
   * The same, shorter: numbered children are in the order of their numbers, and neighbours that are
   * alike are one ({@code 0 … 5}), and a node whose only child is a node joins it ({@code
   * encoder.layer}).
   */
  private Tree folded(String separator) {
    List<Tree> shorter =
        new ArrayList<>(children.stream().map(child -> child.folded(separator)).toList());
    if (shorter.stream().allMatch(child -> child.number().isPresent())) {
      shorter.sort(Comparator.comparing(child -> child.number().orElseThrow()));
    }
    return new Tree(
        label,
        detail,
        alikeJoined(shorter).stream().map(child -> child.withOnlyChild(separator)).toList());
  }

  private Tree withOnlyChild(String separator) {
    if (!detail.isEmpty() || children.size() != 1 || children.getFirst().isNumbered()) {
      return this;
    }
    Tree only = children.getFirst();
    return new Tree(label + separator + only.label, only.detail, only.children);
  }

  private static List<Tree> alikeJoined(List<Tree> trees) {
    List<Tree> joined = new ArrayList<>();
    for (int i = 0; i < trees.size(); ) {
      Tree first = trees.get(i);
      int end = i + 1;
      while (end < trees.size() && first.continuedBy(trees.get(end), end - i)) {
        end++;
      }
      joined.add(end == i + 1 ? first : first.until(trees.get(end - 1), end - i));
      i = end;
    }
    return joined;
  }

  private Tree until(Tree last, int count) {
    String alike = count + " alike";
    return new Tree(
        label + ELLIPSIS + last.label,
        detail.isEmpty() ? alike : detail + "  (" + alike + ")",
        children);
  }

  private Optional<Long> number() {
    boolean digits = !label.isEmpty() && label.length() < 18;
    for (int i = 0; digits && i < label.length(); i++) {
      digits = label.charAt(i) >= '0' && label.charAt(i) <= '9';
    }
    return digits ? Optional.of(Long.parseLong(label)) : Optional.empty();
  }

  private boolean isNumbered() {
    return number().isPresent() || label.contains(ELLIPSIS);
  }

  private boolean continuedBy(Tree other, int distance) {
    return number().isPresent()
        && other.number().equals(number().map(n -> n + distance))
        && other.detail.equals(detail)
        && other.children.equals(children);
  }

  void print(PrintWriter out) {
    out.println(Printable.of(label) + (detail.isEmpty() ? "" : "  " + Printable.of(detail)));
    printChildren("", out);
  }

  private void printChildren(String indent, PrintWriter out) {
    int widest = 0;
    for (Tree child : children) {
      if (child.children.isEmpty()) {
        widest = Math.max(widest, Math.min(32, Printable.of(child.label).length()));
      }
    }
    for (int i = 0; i < children.size(); i++) {
      Tree child = children.get(i);
      boolean last = i == children.size() - 1;
      String shown = Printable.of(child.label);
      StringBuilder line = new StringBuilder(indent).append(last ? "└─ " : "├─ ").append(shown);
      if (!child.detail.isEmpty()) {
        line.repeat(' ', Math.max(0, widest - shown.length()))
            .append("  ")
            .append(Printable.of(child.detail));
      }
      out.println(line);
      child.printChildren(indent + (last ? "   " : "│  "), out);
    }
  }
}
