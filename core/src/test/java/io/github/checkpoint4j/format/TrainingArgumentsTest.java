package io.github.checkpoint4j.format;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files are of the real transformers, see golden/pytorch/training_args.py. */
class TrainingArgumentsTest {
  private static final Golden GOLDEN = Golden.topic("pytorch");
  private static final String OBJECT = "ctransformers.training_args\nTrainingArguments\n)\u0081";

  private static PickledFields read(String opcodes) throws IOException {
    ZipWriter zip = new ZipWriter("a/");
    zip.add("data.pkl", ("\u0080\2" + opcodes + ".").getBytes(ISO_8859_1));
    zip.add("version", new byte[] {'3'});
    return PyTorch.readTrainingArguments(PyTorchWriteTest.joined(zip.finish()), "a.bin");
  }

  private static String text(String text) {
    return "X" + (char) text.length() + "\0\0\0" + text;
  }

  /** An object with these fields, each a name and the opcodes of its value. */
  private static String object(String... fields) {
    StringBuilder opcodes = new StringBuilder(OBJECT + "}(");
    for (int i = 0; i < fields.length; i += 2) {
      opcodes.append(text(fields[i])).append(fields[i + 1]);
    }
    return opcodes + "ub";
  }

  @ParameterizedTest
  @ValueSource(strings = {"training_args.bin", "seq2seq_args.bin"})
  void every_plain_field_is_what_python_sees_and_the_others_are_named(String name)
      throws IOException {
    Json.Obj expected =
        ((Json.Obj) Json.parse(GOLDEN.bytes("training_args.json"), "training_args.json"))
            .object(name);

    PickledFields fields = PyTorch.readTrainingArguments(GOLDEN.bytes(name), name);

    assertThat(fields.className()).isEqualTo(expected.text("class"));
    assertThat(json(fields.values())).isEqualTo(expected.object("values"));
    assertThat(fields.leftOut())
        .containsExactlyElementsOf(
            expected.array("leftOut").items().stream().map(j -> ((Json.Str) j).value()).toList());
  }

  private static Json json(Value value) {
    return switch (value) {
      case StateDict dict -> {
        Map<String, Json> members = new LinkedHashMap<>();
        dict.entries().forEach((key, entry) -> members.put(key, json(entry)));
        yield Json.object(members);
      }
      case Value.Items items ->
          Json.array(items.values().stream().map(TrainingArgumentsTest::json).toList());
      case Value.Text text -> Json.of(text.value());
      case Value.Int number -> Json.of(number.exactLong());
      case Value.Real number -> Json.of(number.value());
      case Value.Bool bool -> Json.of(bool.value());
      case Value.None none -> Json.Null.NULL;
      default -> throw new AssertionError("not in training arguments: " + value);
    };
  }

  @Test
  void an_enumeration_is_its_value_and_paths_and_devices_are_text() throws IOException {
    PickledFields fields =
        PyTorch.readTrainingArguments(GOLDEN.bytes("training_args.bin"), "training_args.bin");

    assertThat(fields.values().text("lr_scheduler_type")).isEqualTo("cosine_with_min_lr");
    assertThat(fields.values().text("resume_from_checkpoint"))
        .isEqualTo("runs/exp 1/checkpoint-10");
    assertThat(fields.values().text("_setup_devices")).isEqualTo("cpu");
    assertThat(fields.values().real("learning_rate")).isEqualTo(3e-4);
  }

  @Test
  void the_same_file_is_refused_as_state() {
    assertThatThrownBy(() -> PyTorch.read(GOLDEN.bytes("training_args.bin"), "training_args.bin"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "training_args.bin: data.pkl, byte 2: 'transformers.training_args.TrainingArguments' is"
                + " a class of training arguments and no state;"
                + " read its plain fields with PyTorch.readTrainingArguments");
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.pt", "optimizer.pt", "values.pt"})
  void state_is_refused_as_training_arguments(String name) {
    assertThatThrownBy(() -> PyTorch.readTrainingArguments(GOLDEN.bytes(name), name))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            name
                + ": data.pkl: expected the training arguments of transformers and found a dict;"
                + " read state with PyTorch.read");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "c__main__\nTrainingArguments\n)\u0081}b",
        "ctransformers.training_args\nOther\n)\u0081}b",
        "cposix\nsystem\nX\2\0\0\0ls\u0085R",
        "("
            + "X\7\0\0\0storage"
            + "ctorch\nFloatStorage\n"
            + "X\1\0\0\0000"
            + "X\3\0\0\0cpu"
            + "K\2tQ",
      })
  void an_object_of_another_class_is_refused_by_name(String opcodes) {
    assertThatThrownBy(() -> read(opcodes))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageMatching(
            "a.bin: data.pkl: expected the training arguments of transformers and found"
                + " '(__main__|transformers|posix|torch)\\.\\S+'; read state with PyTorch.read");
  }

  @Test
  void what_a_field_would_call_makes_nothing_and_the_field_is_left_out() throws IOException {
    PickledFields fields =
        read(
            object(
                "seed", "K\7",
                "bad", "cposix\nsystem\n" + text("touch /tmp/x") + "\u0085R",
                "deep", "](K\1cbuiltins\neval\n" + text("1") + "\u0085Re",
                "called twice", "cfunctools\npartial\nN\u0085RN\u0085R",
                "class", "cbuiltins\neval\n",
                "filled", "cmy.own\nList\n)\u0081(K\1e",
                "own dict", "cmy.own\nDict\n)\u0081(K\1K\2u",
                "last", text("x")));

    assertThat(fields.values().names()).containsExactly("seed", "last");
    assertThat(fields.leftOut())
        .containsExactly("bad", "deep", "called twice", "class", "filled", "own dict");
  }

  @Test
  void plain_containers_of_all_kinds_are_kept() throws IOException {
    PickledFields fields =
        read(
            object(
                "set", "c__builtin__\nset\n](K\1e\u0085R",
                "tuple", "(K\1NtK\2\u0086",
                "path", "cpathlib\nPosixPath\n(" + text("/") + text("a") + text("b") + "tR",
                "here", "cpathlib\nPosixPath\n)R"));

    assertThat(fields.values().get("set"))
        .isEqualTo(new Value.ItemSet(java.util.Set.of(Value.of(1))));
    assertThat(fields.values().get("tuple"))
        .isEqualTo(Value.tuple(Value.tuple(Value.of(1), Value.none()), Value.of(2)));
    assertThat(fields.values().text("path")).isEqualTo("/a/b");
    assertThat(fields.values().text("here")).isEqualTo(".");
    assertThat(fields.leftOut()).isEmpty();
  }

  @Test
  void a_field_that_contains_itself_is_left_out() throws IOException {
    assertThat(read(object("cycle", "]q\0h\0a", "x", "K\1")).leftOut()).isEqualTo(List.of("cycle"));
  }

  @Test
  void a_field_that_is_there_twice_is_refused() {
    assertThatThrownBy(() -> read(object("a", "K\1", "a", "K\2")))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage("a.bin: data.pkl: two fields 'a'; save the file again");
  }

  @Test
  void a_field_that_is_left_out_twice_is_refused() {
    assertThatThrownBy(() -> read(object("a\33", "cx\ny\n", "a\33", "cx\ny\n")))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage("a.bin: data.pkl: two fields 'a\\u001b'; save the file again");
  }

  @Test
  void a_pickle_too_large_for_arguments_is_refused() {
    assertThatThrownBy(() -> read("N".repeat(200_000)))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "a.bin: data.pkl: 200003 bytes; expected training arguments, which take at most 131072;"
                + " read state with PyTorch.read");
  }

  @Test
  void an_object_without_fields_has_none() throws IOException {
    assertThat(read(OBJECT).values().names()).isEmpty();
  }
}
