package io.github.checkpoint4j.cli.serve;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import java.lang.foreign.MemorySegment;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What is asked: the members of a POST's JSON object, or the parameters of a GET's address, which
 * are strings.
 */
public record Request(Json.Obj parameters) {

  /**
   * That of an address.
   *
   * @param query what follows the question mark, as it was sent
   * @throws RequestRefusedException with 400 if it is not encoded as it should be, or has two
   *     parameters of one name
   */
  static Request ofQuery(String query) throws RequestRefusedException {
    Map<String, Json> parameters = new LinkedHashMap<>();
    for (String pair : query.isEmpty() ? new String[0] : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      try {
        String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
        String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
        if (parameters.putIfAbsent(name, Json.of(value)) != null) {
          throw new RequestRefusedException(400, "the address has two parameters '" + name + "'");
        }
      } catch (IllegalArgumentException e) {
        throw new RequestRefusedException(
            400, "the address is not encoded as it should be: " + e.getMessage());
      }
    }
    return new Request(Json.object(parameters));
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  /**
   * That of a body.
   *
   * @throws RequestRefusedException with 400 if it is not a JSON object
   */
  static Request ofBody(byte[] body) throws RequestRefusedException {
    try {
      if (Json.parse(MemorySegment.ofArray(body), "the request") instanceof Json.Obj object) {
        return new Request(object);
      }
    } catch (CorruptFileException e) {
      throw new RequestRefusedException(400, String.valueOf(e.getMessage()));
    }
    throw new RequestRefusedException(400, "the request is not a JSON object");
  }

  /**
   * A string that must be there.
   *
   * @throws RequestRefusedException with 400 if it is not
   */
  public String text(String name) throws RequestRefusedException {
    return find(name)
        .orElseThrow(() -> new RequestRefusedException(400, "the request lacks '" + name + "'"));
  }

  /**
   * A string that may be there.
   *
   * @throws RequestRefusedException with 400 if it is something else
   */
  public Optional<String> find(String name) throws RequestRefusedException {
    return switch (parameters.find(name).orElse(Json.Null.NULL)) {
      case Json.Str string -> Optional.of(string.value());
      case Json.Null _ -> Optional.empty();
      case Json other ->
          throw new RequestRefusedException(
              400,
              "'%s' in the request should be a string and is %s".formatted(name, other.kind()));
    };
  }
}
