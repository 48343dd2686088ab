package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kinds of values besides tensors and dicts, see kinds() in golden/pytorch/make.py. */
class PyTorchKindsTest {
  private static StateDict kinds(String file) throws IOException {
    return (StateDict) PyTorchReadTest.read(file);
  }

  private static StateDict rewritten(StateDict state) throws IOException {
    return (StateDict)
        PyTorch.read(PyTorchWriteTest.joined(PyTorch.write(state, "again")), "again.pt");
  }

  @ParameterizedTest
  @ValueSource(strings = {"kinds.pt", "kinds5.pt", "legacy-values.pt"})
  void sets_and_frozensets_are_themselves(String file) throws IOException {
    StateDict kinds = kinds(file);

    assertThat(((Value.ItemSet) kinds.get("set")).values())
        .containsExactlyInAnyOrder(
            Value.of(1),
            Value.of("a"),
            Value.tuple(Value.of(2.5), Value.none()),
            Bytes.of(new byte[] {'x'}),
            new Value.FrozenSet(Set.of(Value.of(1))));
    assertThat(kinds.get("frozenset"))
        .isEqualTo(new Value.FrozenSet(Set.of(Value.of("b"), Value.of(7))));
    assertThat(((Value.ItemSet) kinds.get("empty set")).values()).isEmpty();
    assertThat(((Value.FrozenSet) kinds.get("empty frozenset")).values()).isEmpty();
    assertThat(((Value.Dict) kinds.get("by frozenset")).entries())
        .containsEntry(new Value.FrozenSet(Set.of(Value.of(1), Value.of(2))), Value.of("key"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"kinds.pt", "kinds5.pt", "legacy-values.pt"})
  void complex_numbers_are_themselves_also_those_of_numpy(String file) throws IOException {
    StateDict kinds = kinds(file);
    StateDict numpy = kinds("kinds.pt").dict("numpy");

    assertThat(kinds.get("complex"))
        .isEqualTo(
            Value.list(
                new Value.Complex(1, -2), new Value.Complex(-0.0, Double.POSITIVE_INFINITY)));
    assertThat(numpy.get("c8")).isEqualTo(new Value.Complex(1, 2));
    assertThat(numpy.get("c16")).isEqualTo(new Value.Complex(3, -4));
    assertThat(((Value.NdArray) numpy.get("complexes")).elements().toString()).isEqualTo("C128[2]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"kinds.pt", "kinds5.pt"})
  void a_column_major_numpy_array_comes_in_row_major_order(String file) throws IOException {
    Tensor array = ((Value.NdArray) kinds(file).dict("numpy").get("fortran")).elements();

    assertThat(array.toString()).isEqualTo("I32[2, 3]");
    assertThat(array.toLongs()).containsExactly(0, 1, 2, 3, 4, 5);
  }

  @Test
  void subclasses_of_dict_are_dicts() throws IOException {
    StateDict kinds = kinds("kinds.pt");

    assertThat(((Value.Dict) kinds.get("defaultdict")).entries())
        .containsEntry(Value.of("a"), Value.list(Value.of(1)))
        .containsEntry(Value.of("b"), Value.list())
        .containsEntry(Value.of(3), Value.list(Value.of("c")));
    assertThat(kinds.dict("counter").integer("a")).isEqualTo(5);
    assertThat(kinds.dict("no factory").integer("a")).isEqualTo(1);
  }

  @Test
  void dtypes_layouts_and_schemes_are_their_names() throws IOException {
    StateDict kinds = kinds("kinds.pt");

    assertThat(kinds.get("layouts"))
        .isEqualTo(Value.list(Value.of("torch.strided"), Value.of("torch.sparse_coo")));
    assertThat(kinds.get("dtypes"))
        .isEqualTo(
            Value.list(
                Value.of("torch.uint3"),
                Value.of("torch.bits8"),
                Value.of("torch.qint8"),
                Value.of("torch.complex32")));
    assertThat(kinds.text("scheme")).isEqualTo("torch.per_tensor_affine");
  }

  @Test
  void whole_numbers_of_hundreds_of_digits_are_exact() throws IOException {
    BigInteger huge = BigInteger.TWO.pow(2000);

    assertThat(kinds("kinds.pt").get("huge"))
        .isEqualTo(
            Value.list(
                new Value.Int(huge),
                new Value.Int(BigInteger.TWO.pow(2039).negate()),
                new Value.Int(huge.add(BigInteger.ONE))));
  }

  @Test
  void parameters_buffers_and_storages_are_tensors() throws IOException {
    StateDict kinds = kinds("kinds.pt");

    assertThat(kinds.tensor("parameter").toFloats()).containsExactly(1, 1);
    assertThat(kinds.tensor("buffer").toFloats()).containsExactly(0, 0, 0);
    assertThat(((Value.Items) kinds.get("storages")).values())
        .extracting(Value::toString)
        .containsExactly("U8[24]", "F32[4]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"kinds.pt", "legacy-values.pt"})
  void tensors_of_devices_without_storages_are_tensors(String file) throws IOException {
    List<Value> tensors = ((Value.Items) kinds(file).get("on device")).values();

    assertThat(((Tensor) tensors.getFirst()).toFloats()).containsExactly(0, 1, 2);
    assertThat(((Tensor) tensors.get(1)).toLongs()).containsExactly(0, 1, 2);
  }

  @Test
  void one_storage_may_be_of_raw_bytes_and_of_uint8() throws IOException {
    List<Value> both = ((Value.Items) kinds("kinds.pt").get("two classes of one storage")).values();

    assertThat(both).extracting(Value::toString).containsExactly("F8_E5M2[2]", "U8[2]");
    assertThat(((Tensor) both.get(1)).bytes()).isEqualTo(((Tensor) both.getFirst()).bytes());
  }

  @Test
  void all_kinds_are_the_same_after_writing_and_reading() throws IOException {
    StateDict kinds = kinds("kinds.pt");
    StateDict again = rewritten(kinds);

    assertThat(again.names()).containsExactlyElementsOf(kinds.names());
    for (String name : kinds.names()) {
      if (!Set.of(
              "parameter", "buffer", "storages", "on device", "two classes of one storage", "numpy")
          .contains(name)) {
        assertThat(again.get(name)).as(name).isEqualTo(kinds.get(name));
      }
    }
  }

  @Test
  void a_complex_tensor_of_any_width_is_written_and_read() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Dtype dtype : new Dtype[] {Dtype.C32, Dtype.C64, Dtype.C128}) {
      byte[] bytes = new byte[dtype.bits() / 8 * 2];
      bytes[bytes.length - 1] = 7;
      tensors.put(dtype.name(), Tensor.of(dtype, new long[] {2, 1}, MemorySegment.ofArray(bytes)));
    }

    StateDict again = rewritten(StateDict.of(tensors));

    tensors.forEach(
        (name, tensor) -> assertThat(again.tensor(name).hasSameBytes(tensor)).as(name).isTrue());
  }

  @Test
  void a_complex_tensor_is_refused_by_safetensors_by_name() {
    Tensor tensor = Tensor.of(Dtype.C128, new long[] {1}, MemorySegment.ofArray(new byte[16]));

    assertThatThrownBy(() -> SafeTensors.write(StateDict.of(Map.of("wave", tensor)), Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "tensor 'wave' has the dtype C128, which safetensors has not;"
                + " save it in a PyTorch file, or convert it");
  }

  @Test
  void what_python_cannot_hash_is_not_written_into_a_set_or_as_a_key() {
    Value set = new Value.ItemSet(Set.of(Value.tuple(Value.list())));
    Value dict = new Value.Dict(Map.of(StateDict.empty(), Value.of(1)));

    assertThatThrownBy(() -> PyTorch.write(StateDict.builder().put("a", set).build(), "a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("an item of the set 'a' is or has a list, which Python cannot hash");
    assertThatThrownBy(() -> PyTorch.write(StateDict.builder().put("b", dict).build(), "a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a key of the dict 'b' is or has a dict, which Python cannot hash");
  }

  @Test
  void keys_with_a_few_equal_hashes_are_read() throws IOException {
    Map<Value, Value> keys = new LinkedHashMap<>();
    for (int i = 0; i < 200; i++) {
      String word = String.format("%8s", Integer.toBinaryString(i)).replace(' ', '0');
      keys.put(Value.tuple(Value.of(word.replace("0", "Aa").replace("1", "BB"))), Value.of(i));
    }
    assertThat(keys.keySet().stream().map(Value::hashCode).distinct()).hasSize(1);

    Value read =
        PyTorch.read(PyTorchWriteTest.joined(PyTorch.write(new Value.Dict(keys), "a")), "a.pt");

    assertThat(read).isEqualTo(new Value.Dict(keys));
  }
}
