package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Random states of everything that PyTorch's files hold, for Python to read. */
final class RandomValues {
  private final Random random;
  private final List<Tensor> tensors = new ArrayList<>();

  RandomValues(long seed) {
    this.random = new Random(seed);
  }

  /** A value with containers at most {@code depth} deep in one another. */
  Value value(int depth) {
    if (depth == 0 || random.nextInt(10) < 3) {
      return switch (random.nextInt(8)) {
        case 0, 1 -> tensor();
        case 2 -> part();
        case 3 -> array();
        default -> plain();
      };
    }
    List<Value> items = new ArrayList<>();
    Map<Value, Value> keyed = new LinkedHashMap<>();
    Map<String, Value> named = new LinkedHashMap<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      items.add(value(depth - 1));
      keyed.put(key(), items.getLast());
      named.put("layer." + i + text(), items.getLast());
    }
    return switch (random.nextInt(6)) {
      case 0 -> new Value.Items(items);
      case 1 -> new Value.Tuple(items);
      case 2 -> new Value.ItemSet(new LinkedHashSet<>(keyed.keySet()));
      case 3 -> new Value.FrozenSet(keyed.keySet());
      case 4 -> new Value.Dict(keyed);
      default -> StateDict.of(named);
    };
  }

  private Value plain() {
    return switch (random.nextInt(7)) {
      case 0 -> Value.none();
      case 1 -> Value.of(random.nextBoolean());
      case 2 -> new Value.Int(new BigInteger(random.nextInt(600), random).negate());
      case 3 -> Value.of(random.nextInt(100_000));
      case 4 -> Value.of(random.nextGaussian() / (random.nextBoolean() ? 0 : 1));
      case 5 -> new Value.Complex(random.nextDouble(), -0.0);
      default -> random.nextBoolean() ? Value.of(text()) : Bytes.of(bytes(random.nextInt(300)));
    };
  }

  private Value key() {
    Value number = Value.of(random.nextInt(-1_000_000, 1_000_000));
    return switch (random.nextInt(4)) {
      case 0 -> Value.tuple(number, Value.of("x"));
      case 1 -> new Value.FrozenSet(Set.of(number));
      case 2 -> Value.of("key " + number);
      default -> number;
    };
  }

  private String text() {
    int[] characters = {'a', 0, '\n', 0xe9, 0x4f60, 0x1f600};
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(6); i > 0; i--) {
      text.appendCodePoint(characters[random.nextInt(characters.length)]);
    }
    return text.toString();
  }

  private byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  private long[] shape(int most) {
    return random.longs(random.nextInt(4), 0, most).toArray();
  }

  private Tensor tensor() {
    TorchType[] types = TorchType.values();
    Dtype dtype = types[random.nextInt(types.length)].dtype();
    long[] shape = shape(5);
    if (dtype == Dtype.F4) {
      shape = new long[] {random.nextInt(4), 2L * random.nextInt(4)};
    }
    byte[] bytes = bytes((int) dtype.byteSize(Tensor.elementCount(shape)));
    if (dtype == Dtype.BOOL) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] &= 1;
      }
    }
    tensors.add(Tensor.of(dtype, shape, MemorySegment.ofArray(bytes)));
    return tensors.getLast();
  }

  /** A part of a tensor that may be elsewhere too, of the same memory. */
  private Tensor part() {
    Tensor whole = tensors.isEmpty() ? tensor() : tensors.get(random.nextInt(tensors.size()));
    if (whole.dtype().bits() < 8) {
      return whole;
    }
    int item = whole.dtype().bits() / 8;
    long from = random.nextLong(whole.elementCount() + 1);
    long count = random.nextLong(whole.elementCount() - from + 1);
    return Tensor.of(
        whole.dtype(), new long[] {count}, whole.bytes().asSlice(from * item, count * item));
  }

  private Value.NdArray array() {
    Dtype[] dtypes = {Dtype.I8, Dtype.U16, Dtype.I32, Dtype.F32, Dtype.F64, Dtype.C128};
    Dtype dtype = dtypes[random.nextInt(dtypes.length)];
    long[] shape = shape(4);
    byte[] bytes = bytes((int) dtype.byteSize(Tensor.elementCount(shape)));
    return new Value.NdArray(Tensor.of(dtype, shape, MemorySegment.ofArray(bytes)));
  }
}
