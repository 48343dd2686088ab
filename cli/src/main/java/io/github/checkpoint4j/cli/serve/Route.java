package io.github.checkpoint4j.cli.serve;

import java.io.IOException;

/**
 * What is answered at a path.
 *
 * @param method {@code GET}, which HEAD is too, or {@code POST}
 */
public record Route(String method, String path, Handler handler) {

  /** Makes the answer. What it throws is told as an error. */
  @FunctionalInterface
  public interface Handler {
    Answer answer(Request request) throws IOException;
  }

  /** At {@code path}, which changes nothing. */
  public static Route get(String path, Handler handler) {
    return new Route("GET", path, handler);
  }

  /** At {@code path}, which may change something. */
  public static Route post(String path, Handler handler) {
    return new Route("POST", path, handler);
  }

  boolean takes(String requested) {
    return method.equals(requested) || (method.equals("GET") && requested.equals("HEAD"));
  }

  /** The methods there are, for the header {@code Allow}. */
  String allowed() {
    return method.equals("GET") ? "GET, HEAD" : method;
  }

  static boolean isReading(String method) {
    return method.equals("GET") || method.equals("HEAD");
  }
}
