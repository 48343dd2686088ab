package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TreeTest {
  @Test
  void labels_are_branches_in_the_order_of_their_first_leaf() {
    assertThat(shown("b.x", "a.y", "b.z"))
        .isEqualTo(
            """
            root  all
            ├─ b
            │  ├─ x  1
            │  └─ z  1
            └─ a.y  1
            """);
  }

  @Test
  void numbered_children_that_are_alike_are_one_whatever_their_order() {
    assertThat(shown("l.0.w", "l.1.w", "l.10.w", "l.11.w", "l.2.w", "l.3.w", "l.9.w"))
        .isEqualTo(
            """
            root  all
            └─ l
               ├─ 0 … 3  4 alike
               │  └─ w  1
               └─ 9 … 11  3 alike
                  └─ w  1
            """);
  }

  @Test
  void numbered_children_that_differ_stay_apart() {
    assertThat(shown("l.0.w", "l.1.w", "l.2.v", "l.3.w"))
        .contains("0 … 1  2 alike", "├─ 2.v  1", "└─ 3.w  1");
  }

  @Test
  void numbers_that_are_leaves_are_joined_too() {
    assertThat(shown("l.0", "l.1", "l.2")).contains("└─ 0 … 2  1  (3 alike)");
  }

  @Test
  void a_number_too_long_is_a_label_like_any_other() {
    assertThat(shown("l.99999999999999999999", "l.1")).contains("99999999999999999999  1");
  }

  @Test
  void a_leaf_may_be_a_branch_as_well() {
    assertThat(shown("a", "a.b", "a.c")).contains("└─ a  1\n   ├─ b  1\n   └─ c  1\n");
  }

  @Test
  void labels_and_details_are_made_safe_to_show() {
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);

    Tree.of("r\n", "\u001b", List.of(new Tree.Leaf(List.of("x\u0007"), "y\u202e"))).print(out);

    assertThat(text.toString()).isEqualTo("r\\n  \\x1b\n└─ x\\x07  y\\u202e\n");
  }

  private static String shown(String... paths) {
    List<Tree.Leaf> leaves =
        Arrays.stream(paths)
            .map(path -> new Tree.Leaf(List.of(path.split("\\.", -1)), "1"))
            .toList();
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    Tree.of("root", "all", leaves).print(out);
    return text.toString();
  }
}
