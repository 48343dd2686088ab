package io.github.checkpoint4j.cli.serve;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * Sends the answer to one request. Each says that the page runs nothing but its own scripts, is
 * shown in no other site's frame, and that nothing is kept or told to other sites.
 */
final class Reply {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
          + " require-trusted-types-for 'script'; trusted-types 'none'";

  private static final String NOT_ALLOWED =
      """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <title>ckpt: not allowed</title>
      <h1>Not allowed</h1>
      <p>This is a page for the one who started it. Open the address that <code>ckpt serve</code> printed.</p>
      </html>
      """;

  private final HttpExchange exchange;
  private boolean begun;

  Reply(HttpExchange exchange) {
    this.exchange = exchange;
    Headers headers = exchange.getResponseHeaders();
    headers.set("Content-Security-Policy", POLICY);
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("X-Frame-Options", "DENY");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set("Cache-Control", "no-store");
  }

  /** Sends an answer, or, if the browser has the very same one, only that. */
  void send(Answer answer) throws IOException {
    if (Route.isReading(exchange.getRequestMethod())) {
      String tag = '"' + digest(answer.body()) + '"';
      exchange.getResponseHeaders().set("ETag", tag);
      List<String> known = exchange.getRequestHeaders().getOrDefault("If-None-Match", List.of());
      if (known.contains(tag)) {
        begin(304, -1);
        return;
      }
    }
    send(200, answer.type(), answer.body());
  }

  /** Sends the browser to another address, with a cookie. */
  void redirect(String location, String cookie) throws IOException {
    exchange.getResponseHeaders().set("Location", location);
    exchange.getResponseHeaders().set("Set-Cookie", cookie);
    begin(303, -1);
  }

  /**
   * Sends an error: JSON, or a page where a page was asked for. Too late for one, sends nothing.
   */
  void refuse(RequestRefusedException refused) throws IOException {
    if (begun) {
      return;
    }
    if (refused.status() == 503) {
      exchange.getResponseHeaders().set("Retry-After", "1");
    }
    if (refused.status() == 403 && exchange.getRequestURI().getRawPath().equals("/")) {
      send(403, "text/html; charset=utf-8", NOT_ALLOWED.getBytes(StandardCharsets.UTF_8));
      return;
    }
    Json document = refused.json();
    send(refused.status(), "application/json", document.toText().getBytes(StandardCharsets.UTF_8));
  }

  private void send(int status, String type, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", String.valueOf(body.length));
      begin(status, -1);
      return;
    }
    begin(status, body.length);
    exchange.getResponseBody().write(body);
  }

  private void begin(int status, long length) throws IOException {
    begun = true;
    exchange.sendResponseHeaders(status, length);
  }

  private static String digest(byte[] body) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
