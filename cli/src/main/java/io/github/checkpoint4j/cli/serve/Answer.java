package io.github.checkpoint4j.cli.serve;

import io.github.checkpoint4j.format.Json;
import java.nio.charset.StandardCharsets;

/** What a request is answered with, if nothing is wrong. Whoever makes one bounds its size. */
public final class Answer {
  private final String type;
  private final byte[] body;

  /**
   * @param type the media type
   * @param body whole; not changed any more
   */
  public Answer(String type, byte[] body) {
    this.type = type;
    this.body = body;
  }

  /** A JSON document. */
  public static Answer of(Json document) {
    return new Answer("application/json", document.toText().getBytes(StandardCharsets.UTF_8));
  }

  String type() {
    return type;
  }

  byte[] body() {
    return body;
  }
}
