package io.github.checkpoint4j.cli.serve;

import io.github.checkpoint4j.cli.serve.Task.State;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Function;

/**
 * The tasks there are: at most {@value #AT_ONCE} that run, and the last ones that have ended.
 *
 * <p>Safe for use by several threads.
 */
public final class Tasks implements AutoCloseable {
  static final int AT_ONCE = 2;
  private static final int REMEMBERED = 32;

  private final Map<String, Task> tasks = new LinkedHashMap<>();
  private final Function<Throwable, RequestRefusedException> failures;
  private long begun;

  /**
   * @param failures how what the work throws is told
   */
  public Tasks(Function<Throwable, RequestRefusedException> failures) {
    this.failures = failures;
  }

  /**
   * Begins some work on a thread of its own.
   *
   * @throws RequestRefusedException with 503 if as much is being done already
   */
  public synchronized Task start(Task.Work work) throws RequestRefusedException {
    if (tasks.values().stream().filter(Task::running).count() >= AT_ONCE) {
      throw new RequestRefusedException(
          503, AT_ONCE + " tasks are running; wait for one to end, or cancel it");
    }
    if (tasks.size() >= REMEMBERED) {
      tasks.values().stream()
          .filter(task -> !task.running())
          .findFirst()
          .ifPresent(oldest -> tasks.remove(oldest.id()));
    }
    Task task = new Task(String.valueOf(++begun));
    tasks.put(task.id(), task);
    Thread.ofVirtual().name("task " + task.id()).start(() -> run(task, work));
    return task;
  }

  private void run(Task task, Task.Work work) {
    try {
      task.end(State.DONE, work.run(task));
    } catch (CancellationException e) {
      task.end(State.CANCELLED, new RequestRefusedException(409, "cancelled").json());
    } catch (Exception | Error e) {
      task.end(State.FAILED, failures.apply(e).json());
    }
  }

  /**
   * One of them.
   *
   * @throws RequestRefusedException with 404 if there is none of this id, or no more
   */
  public synchronized Task get(String id) throws RequestRefusedException {
    Task task = tasks.get(id);
    if (task == null) {
      throw new RequestRefusedException(404, "there is no such task; begin it again");
    }
    return task;
  }

  /** Cancels all of them. */
  @Override
  public synchronized void close() {
    tasks.values().forEach(Task::cancel);
  }
}
