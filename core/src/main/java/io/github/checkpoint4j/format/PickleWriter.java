package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A value as a pickle of protocol 2, with just the opcodes and names that PyTorch reads with {@code
 * weights_only}, and the storages that it refers to.
 */
final class PickleWriter {
  private static final BigInteger INT_MIN = BigInteger.valueOf(Integer.MIN_VALUE);
  private static final BigInteger INT_MAX = BigInteger.valueOf(Integer.MAX_VALUE);

  /**
   * A storage.
   *
   * @param path the keys to the first tensor that uses it, joined by dots
   */
  record Stored(String path, Tensor tensor) {}

  private record Memory(MemorySegment start, long size, TorchType type) {}

  private final ByteWriter out = new ByteWriter();
  private final Map<String, Integer> memo = new HashMap<>();
  private final Map<Memory, Integer> keys = new HashMap<>();
  private final List<Stored> storages = new ArrayList<>();
  private final byte[] bytes;

  /**
   * @throws IllegalArgumentException if the value holds something that a pickle cannot; the message
   *     names it by its keys
   */
  PickleWriter(Value value) {
    out.u8(0x80).u8(2); // PROTO
    write(value, "", 0);
    out.u8('.'); // STOP
    this.bytes = out.take();
  }

  byte[] bytes() {
    return bytes;
  }

  /** The storages in the order of their keys, which are 0, 1, 2 and so on. */
  List<Stored> storages() {
    return Collections.unmodifiableList(storages);
  }

  private void write(Value value, String path, int depth) {
    if (depth > PickleResult.DEEPEST) {
      throw new IllegalArgumentException(
          "containers more than " + PickleResult.DEEPEST + " deep in one another");
    }
    switch (value) {
      case Value.None none -> out.u8('N'); // NONE
      case Value.Bool bool -> out.u8(bool.value() ? 0x88 : 0x89); // NEWTRUE, NEWFALSE
      case Value.Int number -> integer(number.value());
      case Value.Real real -> { // BINFLOAT
        long big = Long.reverseBytes(Double.doubleToRawLongBits(real.value()));
        out.u8('G').u64(big);
      }
      case Value.Text text -> text(text.value(), path);
      case Bytes raw -> bytes(raw.toByteArray());
      case Tensor tensor -> tensor(tensor, path);
      case Value.NdArray array -> array(array.elements(), path);
      case Value.Items items -> list(items.values(), path, depth);
      case Value.Tuple tuple -> {
        out.u8('('); // MARK
        sequence(tuple.values(), path, depth);
        out.u8('t'); // TUPLE
      }
      case StateDict dict -> {
        beginDict(dict.size());
        dict.entries()
            .forEach(
                (name, entry) -> {
                  text(name, path);
                  write(entry, join(path, name), depth + 1);
                });
        endDict(dict.size());
      }
      case Value.Dict dict -> {
        beginDict(dict.entries().size());
        dict.entries()
            .forEach(
                (key, entry) -> {
                  write(key, path, depth + 1);
                  write(entry, join(path, name(key)), depth + 1);
                });
        endDict(dict.entries().size());
      }
    }
  }

  private void beginDict(int size) {
    out.u8('}'); // EMPTY_DICT
    if (size > 0) {
      out.u8('('); // MARK
    }
  }

  private void endDict(int size) {
    if (size > 0) {
      out.u8('u'); // SETITEMS
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

  private void list(List<Value> values, String path, int depth) {
    out.u8(']'); // EMPTY_LIST
    if (!values.isEmpty()) {
      out.u8('('); // MARK
      sequence(values, path, depth);
      out.u8('e'); // APPENDS
    }
  }

  private void sequence(List<Value> values, String path, int depth) {
    int index = 0;
    for (Value value : values) {
      write(value, join(path, String.valueOf(index++)), depth + 1);
    }
  }

  private void integer(BigInteger number) {
    if (number.signum() >= 0 && number.bitLength() <= 8) {
      out.u8('K').u8(number.intValue()); // BININT1
    } else if (number.signum() >= 0 && number.bitLength() <= 16) {
      out.u8('M').u16(number.intValue()); // BININT2
    } else if (number.compareTo(INT_MIN) >= 0 && number.compareTo(INT_MAX) <= 0) {
      out.u8('J').u32(number.intValue()); // BININT
    } else {
      byte[] bigEndian = number.toByteArray();
      if (bigEndian.length <= 0xFF) {
        out.u8(0x8a).u8(bigEndian.length); // LONG1
      } else {
        out.u8(0x8b).u32(bigEndian.length); // LONG4
      }
      for (int i = bigEndian.length - 1; i >= 0; i--) {
        out.u8(bigEndian[i]);
      }
    }
  }

  private void integer(long number) {
    integer(BigInteger.valueOf(number));
  }

  private void text(String text, String path) {
    if (recall("s" + text)) {
      return;
    }
    try {
      ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] encoded = new byte[utf8.remaining()];
      utf8.get(encoded);
      out.u8('X').u32(encoded.length).bytes(encoded); // BINUNICODE
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "a string in '" + path + "' has half of a surrogate pair and no UTF-8", e);
    }
    memorize("s" + text);
  }

  private void word(String text) {
    text(text, "");
  }

  private void global(String module, String name) {
    String key = "c" + module + " " + name;
    if (!recall(key)) {
      // GLOBAL
      out.u8('c').bytes((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
      memorize(key);
    }
  }

  private boolean recall(String key) {
    Integer index = memo.get(key);
    if (index == null) {
      return false;
    }
    if (index <= 0xFF) {
      out.u8('h').u8(index); // BINGET
    } else {
      out.u8('j').u32(index); // LONG_BINGET
    }
    return true;
  }

  private void memorize(String key) {
    int index = memo.size();
    memo.put(key, index);
    if (index <= 0xFF) {
      out.u8('q').u8(index); // BINPUT
    } else {
      out.u8('r').u32(index); // LONG_BINPUT
    }
  }

  /** Protocol 2 has no bytes: Python writes them as Latin-1 characters to be encoded. */
  private void bytes(byte[] raw) {
    global("_codecs", "encode");
    byte[] utf8 = new String(raw, StandardCharsets.ISO_8859_1).getBytes(StandardCharsets.UTF_8);
    out.u8('X').u32(utf8.length).bytes(utf8); // BINUNICODE
    word("latin1");
    out.u8(0x86).u8('R'); // TUPLE2, REDUCE
  }

  // _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())
  private void tensor(Tensor tensor, String path) {
    TorchType type =
        TorchType.of(tensor.dtype())
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "PyTorch has no dtype " + tensor.dtype() + ", which '" + path + "' has"));
    boolean typed = type.storageClass().isPresent();
    long[] shape = shape(tensor, type, path);
    global("torch._utils", typed ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3");
    out.u8('('); // MARK
    storage(tensor, type, path);
    out.u8('K').u8(0); // BININT1
    integers(shape);
    integers(rowMajorStrides(shape, tensor.elementCount()));
    out.u8(0x89); // NEWFALSE
    global("collections", "OrderedDict");
    out.u8(')').u8('R'); // EMPTY_TUPLE, REDUCE
    if (!typed) {
      global("torch", type.dtypeName());
    }
    out.u8('t').u8('R'); // TUPLE, REDUCE
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
  private void storage(Tensor tensor, TorchType type, String path) {
    Memory memory = new Memory(tensor.bytes(), tensor.byteSize(), type);
    Integer key = tensor.byteSize() == 0 ? null : keys.get(memory);
    if (key == null) {
      key = storages.size();
      keys.put(memory, key);
      storages.add(new Stored(path, tensor));
    }
    out.u8('('); // MARK
    word("storage");
    if (type.storageClass().isPresent()) {
      global("torch", type.storageClass().get());
    } else {
      global("torch.storage", "UntypedStorage");
    }
    word(String.valueOf(key));
    word("cpu");
    integer(
        type.storageClass().isPresent() ? tensor.byteSize() / type.itemSize() : tensor.byteSize());
    out.u8('t').u8('Q'); // TUPLE, BINPERSID
  }

  private void integers(long[] numbers) {
    out.u8('('); // MARK
    for (long number : numbers) {
      integer(number);
    }
    out.u8('t'); // TUPLE
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
        NumpyPickle.code(tensor.dtype())
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "numpy has no dtype " + tensor.dtype() + ", which '" + path + "' has"));
    global("numpy._core.multiarray", "_reconstruct");
    out.u8('('); // MARK
    global("numpy", "ndarray");
    integers(new long[] {0});
    bytes(new byte[] {'b'});
    out.u8('t').u8('R'); // TUPLE, REDUCE
    out.u8('('); // MARK
    integer(1);
    integers(tensor.shape());
    dtype(code);
    out.u8(0x89); // NEWFALSE
    bytes(tensor.toByteArray());
    out.u8('t').u8('b'); // TUPLE, BUILD
  }

  // dtype(code, False, True), and then (3, byte order, None, None, None, -1, -1, 0)
  private void dtype(String code) {
    global("numpy", "dtype");
    word(code);
    out.u8(0x89).u8(0x88).u8(0x87).u8('R'); // NEWFALSE, NEWTRUE, TUPLE3, REDUCE
    out.u8('('); // MARK
    integer(3);
    word(code.endsWith("1") ? "|" : "<");
    out.u8('N').u8('N').u8('N'); // NONE
    integer(-1);
    integer(-1);
    integer(0);
    out.u8('t').u8('b'); // TUPLE, BUILD
  }
}
