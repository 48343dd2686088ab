package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class PyTorchPropertiesTest {

  @Property(tries = 300)
  void what_is_written_is_read_back(@ForAll("values") Value value) throws IOException {
    Value read = PyTorch.read(PyTorchWriteTest.joined(PyTorch.write(value, "a")), "a.pt");

    assertThat(same(read, value)).as(value + " was read as " + read).isTrue();
  }

  @Property(tries = 1000)
  void a_damaged_file_is_read_or_refused_and_nothing_else(
      @ForAll("files") String name,
      @ForAll("positions") double where,
      @ForAll byte by,
      @ForAll @IntRange(max = 40) int cut)
      throws IOException {
    byte[] bytes = Golden.topic("pytorch").bytes(name).toArray(ValueLayout.JAVA_BYTE);
    bytes[(int) (where * (bytes.length - 1))] ^= by;
    MemorySegment damaged = MemorySegment.ofArray(bytes).asSlice(0, bytes.length - cut);

    assertThat(outcome(damaged)).matches("(?s)read|damaged\\.pt.*");
  }

  @Property(tries = 300)
  void a_view_has_the_elements_that_its_strides_lead_to(
      @ForAll @Size(max = 4) List<@IntRange(max = 4) Integer> shape,
      @ForAll @Size(value = 4) List<@IntRange(max = 7) Integer> strides,
      @ForAll @IntRange(max = 5) int offset,
      @ForAll boolean bigEndian)
      throws IOException {
    for (TorchType type :
        List.of(TorchType.UINT8, TorchType.FLOAT16, TorchType.INT32, TorchType.COMPLEX64)) {
      byte[] memory = new byte[(5 + 4 * 3 * 7 + 1) * type.itemSize()];
      for (int i = 0; i < memory.length; i++) {
        memory[i] = (byte) (i * 31);
      }
      PickleObject.Storage storage =
          new PickleObject.Storage("0", Optional.of(type), MemorySegment.ofArray(memory));
      long[] sizes = shape.stream().mapToLong(i -> i).toArray();
      long[] steps = strides.stream().limit(sizes.length).mapToLong(i -> i).toArray();

      Tensor tensor =
          new TorchTensors(bigEndian, memory.length).view(storage, type, offset, sizes, steps);

      assertThat(tensor.toByteArray())
          .isEqualTo(naive(memory, type, offset, sizes, steps, bigEndian));
    }
  }

  @Provide
  Arbitrary<String> files() {
    return Arbitraries.of("model.pt", "kinds.pt", "legacy-views.pt", "legacy-python2.pt", "tar.pt");
  }

  @Provide
  Arbitrary<Double> positions() {
    return Arbitraries.doubles().between(0, 1);
  }

  @Provide
  Arbitrary<Value> values() {
    Arbitrary<String> texts =
        Arbitraries.strings()
            .excludeChars(Character.MIN_SURROGATE)
            .ofMaxLength(8)
            .filter(text -> text.chars().noneMatch(c -> Character.isSurrogate((char) c)));
    Arbitrary<Value> plain =
        Arbitraries.oneOf(
            Arbitraries.just(Value.none()),
            Arbitraries.of(true, false).map(Value::of),
            Arbitraries.bigIntegers()
                .between(BigInteger.TWO.pow(4000).negate(), BigInteger.TWO.pow(4000))
                .map(Value.Int::new),
            Arbitraries.longs().map(Value::of),
            Arbitraries.doubles().map(Value::of),
            Arbitraries.of(Double.NaN, Double.NEGATIVE_INFINITY, -0.0).map(Value::of),
            Combinators.combine(Arbitraries.doubles(), Arbitraries.doubles())
                .as(Value.Complex::new),
            texts.map(Value::of),
            Arbitraries.bytes().array(byte[].class).ofMaxSize(9).map(Bytes::of));
    Arbitrary<Value> hashable =
        Arbitraries.recursive(() -> plain, inner -> hashableContainers(inner), 0, 2);
    Arbitrary<Value> leaves =
        Arbitraries.frequencyOf(
            Tuple.of(4, plain),
            Tuple.of(1, hashable.set().ofMaxSize(4).map(Value.ItemSet::new)),
            Tuple.of(
                1, Arbitraries.maps(hashable, plain).ofMinSize(1).ofMaxSize(3).map(this::dict)),
            Tuple.of(1, tensors().map(tensor -> tensor)),
            Tuple.of(
                1,
                tensors()
                    .filter(tensor -> NumpyCode.of(tensor.dtype()).isPresent())
                    .map(Value.NdArray::new)));
    return Arbitraries.recursive(() -> leaves, inner -> containers(texts, inner), 0, 3);
  }

  private static Arbitrary<Value> hashableContainers(Arbitrary<Value> inner) {
    return Arbitraries.oneOf(
        inner,
        inner.list().ofMaxSize(3).map(Value.Tuple::new),
        inner.set().ofMaxSize(3).map(Value.FrozenSet::new));
  }

  /** As it is read: one whose keys are all strings is a state dict. */
  private Value dict(Map<Value, Value> entries) {
    if (!entries.keySet().stream().allMatch(Value.Text.class::isInstance)) {
      return new Value.Dict(entries);
    }
    StateDict.Builder named = StateDict.builder();
    entries.forEach((key, value) -> named.put(((Value.Text) key).value(), value));
    return named.build();
  }

  private static Arbitrary<Value> containers(Arbitrary<String> texts, Arbitrary<Value> inner) {
    return Arbitraries.oneOf(
        inner,
        inner.list().ofMaxSize(4).map(Value.Items::new),
        inner.list().ofMaxSize(4).map(Value.Tuple::new),
        Arbitraries.maps(texts, inner).ofMaxSize(4).map(StateDict::of),
        Arbitraries.maps(Arbitraries.longs().map(Value::of), inner)
            .ofMinSize(1)
            .ofMaxSize(4)
            .map(Value.Dict::new));
  }

  private static Arbitrary<Tensor> tensors() {
    Arbitrary<Dtype> dtypes =
        Arbitraries.of(TorchType.values()).map(TorchType::dtype).filter(d -> d != Dtype.F4);
    Arbitrary<long[]> shapes = Arbitraries.longs().between(0, 3).array(long[].class).ofMaxSize(4);
    return Combinators.combine(dtypes, shapes, Arbitraries.randoms())
        .as(
            (dtype, shape, random) -> {
              byte[] bytes = new byte[Math.toIntExact(dtype.byteSize(Tensor.elementCount(shape)))];
              random.nextBytes(bytes);
              return Tensor.of(dtype, shape, MemorySegment.ofArray(bytes));
            });
  }

  private static String outcome(MemorySegment file) throws IOException {
    try {
      PyTorch.read(file, "damaged.pt");
      return "read";
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static byte[] naive(
      byte[] memory, TorchType type, long offset, long[] shape, long[] strides, boolean bigEndian) {
    int count = (int) Tensor.elementCount(shape);
    int item = type.itemSize();
    byte[] result = new byte[count * item];
    for (int element = 0; element < count; element++) {
      long rest = element;
      long source = offset;
      for (int i = shape.length - 1; i >= 0; i--) {
        source += rest % shape[i] * strides[i];
        rest /= shape[i];
      }
      for (int i = 0; i < item; i++) {
        int swap = type.swapSize();
        int from = bigEndian ? i / swap * swap + swap - 1 - i % swap : i;
        result[element * item + i] = memory[(int) source * item + from];
      }
    }
    return result;
  }

  private static boolean same(Value a, Value b) {
    return switch (a) {
      case Tensor tensor -> b instanceof Tensor other && tensor.hasSameBytes(other);
      case Value.NdArray array ->
          b instanceof Value.NdArray other && array.elements().hasSameBytes(other.elements());
      case Value.Items items ->
          b instanceof Value.Items other && all(items.values(), other.values());
      case Value.Tuple tuple ->
          b instanceof Value.Tuple other && all(tuple.values(), other.values());
      case Value.ItemSet set ->
          b instanceof Value.ItemSet other
              && List.copyOf(set.values()).equals(List.copyOf(other.values()));
      case StateDict dict ->
          b instanceof StateDict other
              && List.copyOf(dict.names()).equals(List.copyOf(other.names()))
              && all(dict.entries(), other.entries());
      case Value.Dict dict ->
          b instanceof Value.Dict other
              && List.copyOf(dict.entries().keySet()).equals(List.copyOf(other.entries().keySet()))
              && all(dict.entries(), other.entries());
      default -> a.equals(b);
    };
  }

  private static boolean all(Map<?, Value> a, Map<?, Value> b) {
    return all(List.copyOf(a.values()), List.copyOf(b.values()));
  }

  private static boolean all(List<Value> a, List<Value> b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!same(a.get(i), b.get(i))) {
        return false;
      }
    }
    return true;
  }
}
