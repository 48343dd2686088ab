package io.github.checkpoint4j.keras.hdf5;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Trees as golden/keras/hdf5/make.py describes them. */
final class Described {
  private Described() {}

  static Json tree(Hdf5Node node) throws IOException {
    Map<String, Json> members = new LinkedHashMap<>();
    Map<String, Json> attributes = new TreeMap<>();
    node.attributes().forEach((name, value) -> attributes.put(name, value(value)));
    members.put("attributes", new Json.Obj(attributes));
    switch (node) {
      case Hdf5Dataset dataset -> members.put("value", value(dataset.value()));
      case Hdf5Group group -> {
        Map<String, Json> children = new LinkedHashMap<>();
        for (Map.Entry<String, Hdf5Node> child : group.children().entrySet()) {
          children.put(child.getKey(), tree(child.getValue()));
        }
        members.put("children", new Json.Obj(children));
      }
    }
    return new Json.Obj(members);
  }

  static Json value(Hdf5Value value) {
    return switch (value) {
      case Hdf5Value.Text(String text) -> new Json.Obj(Map.of("text", Json.of(text)));
      case Hdf5Value.Texts texts ->
          new Json.Obj(Map.of("texts", Json.array(texts.values().stream().map(Json::of).toList())));
      case Hdf5Value.Empty() -> new Json.Obj(Map.of("empty", Json.of(true)));
      case Hdf5Value.Numbers(Tensor tensor) ->
          new Json.Obj(
              Map.of(
                  "dtype", Json.of(tensor.dtype().name()),
                  "shape", Json.array(Arrays.stream(tensor.shape()).mapToObj(Json::of).toList()),
                  "sha256", Json.of(sha256(tensor.toByteArray()).substring(0, 16))));
    };
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
