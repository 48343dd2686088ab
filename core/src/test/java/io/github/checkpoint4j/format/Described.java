package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.QuantizedTensor;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values as JSON in which Java and Python can compare them, as golden/pytorch/described.py. */
final class Described {
  private Described() {}

  static Json of(Value value) {
    return switch (value) {
      case Tensor tensor -> one("tensor", row(tensor));
      case QuantizedTensor tensor -> throw new AssertionError("PyTorch has none: " + tensor);
      case Value.NdArray array -> one("array", row(array.elements()));
      case Value.None none -> one("NoneType", Json.Null.NULL);
      case Value.Bool bool -> one("bool", Json.of(bool.value()));
      case Value.Text text -> one("str", Json.of(text.value()));
      case Value.Int number -> one("int", Json.of(number.value().toString()));
      case Value.Real real -> one("float", bits(real.value()));
      case Value.Complex complex ->
          one("complex", Json.array(List.of(bits(complex.real()), bits(complex.imaginary()))));
      case Bytes bytes -> one("bytes", Json.of(HexFormat.of().formatHex(bytes.toByteArray())));
      case Value.Items items -> one("list", array(items.values()));
      case Value.Tuple tuple -> one("tuple", array(tuple.values()));
      case Value.ItemSet set -> one("set", array(set.values()));
      case Value.FrozenSet set -> one("frozenset", array(set.values()));
      case StateDict dict -> {
        List<Json> pairs = new ArrayList<>();
        dict.entries()
            .forEach(
                (name, entry) -> pairs.add(Json.array(List.of(of(Value.of(name)), of(entry)))));
        yield one("dict", Json.array(pairs));
      }
      case Value.Dict dict -> {
        List<Json> pairs = new ArrayList<>();
        dict.entries().forEach((key, entry) -> pairs.add(Json.array(List.of(of(key), of(entry)))));
        yield one("dict", Json.array(pairs));
      }
    };
  }

  private static Json one(String kind, Json value) {
    return Json.object(Map.of(kind, value));
  }

  private static Json array(Collection<Value> values) {
    return Json.array(values.stream().map(Described::of).toList());
  }

  private static Json bits(double number) {
    return Json.of(String.format("%016x", Double.doubleToRawLongBits(number)));
  }

  private static Json row(Tensor tensor) {
    return Json.object()
        .put("name", "")
        .put("dtype", tensor.dtype().name())
        .put("shape", Golden.shape(tensor))
        .put("sha256", Golden.sha256(tensor.toByteArray()))
        .build();
  }

  /** The same document with the items of sets in one order. */
  static Json sorted(Json json) {
    return switch (json) {
      case Json.Arr array -> Json.array(array.items().stream().map(Described::sorted).toList());
      case Json.Obj object -> {
        Map<String, Json> members = new LinkedHashMap<>();
        object
            .members()
            .forEach(
                (name, member) -> {
                  Json inner = sorted(member);
                  boolean isSet = name.endsWith("set") && inner instanceof Json.Arr;
                  members.put(name, isSet ? inOrder((Json.Arr) inner) : inner);
                });
        yield Json.object(members);
      }
      default -> json;
    };
  }

  private static Json inOrder(Json.Arr items) {
    return Json.array(items.items().stream().sorted(Comparator.comparing(Json::toText)).toList());
  }
}
