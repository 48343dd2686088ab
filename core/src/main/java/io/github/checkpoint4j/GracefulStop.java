package io.github.checkpoint4j;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a training come to an orderly end when the process gets SIGTERM or SIGINT: it is told, and
 * the JVM does not end before this is closed, or the deadline has passed. The exit status is the
 * JVM's own, 143 or 130. More signals meanwhile change nothing.
 *
 * <pre>{@code
 * try (var stop = GracefulStop.within(Duration.ofSeconds(25));
 *     var checkpointer = Checkpointer.in(run).track("model", model).open()) {
 *   while (step < total && !stop.requested()) {
 *     checkpointer.step(++step, trainOneStep());
 *   }
 *   if (stop.requested()) {
 *     checkpointer.save(step, Double.NaN, Map.of());
 *   }
 * }
 * }</pre>
 *
 * <p>The deadline is counted from the signal, for all of it: the step that is being done, the save
 * in flight and the last one. When it passes, the JVM ends in the middle of whatever is done, which
 * is as a kill for a save: every checkpoint that was acknowledged stays, and no half one is seen.
 * Whoever sent the signal may have less patience and kill the process: choose a deadline below that
 * of the system (Kubernetes: {@code terminationGracePeriodSeconds}, 30 by default).
 *
 * <p>{@link System#exit} in another thread is as a signal. In the thread that made this, nothing is
 * waited for, since that thread could not close it any more. With {@code -Xrs}, or if SIGINT was
 * ignored when the JVM started, the JVM does not learn of the signal.
 */
public final class GracefulStop implements AutoCloseable {
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread owner = Thread.currentThread();
  private final Duration deadline;
  private final Runnable whenRequested;
  private final Thread hook = new Thread(this::stop, "graceful stop");
  private volatile boolean requested;

  private GracefulStop(Duration deadline, Runnable whenRequested) {
    this.deadline = deadline;
    this.whenRequested = whenRequested;
  }

  /**
   * From here on a signal does not end the JVM at once.
   *
   * @throws IllegalArgumentException if the deadline is not positive
   */
  public static GracefulStop within(Duration deadline) {
    return within(deadline, () -> {});
  }

  /**
   * From here on a signal does not end the JVM at once.
   *
   * @param whenRequested tells the work to end, and returns at once; called at most once, by
   *     another thread
   * @throws IllegalArgumentException if the deadline is not positive
   */
  public static GracefulStop within(Duration deadline, Runnable whenRequested) {
    Positive.require("the deadline of a stop", deadline);
    var stop = new GracefulStop(deadline, whenRequested);
    try {
      Runtime.getRuntime().addShutdownHook(stop.hook);
    } catch (IllegalStateException e) {
      // The JVM is ending already, and takes no hook any more.
      stop.request();
    }
    return stop;
  }

  /** Whether the process was told to end. May be asked by any thread. */
  public boolean requested() {
    return requested;
  }

  private void request() {
    requested = true;
    whenRequested.run();
  }

  private void stop() {
    try {
      request();
    } finally {
      if (!ownerExits()) {
        awaitEnd();
      }
    }
  }

  private boolean ownerExits() {
    return Arrays.stream(owner.getStackTrace())
        .anyMatch(
            frame ->
                frame.getClassName().equals(Runtime.class.getName())
                    && frame.getMethodName().equals("exit"));
  }

  private void awaitEnd() {
    try {
      ended.await(TimeUnit.NANOSECONDS.convert(deadline), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The work has ended: the JVM may end, too. Does nothing the second time. */
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
