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
import org.junit.jupiter.api.Test;

/** Files that PyTorch and the Hugging Face Trainer wrote, see golden/pytorch/make.py. */
class PyTorchReadTest {
  static Value read(String name) throws IOException {
    return PyTorch.read(Golden.topic("pytorch").bytes(name), name);
  }

  private static StateDict dict(String name) throws IOException {
    return (StateDict) read(name);
  }

  @Test
  void the_trainers_optimizer_state_has_a_state_per_parameter_and_two_groups() throws IOException {
    StateDict optimizer = dict("optimizer.pt");

    assertThat(optimizer.names()).containsExactly("state", "param_groups");
    Value.Dict state = (Value.Dict) optimizer.get("state");
    assertThat(state.entries()).hasSize(41);
    StateDict first = (StateDict) state.find(Value.of(0)).orElseThrow();
    assertThat(first.names()).containsExactlyInAnyOrder("step", "exp_avg", "exp_avg_sq");
    assertThat(first.tensor("step").toFloats()).containsExactly(2f);
    assertThat(first.tensor("exp_avg").shape()).containsExactly(40, 32);
    Value.Items groups = (Value.Items) optimizer.get("param_groups");
    assertThat(groups.values()).hasSize(2);
    StateDict decayed = (StateDict) groups.values().getFirst();
    assertThat(decayed.real("weight_decay")).isEqualTo(0.01);
    assertThat(decayed.get("betas")).isEqualTo(Value.tuple(Value.of(0.9), Value.of(0.999)));
    assertThat(decayed.get("foreach")).isEqualTo(Value.none());
    assertThat(((StateDict) groups.values().getLast()).real("weight_decay")).isZero();
  }

  @Test
  void the_trainers_scheduler_state_is_plain_numbers() throws IOException {
    StateDict scheduler = dict("scheduler.pt");

    assertThat(scheduler.integer("last_epoch")).isEqualTo(2);
    assertThat(scheduler.get("base_lrs")).isEqualTo(Value.list(Value.of(5e-5), Value.of(5e-5)));
    assertThat(scheduler.get("lr_lambdas"))
        .isEqualTo(Value.list(StateDict.empty(), StateDict.empty()));
  }

  @Test
  void the_trainers_random_state_has_python_numpy_and_cpu() throws IOException {
    StateDict random = dict("rng_state.pth");

    assertThat(random.tensor("cpu").dtype()).isEqualTo(Dtype.U8);
    assertThat(random.tensor("cpu").shape()).containsExactly(5056);
    Value.Tuple python = (Value.Tuple) random.get("python");
    assertThat(python.values().getFirst()).isEqualTo(Value.of(3));
    assertThat(((Value.Tuple) python.values().get(1)).values()).hasSize(625);
    Value.Tuple numpy = (Value.Tuple) random.get("numpy");
    assertThat(numpy.values().getFirst()).isEqualTo(Value.of("MT19937"));
    Tensor key = ((Value.NdArray) numpy.values().get(1)).elements();
    assertThat(key.dtype()).isEqualTo(Dtype.U32);
    assertThat(key.shape()).containsExactly(624);
    assertThat(key.bytes().get(LittleEndian.INT, 0)).isEqualTo(42);
  }

  @Test
  void sgd_keeps_its_momentum_and_the_parameters_names() throws IOException {
    StateDict optimizer = dict("sgd.pt");

    StateDict group = (StateDict) ((Value.Items) optimizer.get("param_groups")).values().getFirst();
    assertThat(group.get("param_names"))
        .isEqualTo(Value.list(Value.of("weight"), Value.of("bias")));
    StateDict bias =
        (StateDict) ((Value.Dict) optimizer.get("state")).find(Value.of(1)).orElseThrow();
    assertThat(bias.tensor("momentum_buffer").shape()).containsExactly(2);
  }

  @Test
  void plain_values_keep_their_kinds() throws IOException {
    StateDict values = dict("values.pt");

    assertThat(values.get("none")).isEqualTo(Value.none());
    assertThat(values.get("true")).isEqualTo(Value.of(true));
    assertThat(values.get("false")).isEqualTo(Value.of(false));
    assertThat(values.text("text")).isEqualTo("grüße \uD834\uDD1E \n");
    assertThat(values.get("bytes")).isEqualTo(Bytes.of(new byte[] {0, -1}));
    assertThat(values.get("no bytes")).isEqualTo(Bytes.of(new byte[0]));
    assertThat(values.get("array of bytes")).isEqualTo(Bytes.of(new byte[] {'a', 'b'}));
    assertThat(values.get("tuples"))
        .isEqualTo(
            Value.list(
                Value.tuple(),
                Value.tuple(Value.of(1)),
                Value.tuple(Value.of(1), Value.of(2)),
                Value.tuple(Value.of(1), Value.of(2), Value.of(3)),
                Value.tuple(Value.of(1), Value.of(2), Value.of(3), Value.of(4))));
    assertThat(values.dict("empty").get("dict")).isEqualTo(StateDict.empty());
    assertThat(values.dict("empty").get("list")).isEqualTo(Value.list());
    assertThat(values.dict("empty").get("ordered")).isEqualTo(StateDict.empty());
    assertThat(values.get("size")).isEqualTo(Value.tuple(Value.of(2), Value.of(3)));
    assertThat(values.text("device")).isEqualTo("cpu");
    assertThat(values.text("cuda")).isEqualTo("cuda:1");
    assertThat(values.text("dtype")).isEqualTo("torch.bfloat16");
  }

  @Test
  void whole_numbers_may_have_any_size() throws IOException {
    BigInteger huge = BigInteger.TEN.pow(40);
    BigInteger two63 = BigInteger.TWO.pow(63);

    assertThat(((Value.Items) dict("values.pt").get("integers")).values())
        .extracting(value -> ((Value.Int) value).value())
        .containsExactly(
            BigInteger.valueOf(0),
            BigInteger.valueOf(255),
            BigInteger.valueOf(256),
            BigInteger.valueOf(65535),
            BigInteger.valueOf(65536),
            BigInteger.valueOf(-1),
            BigInteger.valueOf(Integer.MAX_VALUE),
            BigInteger.valueOf(Integer.MIN_VALUE),
            two63,
            two63.negate(),
            huge,
            huge.negate());
  }

  @Test
  void reals_are_read_exactly() throws IOException {
    assertThat(((Value.Items) dict("values.pt").get("reals")).values())
        .containsExactly(
            Value.of(0.0),
            Value.of(-0.0),
            Value.of(1e-5),
            Value.of(Double.POSITIVE_INFINITY),
            Value.of(Double.NEGATIVE_INFINITY),
            Value.of(Double.MAX_VALUE));
  }

  @Test
  void a_dict_with_other_keys_than_strings_keeps_them() throws IOException {
    StateDict values = dict("values.pt");

    assertThat(((Value.Dict) values.get("numbers")).entries())
        .containsEntry(Value.of(0), Value.of("zero"))
        .containsEntry(Value.of(-1), Value.of("minus one"));
    assertThat(((Value.Dict) values.get("mixed")).entries().keySet())
        .containsExactly(Value.of("a"), Value.of(2), Value.tuple(Value.of(1), Value.of("x")));
  }

  @Test
  void numpy_scalars_become_numbers_and_arrays_stay_arrays() throws IOException {
    StateDict numpy = dict("values.pt").dict("numpy");

    assertThat(numpy.get("f8")).isEqualTo(Value.of(1.5));
    assertThat(numpy.get("f4")).isEqualTo(Value.of(0.5));
    assertThat(numpy.get("i8")).isEqualTo(Value.of(-3));
    assertThat(numpy.get("u1")).isEqualTo(Value.of(200));
    assertThat(numpy.get("b1")).isEqualTo(Value.of(true));
    Tensor array = ((Value.NdArray) numpy.get("array")).elements();
    assertThat(array.toString()).isEqualTo("I16[2, 3]");
    assertThat(array.bytes().get(LittleEndian.SHORT, 8)).isEqualTo((short) 4);
    assertThat(((Value.NdArray) numpy.get("big")).elements().toFloats()).containsExactly(0, 1, 2);
  }

  @Test
  void a_pickle_of_protocol_4_gives_the_same_values() throws IOException {
    StateDict two = dict("values.pt");
    StateDict four = dict("protocol4.pt");

    assertThat(four.names()).isEqualTo(two.names());
    for (String name : two.names()) {
      if (!name.equals("numpy")) {
        assertThat(four.get(name)).as(name).isEqualTo(two.get(name));
      }
    }
  }

  @Test
  void a_file_may_hold_a_single_tensor() throws IOException {
    assertThat(((Tensor) read("tensor.pt")).toLongs()).containsExactly(0, 1, 2);
  }

  @Test
  void views_have_the_elements_that_python_sees() throws IOException {
    StateDict views = dict("views.pt");

    assertThat(views.tensor("part").toFloats()).containsExactly(5, 6, 7, 8, 9, 10);
    assertThat(views.tensor("column").toFloats()).containsExactly(2, 8, 14, 20);
    assertThat(views.tensor("transposed").shape()).containsExactly(6, 4);
    assertThat(views.tensor("transposed").toFloats()).startsWith(0, 6, 12, 18, 1);
    assertThat(views.tensor("expanded").toByteArray())
        .containsExactly(1, 1, 1, 1, 1, 2, 2, 2, 2, 2);
  }

  @Test
  void contiguous_views_are_windows_on_the_file_and_shared_memory_stays_shared()
      throws IOException {
    byte[] bytes = Golden.topic("pytorch").bytes("views.pt").toArray(ValueLayout.JAVA_BYTE);
    StateDict views = (StateDict) PyTorch.read(MemorySegment.ofArray(bytes), "views.pt");

    assertThat(views.tensor("tied").bytes()).isEqualTo(views.tensor("whole").bytes());
    assertThat(views.tensor("part").bytes()).isEqualTo(views.tensor("whole").bytes().asSlice(20));
    byte first = views.tensor("part").toByteArray()[3];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) ~bytes[i];
    }
    assertThat(views.tensor("part").toByteArray()[3]).isEqualTo((byte) ~first);
  }

  @Test
  void every_dtype_is_read_as_safetensors_names_it() throws IOException {
    StateDict dtypes = dict("dtypes.pt");

    assertThat(dtypes.tensor("float8_e4m3fn").dtype()).isEqualTo(Dtype.F8_E4M3);
    assertThat(dtypes.tensor("float4_e2m1fn_x2").toString()).isEqualTo("F4[2, 6]");
    assertThat(dtypes.tensor("complex64_scalar").toString()).isEqualTo("C64[]");
    assertThat(List.copyOf(dtypes.names())).hasSize(3 * TorchType.values().length);
  }

  @Test
  void a_big_endian_files_numbers_are_turned_around() throws IOException {
    StateDict state =
        StateDict.builder()
            .put("short", Tensor.of(Dtype.I16, new long[] {2}, bytes(0, 1, 0, 2)))
            .put("complex", Tensor.of(Dtype.C64, new long[] {1}, bytes(0, 0, 0, 1, 0, 0, 0, 2)))
            .put("byte", Tensor.of(Dtype.U8, new long[] {2}, bytes(3, 4)))
            .build();
    PickleWriter pickle = new PickleWriter(state);
    ZipWriter zip = new ZipWriter("a/");
    zip.add("data.pkl", pickle.bytes());
    zip.add("byteorder", new byte[] {'b', 'i', 'g'});
    for (int i = 0; i < pickle.storages().size(); i++) {
      zip.add("data/" + i, pickle.storages().get(i));
    }
    zip.add("version", new byte[] {'3'});

    StateDict read = (StateDict) PyTorch.read(PyTorchWriteTest.joined(zip.finish()), "big.pt");

    assertThat(read.tensor("short").toByteArray()).containsExactly(1, 0, 2, 0);
    assertThat(read.tensor("complex").toByteArray()).containsExactly(1, 0, 0, 0, 2, 0, 0, 0);
    assertThat(read.tensor("byte").toByteArray()).containsExactly(3, 4);
  }

  private static MemorySegment bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return MemorySegment.ofArray(bytes);
  }
}
