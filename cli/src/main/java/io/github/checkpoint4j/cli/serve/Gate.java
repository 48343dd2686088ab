package io.github.checkpoint4j.cli.serve;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Who may ask. A request must name this machine as its host, which one that was led here by another
 * name of the same address does not (DNS rebinding); must come from the page itself, which one of
 * another site's page does not (cross-site request forgery); and must have the token, in the cookie
 * or as {@code Authorization: Bearer}.
 */
final class Gate {
  private static final Pattern HOST =
      Pattern.compile("(127\\.0\\.0\\.1|localhost|\\[::1])(:[0-9]{1,5})?");
  private static final Set<String> SAME_SITE = Set.of("same-origin", "none");
  private static final String BEARER = "Bearer ";

  private final Token token;
  private final String cookie;

  /**
   * @param port the server's; cookies are of a host, so that of another server has another name
   */
  Gate(Token token, int port) {
    this.token = token;
    this.cookie = "ckpt-" + port;
  }

  /**
   * Lets a request with a token in.
   *
   * @throws RequestRefusedException with 403 otherwise
   */
  void requireAllowed(HttpExchange exchange) throws RequestRefusedException {
    requireOwnHost(exchange);
    Headers headers = exchange.getRequestHeaders();
    boolean allowed =
        bearer(headers).filter(token::matches).isPresent()
            || cookies(headers).stream().anyMatch(token::matches);
    if (!allowed) {
      throw new RequestRefusedException(
          403, "the request has not the token; open the address that ckpt serve printed");
    }
  }

  /**
   * Lets a request in that names this machine and is not of another site's page.
   *
   * @throws RequestRefusedException with 403 otherwise
   */
  void requireOwnHost(HttpExchange exchange) throws RequestRefusedException {
    Headers headers = exchange.getRequestHeaders();
    String host = only(headers, "Host").orElse("");
    if (!HOST.matcher(host).matches()) {
      throw new RequestRefusedException(
          403, "the request is for another host; open the address that ckpt serve printed");
    }
    List<String> origins = headers.getOrDefault("Origin", List.of());
    boolean changes = !Route.isReading(exchange.getRequestMethod());
    boolean ours =
        origins.isEmpty()
            ? !changes || bearer(headers).isPresent()
            : origins.equals(List.of("http://" + host));
    boolean sameSite = SAME_SITE.containsAll(headers.getOrDefault("Sec-Fetch-Site", List.of()));
    if (!ours || !sameSite) {
      throw new RequestRefusedException(
          403, "the request is of another site's page; open the address that ckpt serve printed");
    }
  }

  /** Whether this is the token. */
  boolean isToken(String text) {
    return token.matches(text);
  }

  /** The header that gives the browser the token; pages of other sites cannot send it. */
  String cookie() {
    return cookie + "=" + token.text() + "; HttpOnly; SameSite=Strict; Path=/";
  }

  private static Optional<String> bearer(Headers headers) {
    return only(headers, "Authorization")
        .filter(value -> value.startsWith(BEARER))
        .map(value -> value.substring(BEARER.length()));
  }

  private List<String> cookies(Headers headers) {
    Pattern pattern = Pattern.compile("(?:^|; ?)" + Pattern.quote(cookie) + "=([0-9a-f]*)(?=;|$)");
    return headers.getOrDefault("Cookie", List.of()).stream()
        .flatMap(line -> pattern.matcher(line).results())
        .map(found -> found.group(1))
        .toList();
  }

  private static Optional<String> only(Headers headers, String name) {
    List<String> values = headers.getOrDefault(name, List.of());
    return values.size() == 1 ? Optional.of(values.getFirst()) : Optional.empty();
  }
}
