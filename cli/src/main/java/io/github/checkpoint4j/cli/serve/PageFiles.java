package io.github.checkpoint4j.cli.serve;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** The files of the page, and of uPlot, which draws its curves: a fixed list from the jars. */
final class PageFiles {
  private static final String UPLOT = "/META-INF/maven/org.webjars.npm/uplot/pom.properties";

  private static final List<String> SCRIPTS =
      List.of(
          "app",
          "api",
          "charts",
          "contents",
          "curves",
          "diff",
          "dom",
          "format",
          "heatmap",
          "prune",
          "run",
          "runs",
          "task",
          "tensor",
          "tree");

  private PageFiles() {}

  /** A route for each, {@code /} for the page itself. */
  static List<Route> routes() {
    String uplot = "/META-INF/resources/webjars/uplot/" + uplotVersion() + "/dist/";
    List<Route> routes = new ArrayList<>();
    routes.add(route("/", "page/index.html", "text/html; charset=utf-8"));
    routes.add(route("/page/style.css", "page/style.css", "text/css; charset=utf-8"));
    routes.add(route("/page/icon.svg", "page/icon.svg", "image/svg+xml"));
    for (String script : SCRIPTS) {
      String name = "page/" + script + ".js";
      routes.add(route("/" + name, name, "text/javascript; charset=utf-8"));
    }
    routes.add(route("/uplot/uPlot.js", uplot + "uPlot.esm.js", "text/javascript; charset=utf-8"));
    routes.add(route("/uplot/uPlot.css", uplot + "uPlot.min.css", "text/css; charset=utf-8"));
    return routes;
  }

  private static Route route(String path, String resource, String type) {
    byte[] bytes = read(resource);
    return Route.get(path, _ -> new Answer(type, bytes));
  }

  private static byte[] read(String resource) {
    try (InputStream in = open(resource)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String uplotVersion() {
    Properties properties = new Properties();
    try (InputStream in = open(UPLOT)) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version", "");
  }

  private static InputStream open(String resource) {
    InputStream in = PageFiles.class.getResourceAsStream(resource);
    if (in == null) {
      throw new IllegalStateException(
          resource + " is not on the class path; run ckpt as it was built");
    }
    return in;
  }
}
