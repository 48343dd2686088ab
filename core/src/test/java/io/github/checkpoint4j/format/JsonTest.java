package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
  private final Json.Obj object =
      Json.object()
          .put("text", "a")
          .put("whole", 3)
          .put("real", 0.5)
          .put("flag", true)
          .put("nothing", Json.Null.NULL)
          .put("object", Json.object(Map.of()))
          .put("array", Json.array(List.of(Json.of(1))))
          .build();

  @Test
  void getters_give_what_was_put() {
    assertThat(object.text("text")).isEqualTo("a");
    assertThat(object.integer("whole")).isEqualTo(3);
    assertThat(object.real("real")).isEqualTo(0.5);
    assertThat(object.real("whole")).isEqualTo(3.0);
    assertThat(object.bool("flag")).isTrue();
    assertThat(object.object("object").members()).isEmpty();
    assertThat(object.array("array").items()).containsExactly(Json.of(1));
    assertThat(object.find("nothing")).contains(Json.Null.NULL);
    assertThat(object.find("absent")).isEmpty();
  }

  @Test
  void members_keep_their_order() {
    assertThat(object.members().keySet())
        .containsExactly("text", "whole", "real", "flag", "nothing", "object", "array");
  }

  @Test
  void a_missing_member_is_named_with_those_there_are() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Json.object().put("a", 1).build().get("b"))
        .withMessage("no member 'b' in the object; it has [a]");
  }

  @Test
  void a_member_of_another_kind_is_named_with_its_kind() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> object.text("whole"))
        .withMessage("member 'whole' should be a string and is the number 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> object.integer("text"))
        .withMessage("member 'text' should be a whole number and is a string");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> object.real("nothing"))
        .withMessage("member 'nothing' should be a number and is null");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> object.bool("object"))
        .withMessage("member 'object' should be true or false and is an object");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> object.object("array"))
        .withMessage("member 'array' should be an object and is an array");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> object.array("flag"))
        .withMessage("member 'flag' should be an array and is true");
  }

  @Test
  void a_number_that_is_not_a_long_is_no_integer() {
    Json.Obj numbers =
        Json.object().put("real", 3.0).put("large", new Json.Num("9223372036854775808")).build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> numbers.integer("real"))
        .withMessage("member 'real': 3.0 is not a whole number");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> numbers.integer("large"))
        .withMessage("member 'large': 9223372036854775808 is not a 64-bit number");
  }

  @Test
  void numbers_are_equal_when_python_s_are() {
    assertThat(new Json.Num("1E5")).isEqualTo(Json.of(100000.0));
    assertThat(new Json.Num("0.10")).isEqualTo(Json.of(0.1));
    assertThat(new Json.Num("-0")).isEqualTo(Json.of(0));
    assertThat(new Json.Num("-0.0")).isNotEqualTo(Json.of(0.0));
    assertThat(Json.of(1)).isNotEqualTo(Json.of(1.0));
    assertThat(new Json.Num("1e999").literal()).isEqualTo("Infinity");
    assertThat(Json.of(Double.NaN)).isEqualTo(new Json.Num("NaN"));
    assertThat(new Json.Num("NaN").isWhole()).isFalse();
    assertThat(new Json.Num("-Infinity").asDouble()).isEqualTo(Double.NEGATIVE_INFINITY);
  }

  @Test
  void what_is_no_number_is_refused() {
    for (String literal : List.of("", "01", "1.", ".5", "+1", "1e", "0x1", "nan", "1 ", "--1")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Json.Num(literal))
          .withMessage("not a number: " + literal);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Json.Num("0" + "1".repeat(1000)))
        .withMessage("not a number: 0" + "1".repeat(39) + "...");
  }

  @Test
  void objects_are_equal_in_any_order() {
    assertThat(Json.object().put("a", 1).put("b", 2).build())
        .isEqualTo(Json.object().put("b", 2).put("a", 1).build());
  }

  @Test
  void a_builder_refuses_a_second_member_of_a_name() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Json.object().put("a", 1).put("a", "x"))
        .withMessage("two members 'a'");
  }

  @Test
  void an_object_does_not_follow_the_map_it_was_made_of() {
    var members = new HashMap<String, Json>(Map.of("a", Json.of(1)));
    Json.Obj made = Json.object(members);
    members.clear();
    assertThat(made.integer("a")).isEqualTo(1);
  }
}
