package io.github.checkpoint4j.cli;

import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;

/**
 * Lets work that is under way come to an orderly end when the process gets SIGINT or SIGTERM: asks
 * it to stop, and holds the end of the JVM back until this is closed. The JVM then exits with 130
 * or 143; further signals meanwhile change nothing.
 */
final class GracefulStop implements AutoCloseable {
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook;

  private GracefulStop(Runnable stop, PrintStream err) {
    this.hook =
        new Thread(
            () -> {
              err.println("stopping after the running step, with a checkpoint");
              err.flush();
              stop.run();
              awaitEnd();
            },
            "graceful stop");
  }

  /**
   * From here on a signal does not end the JVM but is told to the work.
   *
   * @param stop asks the work to end; called on another thread, and returns at once
   */
  static GracefulStop of(Runnable stop, PrintStream err) {
    GracefulStop graceful = new GracefulStop(stop, err);
    Runtime.getRuntime().addShutdownHook(graceful.hook);
    return graceful;
  }

  private void awaitEnd() {
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The work has ended. */
  @Override
  public void close() {
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending already: the hook is at work, and goes on now.
      return;
    }
  }
}
