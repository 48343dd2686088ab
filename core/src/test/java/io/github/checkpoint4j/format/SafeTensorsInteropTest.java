package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both ways with the real safetensors and torch, on data made anew. */
@Tag("interop")
class SafeTensorsInteropTest {
  // Two elements a byte to torch; six bits are unknown to it.
  private static final List<Dtype> UNLIKE_IN_TORCH =
      List.of(Dtype.F4, Dtype.F6_E2M3, Dtype.F6_E3M2);

  private static final String REFUSED_BY_US_ALONE =
      "(?s).*(a second member '|expected '\\{' and found '\\['|expected a string and found '\\{'"
          + "|not a safetensors file: it has |a number over 9223372036854775807"
          + "|takes more bytes than a long holds).*";

  @TempDir Path folder;

  @Test
  void python_reads_what_java_wrote_and_writes_the_same_bytes() throws Exception {
    StateDict.Builder dict = StateDict.builder();
    Random random = new Random(7);
    for (Dtype dtype : Dtype.ofSafeTensors()) {
      if (!UNLIKE_IN_TORCH.contains(dtype)) {
        dict.put("layer." + dtype + ".weight", tensor(dtype, random, 3, 4));
        dict.put("empty \u4f60\ud83d\ude00." + dtype, tensor(dtype, random, 0, 2));
      }
    }
    StateDict state = dict.build();
    byte[] written = SafeTensorsGoldenTest.bytes(SafeTensors.write(state, Map.of("format", "pt")));
    Path file = Files.write(folder.resolve("java.safetensors"), written);

    Json.Obj said =
        python(
            """
            import hashlib, json, sys, torch
            from safetensors import safe_open
            from safetensors.torch import save_file
            with safe_open(sys.argv[1], "pt") as f:
                tensors = {name: f.get_tensor(name) for name in f.keys()}
                metadata = f.metadata()
            save_file(tensors, sys.argv[2], metadata)
            def digest(t):
                data = t.reshape(-1).view(torch.uint8).tolist() if t.numel() else []
                return hashlib.sha256(bytes(data)).hexdigest()
            print(json.dumps({n: [list(t.shape), digest(t)] for n, t in tensors.items()}))
            """,
            file,
            folder.resolve("python.safetensors"));

    assertThat(said.members().keySet()).isEqualTo(state.names());
    for (String name : state.names()) {
      Tensor tensor = state.tensor(name);
      assertThat(said.get(name))
          .as(name)
          .isEqualTo(
              Json.array(
                  List.of(Golden.shape(tensor), Json.of(Golden.sha256(tensor.toByteArray())))));
    }
    assertThat(folder.resolve("python.safetensors")).hasBinaryContent(written);
  }

  @Test
  void every_dtype_is_written_as_the_library_reads_it() throws Exception {
    StateDict.Builder dict = StateDict.builder();
    Random random = new Random(9);
    for (Dtype dtype : Dtype.ofSafeTensors()) {
      dict.put("weight " + dtype, tensor(dtype, random, 3, 4));
    }
    StateDict state = dict.build();
    byte[] written = SafeTensorsGoldenTest.bytes(SafeTensors.write(state, Map.of()));
    Json.Obj said =
        python(
            """
            import hashlib, json, sys
            from safetensors import deserialize
            read = deserialize(open(sys.argv[1], "rb").read())
            print(json.dumps({n: [t["dtype"], list(t["shape"]), hashlib.sha256(bytes(t["data"])).hexdigest()] for n, t in read}))
            """,
            Files.write(folder.resolve("java.safetensors"), written));

    assertThat(said.members().keySet()).isEqualTo(state.names());
    for (String name : state.names()) {
      Tensor tensor = state.tensor(name);
      assertThat(said.get(name))
          .as(name)
          .isEqualTo(
              Json.array(
                  List.of(
                      Json.of(tensor.dtype().name()),
                      Golden.shape(tensor),
                      Json.of(Golden.sha256(tensor.toByteArray())))));
    }
  }

  @Test
  void java_reads_what_python_wrote_and_writes_the_same_bytes() throws Exception {
    Path file = folder.resolve("python.safetensors");
    Json.Obj said =
        python(
            """
            import json, sys, torch
            from safetensors.torch import save_file
            torch.manual_seed(5)
            model = torch.nn.Sequential(torch.nn.Linear(7, 5), torch.nn.BatchNorm1d(5))
            tensors = dict(model.state_dict())
            tensors["half"] = torch.randn(3, 2).to(torch.bfloat16)
            save_file(tensors, sys.argv[1], {"format": "pt"})
            print(json.dumps({n: t.float().reshape(-1).tolist() for n, t in tensors.items()}))
            """,
            file);

    MemorySegment bytes = Golden.bytes(file);
    SafeTensors read = SafeTensors.parse(bytes, "python.safetensors");
    assertThat(read.tensors().keySet()).isEqualTo(said.members().keySet());
    assertThat(read.metadata()).isEqualTo(Map.of("format", "pt"));
    for (String name : List.of("0.weight", "0.bias", "1.running_var")) {
      List<Json> values = new ArrayList<>();
      for (float value : read.stateDict().tensor(name).toFloats()) {
        values.add(Json.of((double) value));
      }
      assertThat(said.array(name).items()).as(name).isEqualTo(values);
    }
    assertThat(read.stateDict().tensor("1.num_batches_tracked").toLongs()).containsExactly(0);
    assertThat(read.stateDict().tensor("half").dtype()).isEqualTo(Dtype.BF16);
    assertThat(SafeTensorsGoldenTest.bytes(SafeTensors.write(read.stateDict(), read.metadata())))
        .isEqualTo(bytes.toArray(ValueLayout.JAVA_BYTE));
  }

  @Test
  void of_damaged_files_none_is_read_that_python_refuses() throws Exception {
    List<byte[]> files = ParserFuzzTest.tensors();
    try (DataOutputStream out =
        new DataOutputStream(Files.newOutputStream(folder.resolve("files")))) {
      for (byte[] file : files) {
        out.writeInt(file.length);
        out.write(file);
      }
    }
    Json.Obj said =
        python(
            """
            import json, struct, sys
            from safetensors import SafetensorError, deserialize
            said = []
            with open(sys.argv[1], "rb") as f:
                while length := f.read(4):
                    try:
                        said.append(sorted(name for name, _ in deserialize(f.read(*struct.unpack(">i", length)))))
                    except SafetensorError as e:
                        said.append(str(e))
            print(json.dumps({"said": said}))
            """,
            folder.resolve("files"));

    List<Json> verdicts = said.array("said").items();
    assertThat(verdicts).hasSameSizeAs(files);
    int read = 0;
    for (int i = 0; i < files.size(); i++) {
      try {
        SafeTensors ours = SafeTensors.parse(MemorySegment.ofArray(files.get(i)), "file " + i);
        List<Json> names = ours.tensors().keySet().stream().map(Json::of).toList();
        assertThat(verdicts.get(i)).isInstanceOf(Json.Arr.class);
        assertThat(((Json.Arr) verdicts.get(i)).items()).containsExactlyInAnyOrderElementsOf(names);
        read++;
      } catch (CorruptFileException | UnsupportedFeatureException e) {
        if (verdicts.get(i) instanceof Json.Arr) {
          assertThat(e).hasMessageMatching(REFUSED_BY_US_ALONE);
        }
      }
    }
    assertThat(read).isPositive();
  }

  @Test
  void random_files_are_read_that_python_reads_and_no_others() throws Exception {
    Path files = folder.resolve("files");
    Path script =
        Path.of(System.getProperty("checkpoint4j.root"), "golden", "safetensors", "headers.py");
    Json.Obj said = run(List.of("-B", script.toString(), files.toString(), "1", "20000"));

    List<Json> verdicts = said.array("said").items();
    assertThat(verdicts).hasSize(20_000);
    int read = 0;
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(files)))) {
      for (Json verdict : verdicts) {
        byte[] file = in.readNBytes(in.readInt());
        String shown = new String(file, StandardCharsets.UTF_8);
        try {
          SafeTensors ours = SafeTensors.parse(MemorySegment.ofArray(file), "file");
          assertThat(described(ours)).as(shown).isEqualTo(verdict);
          read++;
        } catch (CorruptFileException | UnsupportedFeatureException e) {
          if (verdict instanceof Json.Arr) {
            assertThat(e).as(shown).hasMessageMatching(REFUSED_BY_US_ALONE);
          }
        }
      }
    }
    assertThat(read).isBetween(5_000, 15_000);
  }

  private static Json described(SafeTensors file) {
    List<Json> tensors = new ArrayList<>();
    for (Map.Entry<String, Tensor> tensor : new TreeMap<>(file.tensors()).entrySet()) {
      tensors.add(
          Json.array(
              List.of(
                  Json.of(tensor.getKey()),
                  Json.of(tensor.getValue().dtype().name()),
                  Golden.shape(tensor.getValue()))));
    }
    return Json.array(tensors);
  }

  @Test
  void python_s_json_is_written_and_read_alike() throws Exception {
    Random random = new Random(11);
    List<Json> numbers = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      numbers.add(Json.of(i % 2 == 0 ? value : random.nextGaussian() * Math.pow(10, i % 40 - 20)));
    }
    Json.Obj document =
        Json.object().put("numbers", Json.array(numbers)).put("t", "\u00e9\n").build();
    Path ours = Files.writeString(folder.resolve("ours.json"), document.toIndentedText());
    Path theirs = folder.resolve("theirs.json");
    python(
        """
        import json, sys
        json.dump(json.load(open(sys.argv[1])), open(sys.argv[2], "w"), indent=2)
        print("{}")
        """,
        ours,
        theirs);
    assertThat(theirs).hasSameBinaryContentAs(ours);
  }

  private static Tensor tensor(Dtype dtype, Random random, long... shape) {
    byte[] bytes = new byte[Math.toIntExact(dtype.byteSize(Tensor.elementCount(shape)))];
    random.nextBytes(bytes);
    for (int i = 0; i < bytes.length && dtype == Dtype.BOOL; i++) {
      bytes[i] &= 1;
    }
    return Tensor.of(dtype, shape, MemorySegment.ofArray(bytes));
  }

  /** Runs a script; the JSON object that it prints. */
  private Json.Obj python(String script, Path... arguments)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("-c", script));
    for (Path argument : arguments) {
      all.add(argument.toString());
    }
    return run(all);
  }

  private Json.Obj run(List<String> arguments) throws IOException, InterruptedException {
    String interpreter = System.getProperty("checkpoint4j.python", "");
    assertThat(interpreter).as("the property python, an interpreter with safetensors").isNotEmpty();
    List<String> command = new ArrayList<>(List.of(interpreter));
    command.addAll(arguments);
    Path errors = folder.resolve("errors.txt");
    Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    byte[] output;
    try (InputStream out = process.getInputStream()) {
      output = out.readAllBytes();
    }
    assertThat(process.waitFor()).as(Files.readString(errors, StandardCharsets.UTF_8)).isZero();
    return (Json.Obj) Json.parsePython(MemorySegment.ofArray(output), "python's output");
  }
}
