package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.QuantizedTensor;
import io.github.checkpoint4j.state.StateDict;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the real gguf writes and quantizes now is read as it reads it. */
@Tag("interop")
class GgufInteropTest {
  /** A file of random blocks of each kind that is dequantized, and the digest of its numbers. */
  private static final String QUANTIZED =
      """
      import hashlib, json, sys
      import gguf, numpy as np
      from gguf import GGMLQuantizationType as Q
      from gguf.constants import GGML_QUANT_SIZES
      folder, rng = sys.argv[1], np.random.default_rng(int(sys.argv[2]))
      halves = {Q.Q2_K: (81, 83), Q.Q3_K: (109,), Q.Q6_K: (209,), Q.Q4_1: (1, 3), Q.Q5_1: (1, 3), Q.Q4_K: (1, 3), Q.Q5_K: (1, 3)}
      kinds = [Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q8_0, Q.Q2_K, Q.Q3_K, Q.Q4_K, Q.Q5_K, Q.Q6_K]
      writer, expected = gguf.GGUFWriter(folder + '/random.gguf', 'llama'), {}
      for kind in kinds:
          raw = rng.integers(0, 256, (5, 3, GGML_QUANT_SIZES[kind][1]), dtype=np.uint8)
          for at in halves.get(kind, (1,)):
              raw[:, :, at] &= 0xBB  # no infinity, and not a number, of half precision
          raw = raw.reshape(5, -1)
          writer.add_tensor(kind.name, raw, raw_dtype=kind)
          expected[kind.name] = hashlib.sha256(gguf.quants.dequantize(raw, kind).astype('<f4').tobytes()).hexdigest()
      writer.write_header_to_file()
      writer.write_kv_data_to_file()
      writer.write_tensors_to_file()
      writer.close()
      json.dump(expected, open(folder + '/expected.json', 'w'))
      """;

  @Test
  void numbers_are_those_that_gguf_makes_of_the_blocks(@TempDir Path folder) throws Exception {
    long seed = System.nanoTime();
    PyTorchInteropTest.python("-c", QUANTIZED, folder, seed);
    Golden files = new Golden(folder);
    StateDict tensors =
        StateDict.of(Gguf.parse(files.bytes("random.gguf"), "random.gguf").tensors());

    for (String name : files.expected().members().keySet()) {
      QuantizedTensor tensor = (QuantizedTensor) tensors.get(name);
      Quantization quantization = Quantization.of(tensor).orElseThrow();
      MemorySegment numbers =
          MemorySegment.ofArray(new byte[Math.toIntExact(4 * tensor.elementCount())]);
      for (long i = 0; i < tensor.elementCount(); i++) {
        int bits = Float.floatToRawIntBits(quantization.at(tensor.bytes(), i));
        numbers.set(LittleEndian.INT, 4 * i, bits);
      }
      assertThat(Golden.sha256(numbers.toArray(ValueLayout.JAVA_BYTE)))
          .as("%s of seed %d", name, seed)
          .isEqualTo(files.expected().text(name));
    }
    assertThat(tensors.names()).hasSize(10);
  }
}
