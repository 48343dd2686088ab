package io.github.checkpoint4j.cli.serve;

import io.github.checkpoint4j.format.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Speaks HTTP byte for byte, so that a test can send what a browser or a client library would not.
 */
public final class Web {
  private final int port;
  private final String token;

  /**
   * @param entrance the address that {@code ckpt serve} prints
   */
  public Web(URI entrance) {
    this.port = entrance.getPort();
    this.token = entrance.getQuery().substring("token=".length());
  }

  /**
   * What was answered.
   *
   * @param headers by their names in small letters
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Response(int status, Map<String, String> headers, byte[] body) {
    /** A header; empty if there is none. */
    public String header(String name) {
      return headers.getOrDefault(name, "");
    }

    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    public Json.Obj json() throws IOException {
      return (Json.Obj) Json.parse(MemorySegment.ofArray(body), "the answer");
    }

    public String error() throws IOException {
      return json().text("error");
    }
  }

  public String host() {
    return "127.0.0.1:" + port;
  }

  public String token() {
    return token;
  }

  /** A GET with the token; parameters are names and values in turn. */
  public Response get(String path, String... parameters) throws IOException {
    StringBuilder target = new StringBuilder(path);
    for (int i = 0; i < parameters.length; i += 2) {
      target
          .append(i == 0 ? '?' : '&')
          .append(parameters[i])
          .append('=')
          .append(URLEncoder.encode(parameters[i + 1], StandardCharsets.UTF_8).replace("+", "%20"));
    }
    return send("GET", target.toString(), allowed(), new byte[0]);
  }

  /** A POST with the token. */
  public Response post(String path, Json body) throws IOException {
    return send("POST", path, allowed(), body.toText().getBytes(StandardCharsets.UTF_8));
  }

  /** The headers of a request that is allowed; they may be changed. */
  public Map<String, String> allowed() {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Host", host());
    headers.put("Authorization", "Bearer " + token);
    headers.put("Content-Type", "application/json");
    return headers;
  }

  public Response send(String method, String target, Map<String, String> headers, byte[] body)
      throws IOException {
    StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
    headers.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    if (body.length > 0) {
      head.append("Content-Length: " + body.length + "\r\n");
    }
    head.append("Connection: close\r\n\r\n");
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(30_000);
      OutputStream out = socket.getOutputStream();
      out.write(head.toString().getBytes(StandardCharsets.ISO_8859_1));
      out.write(body);
      out.flush();
      return read(socket.getInputStream());
    }
  }

  private static Response read(InputStream in) throws IOException {
    String status = line(in);
    Map<String, String> headers = new LinkedHashMap<>();
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return new Response(Integer.parseInt(status.split(" ", 3)[1]), headers, in.readAllBytes());
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("the server closed the connection after '" + line + "'");
      }
      line.write(b);
    }
    return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
  }
}
