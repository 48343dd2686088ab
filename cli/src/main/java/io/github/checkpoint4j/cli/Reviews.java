package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.transformers.LabeledText;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The built-in data: snippets of film reviews. PROVENANCE.md beside them says where from. */
final class Reviews {
  static final List<String> LABELS = List.of("negative", "positive");

  private Reviews() {}

  static List<LabeledText> training() throws IOException {
    return read("reviews-train.tsv");
  }

  static List<LabeledText> evaluation() throws IOException {
    return read("reviews-eval.tsv");
  }

  private static List<LabeledText> read(String name) throws IOException {
    URL url = Reviews.class.getResource(name);
    if (url == null) {
      throw new FileNotFoundException(name + " is not in the program's jar; build it again");
    }
    URI uri;
    try {
      uri = url.toURI();
    } catch (URISyntaxException e) {
      throw new IOException(url + " is not a URI: " + e.getReason(), e);
    }
    if (!uri.getScheme().equals("jar")) {
      return LabeledText.read(Path.of(uri), LABELS);
    }
    try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
      return LabeledText.read(jar.provider().getPath(uri), LABELS);
    }
  }
}
