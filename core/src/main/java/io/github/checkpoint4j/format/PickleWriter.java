package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.QuantizedTensor;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** A value as a pickle that PyTorch reads, and the storages that it refers to. */
final class PickleWriter {
  private final PickleOpcodes out = new PickleOpcodes();
  private final TorchStorages storages = new TorchStorages();
  private final byte[] bytes;

  /**
   * @throws IllegalArgumentException if the value holds something that a pickle cannot; the message
   *     names it by its keys
   */
  PickleWriter(Value value) {
    findTensors(value, "", 0);
    storages.arrange();
    write(value, "");
    this.bytes = out.finish();
  }

  byte[] bytes() {
    return bytes;
  }

  /** The storages in the order of their keys, which are 0, 1, 2 and so on. */
  List<List<FileContent.Part>> storages() {
    return storages.storages();
  }

  private void findTensors(Value value, String path, int depth) {
    if (depth > PickleResult.DEEPEST) {
      throw new IllegalArgumentException(
          "containers more than " + PickleResult.DEEPEST + " deep in one another");
    }
    switch (value) {
      case Tensor tensor -> storages.add(path, tensor, type(tensor, path));
      case StateDict dict ->
          dict.entries().forEach((name, entry) -> findTensors(entry, join(path, name), depth + 1));
      case Value.Dict dict -> {
        for (Map.Entry<Value, Value> entry : dict.entries().entrySet()) {
          findTensors(entry.getKey(), path, depth + 1);
          findTensors(entry.getValue(), join(path, name(entry.getKey())), depth + 1);
        }
      }
      case Value.Items items -> findAll(items.values(), path, depth);
      case Value.Tuple tuple -> findAll(tuple.values(), path, depth);
      case Value.ItemSet set -> findAll(set.values(), path, depth);
      case Value.FrozenSet set -> findAll(set.values(), path, depth);
      default -> {}
    }
  }

  private void findAll(Collection<Value> values, String path, int depth) {
    int index = 0;
    for (Value value : values) {
      findTensors(value, join(path, String.valueOf(index++)), depth + 1);
    }
  }

  private static TorchType type(Tensor tensor, String path) {
    return TorchType.of(tensor.dtype())
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "PyTorch has no dtype " + tensor.dtype() + ", which '" + path + "' has"));
  }

  private void write(Value value, String path) {
    switch (value) {
      case Value.None none -> out.none();
      case Value.Bool bool -> out.bool(bool.value());
      case Value.Int number -> out.integer(number.value());
      case Value.Real real -> out.real(real.value());
      case Value.Complex complex -> complex(complex);
      case Value.Text text -> text(text.value(), path);
      case Bytes raw -> out.bytes(raw.toByteArray());
      case Tensor tensor -> tensor(tensor, type(tensor, path), path);
      case Value.NdArray array -> array(array.elements(), path);
      case QuantizedTensor tensor ->
          throw new IllegalArgumentException(
              "PyTorch has no quantization "
                  + tensor.quantization()
                  + ", which '"
                  + path
                  + "' has");
      case Value.Items items -> list(items.values(), path);
      case Value.Tuple tuple -> {
        out.mark();
        sequence(tuple.values(), path);
        out.tuple();
      }
      case Value.ItemSet set -> set("set", set.values(), path);
      case Value.FrozenSet set -> set("frozenset", set.values(), path);
      case StateDict dict -> {
        beginDict(dict.size());
        dict.entries()
            .forEach(
                (name, entry) -> {
                  text(name, path);
                  write(entry, join(path, name));
                });
        endDict(dict.size());
      }
      case Value.Dict dict -> {
        beginDict(dict.entries().size());
        dict.entries()
            .forEach(
                (key, entry) -> {
                  requireHashable(key, "a key of the dict", path);
                  write(key, path);
                  write(entry, join(path, name(key)));
                });
        endDict(dict.entries().size());
      }
    }
  }

  private void beginDict(int size) {
    out.emptyDict();
    if (size > 0) {
      out.mark();
    }
  }

  private void endDict(int size) {
    if (size > 0) {
      out.setItems();
    }
  }

  private static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private static String name(Value key) {
    return switch (key) {
      case Value.Text text -> text.value();
      case Value.Int number -> number.value().toString();
      default -> key.toString();
    };
  }

  private void list(Collection<Value> values, String path) {
    out.emptyList();
    if (!values.isEmpty()) {
      out.mark();
      sequence(values, path);
      out.appends();
    }
  }

  private void sequence(Collection<Value> values, String path) {
    int index = 0;
    for (Value value : values) {
      write(value, join(path, String.valueOf(index++)));
    }
  }

  private void set(String kind, Collection<Value> values, String path) {
    for (Value value : values) {
      requireHashable(value, "an item of the set", path);
    }
    out.global("__builtin__", kind);
    out.mark();
    list(values, path);
    out.tuple();
    out.reduce();
  }

  private static void requireHashable(Value value, String what, String path) {
    PickleKeys.unhashable(value)
        .ifPresent(
            kind -> {
              throw new IllegalArgumentException(
                  what + " '" + path + "' is or has " + kind + ", which Python cannot hash");
            });
  }

  private void complex(Value.Complex number) {
    out.global("__builtin__", "complex");
    out.mark();
    out.real(number.real());
    out.real(number.imaginary());
    out.tuple();
    out.reduce();
  }

  private void text(String text, String path) {
    try {
      out.text(text);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "a string in '" + path + "' has half of a surrogate pair and no UTF-8", e);
    }
  }

  // _rebuild_tensor_v2(storage, offset, shape, strides, False, OrderedDict())
  private void tensor(Tensor tensor, TorchType type, String path) {
    boolean typed = type.storageClass().isPresent();
    long[] shape = shape(tensor, type, path);
    TorchStorages.Place place = storages.place(tensor);
    out.global("torch._utils", typed ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3");
    out.mark();
    storage(place, type);
    out.integer(place.offset() / type.itemSize());
    out.integers(shape);
    out.integers(rowMajorStrides(shape, tensor.elementCount()));
    out.bool(false);
    out.global("collections", "OrderedDict");
    out.emptyTuple();
    out.reduce();
    if (!typed) {
      out.global("torch", type.dtypeName());
    }
    out.tuple();
    out.reduce();
  }

  private static long[] shape(Tensor tensor, TorchType type, String path) {
    long[] shape = tensor.shape();
    if (type == TorchType.FLOAT4_E2M1FN_X2) {
      int last = shape.length - 1;
      if (last < 0 || shape[last] % 2 != 0) {
        throw new IllegalArgumentException(
            "PyTorch has pairs of F4 only, and the last dimension of '"
                + path
                + "' is odd: "
                + tensor);
      }
      shape[last] /= 2;
    }
    return shape;
  }

  // ("storage", storage class, key, "cpu", number of elements)
  private void storage(TorchStorages.Place place, TorchType type) {
    out.mark();
    out.word("storage");
    if (type.storageClass().isPresent()) {
      out.global("torch", type.storageClass().get());
    } else {
      out.global("torch.storage", "UntypedStorage");
    }
    out.word(String.valueOf(place.key()));
    out.word("cpu");
    out.integer(type.storageClass().isPresent() ? place.size() / type.itemSize() : place.size());
    out.tuple();
    out.persistentId();
  }

  private static long[] rowMajorStrides(long[] shape, long elements) {
    long[] strides = new long[shape.length];
    if (elements == 0) {
      Arrays.fill(strides, 1);
      return strides;
    }
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= shape[i];
    }
    return strides;
  }

  // _reconstruct(ndarray, (0,), b"b"), and then its state
  private void array(Tensor tensor, String path) {
    String code =
        NumpyCode.of(tensor.dtype())
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "numpy has no dtype " + tensor.dtype() + ", which '" + path + "' has"));
    out.global("numpy._core.multiarray", "_reconstruct");
    out.mark();
    out.global("numpy", "ndarray");
    out.integers(new long[] {0});
    out.bytes(new byte[] {'b'});
    out.tuple();
    out.reduce();
    out.mark();
    out.integer(1);
    out.integers(tensor.shape());
    dtype(code);
    out.bool(false);
    out.bytes(tensor.toByteArray());
    out.tuple();
    out.build();
  }

  // dtype(code, False, True), and then (3, byte order, None, None, None, -1, -1, 0)
  private void dtype(String code) {
    out.global("numpy", "dtype");
    out.mark();
    out.word(code);
    out.bool(false);
    out.bool(true);
    out.tuple();
    out.reduce();
    out.mark();
    out.integer(3);
    out.word(code.endsWith("1") ? "|" : "<");
    out.none();
    out.none();
    out.none();
    out.integer(-1);
    out.integer(-1);
    out.integer(0);
    out.tuple();
    out.build();
  }
}
