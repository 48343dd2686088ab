package io.github.checkpoint4j.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A disk whose operations a test can hold up and make fail. An operation is told as its name and
 * that of the file or directory, for instance {@code sync model.safetensors}.
 */
public final class GatedStorage extends ForwardingStorage {
  private record Gate(String operation, CountDownLatch reached, CountDownLatch opened) {}

  private final List<String> operations = new CopyOnWriteArrayList<>();
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final Map<String, Throwable> failing = new ConcurrentHashMap<>();
  private volatile Gate gate = new Gate("", new CountDownLatch(0), new CountDownLatch(0));

  public GatedStorage() {
    this(LocalStorage.instance());
  }

  public GatedStorage(Storage to) {
    super(to);
  }

  /** Holds this operation up when it comes, until {@link #open}; it fails if that does not come. */
  public void hold(String operation) {
    gate = new Gate(operation, new CountDownLatch(1), new CountDownLatch(1));
  }

  /** Waits until the operation has come. */
  public void awaitHeld() throws InterruptedException {
    gate.reached().await();
  }

  /** Lets the operation go on. */
  public void open() {
    gate.opened().countDown();
  }

  /** Makes this operation fail from now on. */
  public void fail(String operation) {
    fail(operation, new IOException("input/output error at " + operation));
  }

  /** Makes this operation throw from now on, whatever it may throw. */
  public void fail(String operation, Throwable failure) {
    failing.put(operation, failure);
  }

  /** Makes nothing fail any more. */
  public void heal() {
    failing.clear();
  }

  /** What was done so far, in order. */
  public List<String> operations() {
    return List.copyOf(operations);
  }

  /** The threads that did it, in the order of what they did. */
  public List<Thread> threads() {
    return List.copyOf(threads);
  }

  @Override
  void mutation(String operation, Path path) throws IOException {
    String told = operation + " " + path.getFileName();
    threads.add(Thread.currentThread());
    operations.add(told);
    Gate now = gate;
    if (told.equals(now.operation())) {
      now.reached().countDown();
      try {
        if (!now.opened().await(20, TimeUnit.SECONDS)) {
          throw new IOException("nothing let " + told + " go on");
        }
      } catch (InterruptedException e) {
        throw new IOException("interrupted at " + told, e);
      }
    }
    if (failing.containsKey(told)) {
      sneak(failing.getOrDefault(told, new IOException(told)));
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <X extends Throwable> void sneak(Throwable failure) throws X {
    throw (X) failure;
  }
}
