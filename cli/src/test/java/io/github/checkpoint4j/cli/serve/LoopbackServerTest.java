package io.github.checkpoint4j.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may ask, and what is refused. */
class LoopbackServerTest {
  private static final byte[] NOTHING = {};

  private final CountDownLatch waiting = new CountDownLatch(LoopbackServer.AT_ONCE);
  private final CountDownLatch go = new CountDownLatch(1);
  private LoopbackServer server;
  private Web web;

  @BeforeEach
  void start() throws IOException {
    server =
        LoopbackServer.start(
            0,
            Token.random(),
            List.of(
                Route.get("/api/read", request -> Answer.of(request.parameters())),
                Route.post("/api/change", request -> Answer.of(request.parameters())),
                Route.get("/api/text", request -> Answer.of(Json.of(request.text("name")))),
                Route.get(
                    "/api/fail",
                    _ -> {
                      throw new IllegalStateException("broken");
                    }),
                Route.get(
                    "/api/wait",
                    _ -> {
                      waiting.countDown();
                      awaitUninterrupted(go);
                      return Answer.of(Json.of(true));
                    })),
            thrown -> new RequestRefusedException(500, "told: " + thrown.getMessage()));
    web = new Web(server.entrance());
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void close() {
    go.countDown();
    server.close();
  }

  private Web.Response with(String header, String value) throws IOException {
    return with("GET", "/api/read", header, value);
  }

  private Web.Response with(String method, String target, String header, String value)
      throws IOException {
    Map<String, String> headers = web.allowed();
    headers.put(header, value);
    return web.send(
        method,
        target,
        headers,
        method.equals("POST") ? "{}".getBytes(StandardCharsets.UTF_8) : NOTHING);
  }

  private Web.Response without(String method, String target, String... missing) throws IOException {
    Map<String, String> headers = web.allowed();
    headers.keySet().removeAll(List.of(missing));
    return web.send(method, target, headers, NOTHING);
  }

  @Test
  void the_address_is_the_loopbacks_and_the_token_has_128_bits() {
    assertThat(server.address().getHost()).isEqualTo("127.0.0.1");
    assertThat(server.entrance().toString())
        .matches("http://127\\.0\\.0\\.1:[0-9]+/\\?token=[0-9a-f]{32}");
    assertThat(Token.random().text()).isNotEqualTo(Token.random().text());
    assertThat(Token.random()).hasToString("Token");
  }

  @Test
  void the_entrance_exchanges_the_token_for_a_cookie_which_lets_in() throws IOException {
    Web.Response entered = without("GET", "/?token=" + web.token(), "Authorization");

    assertThat(entered.status()).isEqualTo(303);
    assertThat(entered.headers()).containsEntry("location", "/").doesNotContainKey("referer");
    String cookie = entered.header("set-cookie");
    assertThat(cookie)
        .contains("; HttpOnly", "; SameSite=Strict", "; Path=/")
        .doesNotContain("Domain");
    Map<String, String> headers = web.allowed();
    headers.remove("Authorization");
    headers.put("Cookie", "theme=dark; " + cookie.substring(0, cookie.indexOf(';')));
    assertThat(web.send("GET", "/api/read", headers, NOTHING).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00000000000000000000000000000000",
        "",
        "x",
        "%00",
        "00000000000000000000000000000000&token=1"
      })
  void a_wrong_token_is_a_plain_page_that_says_what_to_do(String token) throws IOException {
    Web.Response response = without("GET", "/?token=" + token, "Authorization");

    assertThat(response.status()).isEqualTo(403);
    assertThat(response.header("content-type")).startsWith("text/html");
    assertThat(response.text()).contains("Open the address").doesNotContain("<script");
    assertThat(response.headers()).doesNotContainKey("set-cookie");
  }

  @Test
  void without_the_token_there_is_not_even_the_page() throws IOException {
    assertThat(without("GET", "/", "Authorization").status()).isEqualTo(403);
    assertThat(without("GET", "/page/app.js", "Authorization").status()).isEqualTo(403);
    assertThat(without("GET", "/api/nothing", "Authorization").status()).isEqualTo(403);
    Web.Response read = without("GET", "/api/read", "Authorization");
    assertThat(read.status()).isEqualTo(403);
    assertThat(read.error())
        .isEqualTo("the request has not the token; open the address that ckpt serve printed");
    assertThat(with("Authorization", "Bearer " + "g" + web.token().substring(1)).status())
        .isEqualTo(403);
    assertThat(with("Authorization", web.token()).status()).isEqualTo(403);
    assertThat(without("POST", "/api/change", "Authorization").status()).isEqualTo(403);
  }

  @Test
  void the_cookie_of_another_server_does_not_let_in() throws IOException {
    Map<String, String> headers = web.allowed();
    headers.remove("Authorization");
    headers.put("Cookie", "ckpt-1=" + web.token());

    assertThat(web.send("GET", "/api/read", headers, NOTHING).status()).isEqualTo(403);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "127.0.0.1.evil.example",
        "evil.example:8080",
        "127.0.0.1:80@evil.example",
        "127.0.0.2",
        "0.0.0.0",
        "localhost.evil.example",
        ""
      })
  void another_host_is_refused_although_the_token_is_right(String host) throws IOException {
    Web.Response response = with("Host", host);

    assertThat(response.status()).isEqualTo(403);
    assertThat(response.error())
        .isEqualTo("the request is for another host; open the address that ckpt serve printed");
    assertThat(with("GET", "/?token=" + web.token(), "Host", host).status()).isEqualTo(403);
  }

  /** The end of a tunnel may have another port. */
  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.0.0.1:1", "localhost", "localhost:65535", "[::1]:8080"})
  void names_of_this_machine_are_its_own_at_any_port(String host) throws IOException {
    assertThat(with("Host", host).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://evil.example", "null", "http://localhost", "https://127.0.0.1", ""})
  void a_request_of_another_sites_page_is_refused(String origin) throws IOException {
    for (String method : List.of("GET", "POST")) {
      Web.Response response =
          with(method, method.equals("GET") ? "/api/read" : "/api/change", "Origin", origin);
      assertThat(response.status()).isEqualTo(403);
      assertThat(response.error())
          .isEqualTo(
              "the request is of another site's page; open the address that ckpt serve printed");
    }
  }

  @Test
  void a_change_by_the_cookie_must_say_where_it_comes_from() throws IOException {
    String cookie = without("GET", "/?token=" + web.token(), "Authorization").header("set-cookie");
    Map<String, String> headers = web.allowed();
    headers.remove("Authorization");
    headers.put("Cookie", cookie.substring(0, cookie.indexOf(';')));
    byte[] body = "{}".getBytes(StandardCharsets.UTF_8);

    assertThat(web.send("POST", "/api/change", headers, body).status()).isEqualTo(403);
    headers.put("Origin", "http://" + web.host());
    assertThat(web.send("POST", "/api/change", headers, body).status()).isEqualTo(200);
    headers.put("Sec-Fetch-Site", "same-site");
    assertThat(web.send("POST", "/api/change", headers, body).status()).isEqualTo(403);
  }

  @ParameterizedTest
  @CsvSource({"cross-site, 403", "same-site, 403", "same-origin, 200", "none, 200"})
  void what_the_browser_says_of_the_asking_site_counts(String site, int status) throws IOException {
    assertThat(with("Sec-Fetch-Site", site).status()).isEqualTo(status);
  }

  @ParameterizedTest
  @CsvSource({
    "POST, /api/read, 'GET, HEAD'",
    "PUT, /api/read, 'GET, HEAD'",
    "DELETE, /api/change, POST",
    "OPTIONS, /api/change, POST",
    "GET, /api/change, POST",
    "HEAD, /api/change, POST",
    "TRACE, /, 'GET, HEAD'",
    "POST, /, 'GET, HEAD'"
  })
  void other_methods_are_refused_and_named(String method, String path, String allowed)
      throws IOException {
    Web.Response response = web.send(method, path, web.allowed(), NOTHING);

    assertThat(response.status()).isEqualTo(405);
    assertThat(response.headers()).containsEntry("allow", allowed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nothing",
        "/page/../page/app.js",
        "/page/%2e%2e/app.js",
        "/page/..%2f..%2fweb.class",
        "/page/",
        "//page/app.js",
        "/page/app.js/",
        "/page/app.js%00",
        "/uplot/../../pom.xml",
        "/page/package-info.class"
      })
  void there_are_no_files_but_those_of_the_page(String target) throws IOException {
    assertThat(web.send("GET", target, web.allowed(), NOTHING).status()).isEqualTo(404);
  }

  @ParameterizedTest
  @CsvSource({
    "/, text/html; charset=utf-8",
    "/page/app.js, text/javascript; charset=utf-8",
    "/page/style.css, text/css; charset=utf-8",
    "/page/icon.svg, image/svg+xml",
    "/uplot/uPlot.js, text/javascript; charset=utf-8",
    "/uplot/uPlot.css, text/css; charset=utf-8"
  })
  void the_files_of_the_page_have_their_types(String path, String type) throws IOException {
    Web.Response get = web.send("GET", path, web.allowed(), NOTHING);
    Web.Response head = web.send("HEAD", path, web.allowed(), NOTHING);

    assertThat(get.status()).isEqualTo(200);
    assertThat(get.headers()).containsEntry("content-type", type);
    assertThat(get.body()).isNotEmpty();
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers()).containsEntry("content-length", String.valueOf(get.body().length));
  }

  @Test
  void every_answer_has_the_headers_that_keep_others_out() throws IOException {
    for (Web.Response response :
        List.of(
            web.get("/"),
            web.get("/api/read"),
            web.get("/api/fail"),
            web.get("/nothing"),
            without("GET", "/", "Authorization"),
            without("GET", "/?token=" + web.token(), "Authorization"))) {
      assertThat(response.headers())
          .containsEntry("x-content-type-options", "nosniff")
          .containsEntry("referrer-policy", "no-referrer")
          .containsEntry("x-frame-options", "DENY")
          .containsEntry("cache-control", "no-store")
          .containsEntry("cross-origin-resource-policy", "same-origin")
          .doesNotContainKey("access-control-allow-origin");
      assertThat(response.header("content-security-policy"))
          .startsWith("default-src 'none'; script-src 'self';")
          .contains("frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'")
          .doesNotContain("unsafe", "*", "data:", "http");
    }
  }

  @Test
  void the_same_answer_is_not_sent_twice() throws IOException {
    Web.Response first = web.get("/api/read", "a", "1");
    Map<String, String> headers = web.allowed();
    headers.put("If-None-Match", first.header("etag"));

    Web.Response same = web.send("GET", "/api/read?a=1", headers, NOTHING);
    assertThat(same.status()).isEqualTo(304);
    assertThat(same.body()).isEmpty();
    assertThat(web.send("GET", "/api/read?a=2", headers, NOTHING).status()).isEqualTo(200);
  }

  @Test
  void parameters_are_decoded_once() throws IOException {
    assertThat(web.get("/api/read", "path", "a b/ü+%2e&=\n").json().text("path"))
        .isEqualTo("a b/ü+%2e&=\n");
    assertThat(web.post("/api/change", Json.object().put("n", 1).build()).json().integer("n"))
        .isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "/api/read?a=%zz, the address is not encoded as it should be",
    "/api/read?a=%, the address is not encoded as it should be",
    "/api/read?a=1&a=2, the address has two parameters 'a'",
    "/api/text, the request lacks 'name'"
  })
  void what_is_not_understood_is_said(String target, String error) throws IOException {
    Web.Response response = web.send("GET", target, web.allowed(), NOTHING);

    assertThat(response.status()).isEqualTo(400);
    // The JDK itself refuses an address that is none.
    if (response.header("content-type").equals("application/json")) {
      assertThat(response.error()).startsWith(error);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{", "{\"a\":1,\"a\":2}", "1", "{\"a\":NaN}"})
  void a_body_that_is_no_object_is_refused(String body) throws IOException {
    assertThat(
            web.send("POST", "/api/change", web.allowed(), body.getBytes(StandardCharsets.UTF_8))
                .status())
        .isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1"
      })
  void a_form_of_another_site_has_not_the_type(String type) throws IOException {
    Web.Response response = with("POST", "/api/change", "Content-Type", type);

    assertThat(response.status()).isEqualTo(415);
    assertThat(response.error()).isEqualTo("the request's type is not application/json");
  }

  @Test
  void a_body_that_is_too_long_is_refused() throws IOException {
    byte[] body =
        ("{\"a\":\"" + "x".repeat(LoopbackServer.LONGEST_BODY) + "\"}")
            .getBytes(StandardCharsets.UTF_8);
    Web.Response response = web.send("POST", "/api/change", web.allowed(), body);

    assertThat(response.status()).isEqualTo(413);
    assertThat(response.error()).isEqualTo("the request is longer than 65536 bytes");
  }

  @Test
  void an_address_that_is_too_long_is_refused() throws IOException {
    Web.Response response = web.get("/api/read", "a", "x".repeat(LoopbackServer.LONGEST_ADDRESS));

    assertThat(response.status()).isEqualTo(414);
    assertThat(response.error()).isEqualTo("the address is longer than 16384 characters");
  }

  @Test
  void what_a_route_throws_is_told() throws IOException {
    Web.Response response = web.get("/api/fail");

    assertThat(response.status()).isEqualTo(500);
    assertThat(response.json().members()).containsOnlyKeys("error");
    assertThat(response.error()).isEqualTo("told: broken");
  }

  @Test
  void more_requests_at_once_than_there_are_places_are_told_to_come_again() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> taken = new ArrayList<>();
      for (int i = 0; i < LoopbackServer.AT_ONCE; i++) {
        taken.add(threads.submit(() -> web.get("/api/wait").status()));
      }
      waiting.await();

      Web.Response response = web.get("/api/read");
      assertThat(response.status()).isEqualTo(503);
      assertThat(response.headers()).containsEntry("retry-after", "1");
      go.countDown();
      for (Future<Integer> future : taken) {
        assertThat(future.get()).isEqualTo(200);
      }
    }
    assertThat(web.get("/api/read").status()).isEqualTo(200);
  }

  @Test
  void garbage_is_survived() throws IOException {
    for (String garbage :
        List.of(
            "\0\0\0\0\r\n\r\n",
            "GET\r\n\r\n",
            "GET / HTTP/9\r\n\r\n",
            "\r\n",
            "GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")) {
      try (Socket socket =
          new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
        socket.getOutputStream().write(garbage.getBytes(StandardCharsets.ISO_8859_1));
      }
    }
    assertThat(web.get("/api/read").status()).isEqualTo(200);
  }
}
