package io.github.checkpoint4j.cli.serve;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * Serves the page and its routes at 127.0.0.1 to whoever has the token. At most {@value #AT_ONCE}
 * requests are answered at once, and no body is longer than {@value #LONGEST_BODY} bytes.
 */
public final class LoopbackServer implements AutoCloseable {
  static final int AT_ONCE = 32;
  static final int LONGEST_BODY = 64 * 1024;
  static final int LONGEST_ADDRESS = 16 * 1024;

  static {
    // Read once, by the JDK's server, when the first one is made. A client that is slow to ask is
    // not waited for, and connections, whose headers are read before any check here, are few.
    limit("sun.net.httpserver.maxReqTime", 20);
    limit("sun.net.httpserver.maxReqHeaders", 100);
    limit("jdk.httpserver.maxConnections", 256);
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore places = new Semaphore(AT_ONCE);
  private final Map<String, Route> routes = new LinkedHashMap<>();
  private final Token token;
  private final Gate gate;
  private final Function<Throwable, RequestRefusedException> failures;

  private LoopbackServer(
      HttpServer server,
      Token token,
      List<Route> routes,
      Function<Throwable, RequestRefusedException> failures) {
    this.server = server;
    this.token = token;
    this.gate = new Gate(token, server.getAddress().getPort());
    this.failures = failures;
    routes.forEach(route -> this.routes.put(route.path(), route));
  }

  /**
   * Begins to serve.
   *
   * @param port 0 for any that is free
   * @param routes beside those of the page
   * @param failures how what a route throws is told
   * @throws IOException if the port is taken, or is one of the system's
   */
  public static LoopbackServer start(
      int port,
      Token token,
      List<Route> routes,
      Function<Throwable, RequestRefusedException> failures)
      throws IOException {
    List<Route> all = new ArrayList<>(PageFiles.routes());
    all.addAll(routes);
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    HttpServer server = HttpServer.create(new InetSocketAddress(loopback, port), 0);
    LoopbackServer serving = new LoopbackServer(server, token, all, failures);
    server.setExecutor(serving.threads);
    server.createContext("/", serving::handle);
    server.start();
    return serving;
  }

  private static void limit(String property, int value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, String.valueOf(value));
    }
  }

  /** Where it serves, without the token. */
  public URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
  }

  /** The address that lets a browser in. */
  public URI entrance() {
    return address().resolve("?token=" + token.text());
  }

  private void handle(HttpExchange exchange) {
    try (exchange) {
      Reply reply = new Reply(exchange);
      boolean placed = places.tryAcquire();
      try {
        if (!placed) {
          throw new RequestRefusedException(
              503, "more than " + AT_ONCE + " requests at once; try again");
        }
        answer(exchange, reply);
      } catch (IOException | RuntimeException | Error e) {
        reply.refuse(e instanceof RequestRefusedException refused ? refused : failures.apply(e));
      } finally {
        if (placed) {
          places.release();
        }
      }
    } catch (IOException e) {
      // The browser went away before it had its answer: there is no one to tell.
    }
  }

  private void answer(HttpExchange exchange, Reply reply) throws IOException {
    URI address = exchange.getRequestURI();
    String query = address.getRawQuery() == null ? "" : address.getRawQuery();
    if (address.toString().length() > LONGEST_ADDRESS) {
      throw new RequestRefusedException(
          414, "the address is longer than " + LONGEST_ADDRESS + " characters");
    }
    if (address.getRawPath().equals("/") && query.startsWith("token=")) {
      enter(exchange, reply, query.substring("token=".length()));
      return;
    }
    gate.requireAllowed(exchange);
    Route route = routes.get(address.getRawPath());
    if (route == null) {
      throw new RequestRefusedException(404, "there is nothing at this address");
    }
    String method = exchange.getRequestMethod();
    if (!route.takes(method)) {
      exchange.getResponseHeaders().set("Allow", route.allowed());
      throw new RequestRefusedException(405, "only " + route.allowed() + " is answered here");
    }
    Request request =
        Route.isReading(method) ? Request.ofQuery(query) : Request.ofBody(body(exchange));
    reply.send(route.handler().answer(request));
  }

  /** Takes the token out of the address, where it could be seen, into a cookie. */
  private void enter(HttpExchange exchange, Reply reply, String asked) throws IOException {
    gate.requireOwnHost(exchange);
    if (!Route.isReading(exchange.getRequestMethod()) || !gate.isToken(asked)) {
      throw new RequestRefusedException(
          403, "the token is not this server's; open the address that ckpt serve printed");
    }
    reply.redirect("/", gate.cookie());
  }

  private static byte[] body(HttpExchange exchange) throws IOException {
    String type = exchange.getRequestHeaders().getFirst("Content-Type");
    if (type == null || !type.equals("application/json")) {
      throw new RequestRefusedException(415, "the request's type is not application/json");
    }
    byte[] body = exchange.getRequestBody().readNBytes(LONGEST_BODY + 1);
    if (body.length > LONGEST_BODY) {
      throw new RequestRefusedException(
          413, "the request is longer than " + LONGEST_BODY + " bytes");
    }
    return body;
  }

  /** Answers no more; neither waits for what is being answered nor interrupts it. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdown();
  }
}
