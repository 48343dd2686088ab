package io.github.checkpoint4j.cli.serve;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;

/** A request is answered with an error. */
public final class RequestRefusedException extends IOException {
  private static final long serialVersionUID = 1;

  private final int status;

  /**
   * @param status of HTTP, 400 to 599
   * @param message one line: what, where, expected and found, what to do
   */
  public RequestRefusedException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** The status of HTTP. */
  public int status() {
    return status;
  }

  /** The message as the browser gets it: {@code {"error": ...}}. */
  Json.Obj json() {
    return Json.object().put("error", String.valueOf(getMessage())).build();
  }
}
