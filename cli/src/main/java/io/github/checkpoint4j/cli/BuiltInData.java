package io.github.checkpoint4j.cli;

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

/** The files of examples in the program's jar. PROVENANCE.md beside them says where from. */
final class BuiltInData {
  private BuiltInData() {}

  /** Reads examples of a file. */
  interface Reader<T> {
    List<T> read(Path file) throws IOException;
  }

  /**
   * The examples of a built-in file.
   *
   * @throws FileNotFoundException if the jar was built without it
   */
  static <T> List<T> read(String name, Reader<T> reader) throws IOException {
    URL url = BuiltInData.class.getResource(name);
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
      return reader.read(Path.of(uri));
    }
    try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
      return reader.read(jar.provider().getPath(uri));
    }
  }
}
