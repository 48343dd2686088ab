package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.QuantizedTensor;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.LongStream;

/** The value of a {@link StateEntry} as text and as JSON. */
final class Plain {
  private static final int LONGEST_TEXT = 60;
  private static final int LONGEST_LIST = 8;

  private Plain() {}

  /** One short line: a tensor's dtype and shape, a value, a list with its first items. */
  static String text(Value value) {
    return switch (value) {
      case Tensor tensor -> tensor.dtype() + " " + Arrays.toString(tensor.shape());
      case Value.NdArray array -> text(array.elements());
      case QuantizedTensor tensor -> tensor.quantization() + " " + Arrays.toString(tensor.shape());
      case Value.None _ -> "None";
      case Value.Bool bool -> bool.value() ? "True" : "False";
      case Value.Int whole -> clipped(whole.value().toString());
      case Value.Real real -> Json.of(real.value()).toText();
      case Value.Complex complex -> complex(complex);
      case Value.Text text -> "'" + clipped(text.value()) + "'";
      case Bytes bytes -> bytes.toString();
      case StateDict _, Value.Dict _ -> "{}";
      case Value.Items items -> list("[", items.values(), "]");
      case Value.Tuple tuple -> list("(", tuple.values(), ")");
      case Value.ItemSet set when set.values().isEmpty() -> "set()";
      case Value.ItemSet set -> list("{", set.values(), "}");
      case Value.FrozenSet set -> list("frozenset({", set.values(), "})");
    };
  }

  /** As Python writes it, for instance {@code (1.0-2.0j)}. */
  private static String complex(Value.Complex number) {
    String imaginary = Json.of(number.imaginary()).toText();
    return "("
        + Json.of(number.real()).toText()
        + (imaginary.startsWith("-") ? "" : "+")
        + imaginary
        + "j)";
  }

  private static String list(String open, Collection<Value> values, String close) {
    List<String> shown = new ArrayList<>();
    values.stream().limit(LONGEST_LIST).map(Plain::text).forEach(shown::add);
    if (values.size() > LONGEST_LIST) {
      shown.add("… " + (values.size() - LONGEST_LIST) + " more");
    }
    return open + String.join(", ", shown) + close;
  }

  private static String clipped(String text) {
    if (text.length() <= LONGEST_TEXT) {
      return text;
    }
    int end =
        Character.isHighSurrogate(text.charAt(LONGEST_TEXT - 1)) ? LONGEST_TEXT - 1 : LONGEST_TEXT;
    return text.substring(0, end) + "…";
  }

  /** The value, whole; bytes as their number, numbers that are not finite as {@link #number}. */
  static Json json(Value value) {
    return switch (value) {
      case Tensor tensor -> array(tensor.dtype().name(), tensor.shape());
      case QuantizedTensor tensor -> array(tensor.quantization(), tensor.shape());
      case Value.NdArray array -> json(array.elements());
      case Value.None _ -> Json.Null.NULL;
      case Value.Bool bool -> Json.of(bool.value());
      case Value.Int whole -> new Json.Num(whole.value().toString());
      case Value.Real real -> number(real.value());
      case Value.Text text -> Json.of(text.value());
      case Bytes bytes -> Json.of(bytes.toString());
      case StateDict _, Value.Dict _ -> Json.object().build();
      case Value.Complex complex -> Json.of(complex(complex));
      case Value.Items items -> array(items.values());
      case Value.Tuple tuple -> array(tuple.values());
      case Value.ItemSet set -> array(set.values());
      case Value.FrozenSet set -> array(set.values());
    };
  }

  private static Json array(String type, long[] shape) {
    return Json.object().put("dtype", type).put("shape", shape(shape)).build();
  }

  private static Json array(Collection<Value> values) {
    return Json.array(values.stream().map(Plain::json).toList());
  }

  /** An array of strings. */
  static Json texts(Collection<String> texts) {
    return Json.array(texts.stream().map(Json::of).toList());
  }

  static Json shape(long[] shape) {
    return Json.array(LongStream.of(shape).mapToObj(Json::of).toList());
  }

  /** JSON has no number for these: they are the strings {@code "NaN"}, {@code "Infinity"}. */
  static Json number(double value) {
    return Double.isFinite(value) ? Json.of(value) : Json.of(String.valueOf(value));
  }
}
