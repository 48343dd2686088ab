package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * Chromium on a page of {@code ckpt serve}. {@link #screenshot} makes a picture of any view:
 *
 * <pre>{@code
 * try (Browser browser = Browser.open()) {
 *   browser.size(1280, 900);
 *   browser.dark(true);
 *   browser.visit(entrance, "#/run?path=runs%2Fclassify");
 *   browser.await(() -> browser.texts("tbody th").size() == 3);
 *   browser.screenshot(Path.of("run.png"));
 * }
 * }</pre>
 *
 * where {@code entrance} is the address that {@code ckpt serve} prints.
 */
final class Browser implements AutoCloseable {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

  /** Long enough for a machine that is busy with other things. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /**
   * Selenium warns that it has no classes for this Chromium's protocol, which are not used here.
   */
  private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium");

  static {
    SELENIUM.setLevel(Level.SEVERE);
  }

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /** Starts Chromium without a window; without one on the machine the test fails. */
  static Browser open() {
    for (Path program : List.of(CHROMIUM, DRIVER)) {
      if (!Files.isExecutable(program)) {
        throw new AssertionError(
            program
                + " is missing, which the tests of the page need; install Chromium and its driver:"
                + " apt-get install chromium chromium-driver");
      }
    }
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.addArguments(
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage");
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build();
    Browser browser = new Browser(new ChromeDriver(service, options));
    browser.size(1280, 900);
    return browser;
  }

  /** Of the window. */
  void size(int width, int height) {
    driver.manage().window().setSize(new Dimension(width, height));
  }

  /** What the page is told that the user prefers. */
  void dark(boolean dark) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
  }

  /** Shows a view, which is what follows the address: {@code #/run?path=...}. */
  void visit(URI entrance, String view) {
    driver.get(entrance + view);
  }

  void visit(URI address) {
    driver.get(address.toString());
  }

  String address() {
    return Objects.requireNonNull(driver.getCurrentUrl());
  }

  String title() {
    return Objects.requireNonNull(driver.getTitle());
  }

  /** Waits until it is so; what is looked at may be replaced meanwhile. */
  void await(Callable<Boolean> so) throws Exception {
    Instant end = Instant.now().plus(PATIENCE);
    while (!isSo(so)) {
      assertThat(Instant.now())
          .as(() -> "the page is still\n" + driver.findElement(By.tagName("body")).getText())
          .isBefore(end);
      Thread.sleep(50);
    }
  }

  private static boolean isSo(Callable<Boolean> so) throws Exception {
    try {
      return so.call();
    } catch (StaleElementReferenceException e) {
      return false;
    }
  }

  /** Waits for a text on the page. */
  void awaitText(String text) throws Exception {
    await(() -> text().contains(text));
  }

  /** All that can be read on the page. */
  String text() {
    return driver.findElement(By.tagName("body")).getText();
  }

  /** What can be read in the elements of a selector. */
  List<String> texts(String selector) {
    return driver.findElements(By.cssSelector(selector)).stream().map(WebElement::getText).toList();
  }

  WebElement find(String selector) {
    return driver.findElement(By.cssSelector(selector));
  }

  /** The name of an element for a screen reader. */
  String label(String selector) {
    return Objects.requireNonNull(find(selector).getDomAttribute("aria-label"), selector);
  }

  List<WebElement> all(String selector) {
    return driver.findElements(By.cssSelector(selector));
  }

  /** Clicks on the button or link that says this, as soon as there is one. */
  void click(String text) throws Exception {
    await(
        () -> {
          for (WebElement element : all("button, a, summary")) {
            if (element.isDisplayed()
                && (element.getText().equals(text)
                    || text.equals(element.getDomAttribute("aria-label")))) {
              element.click();
              return true;
            }
          }
          return false;
        });
  }

  /** Types into what has the focus. */
  void type(CharSequence... keys) {
    driver.switchTo().activeElement().sendKeys(keys);
  }

  /** Goes on with the tab key until what has the focus says this. */
  void tabTo(String text) throws Exception {
    for (int i = 0; i < 200; i++) {
      WebElement focused = driver.switchTo().activeElement();
      if (focused.getText().equals(text) || text.equals(focused.getDomAttribute("aria-label"))) {
        return;
      }
      type(Keys.TAB);
    }
    throw new AssertionError("the tab key does not lead to '" + text + "'");
  }

  /** What has the focus: its text, or its name for a screen reader. */
  String focused() {
    WebElement focused = driver.switchTo().activeElement();
    String label = focused.getDomAttribute("aria-label");
    return label == null ? focused.getText() : label;
  }

  /** The value of a JavaScript expression or function body. */
  Object script(String body, Object... arguments) {
    return Objects.requireNonNull(driver.executeScript(body, arguments));
  }

  /** What a script that calls its last argument says. */
  Object asyncScript(String body, Object... arguments) {
    return Objects.requireNonNull(driver.executeAsyncScript(body, arguments));
  }

  /** Errors and warnings on the console since the last call: also violations of the policy. */
  List<String> problems() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(LogEntry::getMessage)
        .toList();
  }

  /** Writes what the window shows as PNG. */
  void screenshot(Path file) throws IOException {
    Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
  }

  @Override
  public void close() {
    try {
      driver.quit();
    } catch (WebDriverException e) {
      throw new AssertionError("Chromium did not end", e);
    }
  }
}
