package io.github.checkpoint4j.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Runs the benchmarks one at a time as standard input asks, so that another program can take turns
 * with them on a machine whose speed changes. It prints the path of a file with the model's tensors
 * when it is ready; then a line with the name of a benchmark is answered with a line of the seconds
 * it took.
 */
final class SideBySide {
  /** What is timed. */
  private interface Timed {
    void run() throws IOException;
  }

  private SideBySide() {}

  public static void main(String[] arguments) throws IOException {
    DurableSave save = new DurableSave();
    BackgroundSave background = new BackgroundSave();
    WarmLoad load = new WarmLoad();
    load.save();
    LazyRead lazy = lazyRead(1);
    LazyRead lazyTenfold = lazyRead(10);
    BufferedReader names =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println(load.file());
    for (String name = names.readLine(); name != null; name = names.readLine()) {
      double seconds =
          switch (name) {
            case "commit" -> seconds(save::commit);
            case "bare" -> seconds(save::bare);
            case "blocked" -> seconds(background::blocked);
            case "durable" -> seconds(background::durable);
            case "memcpy" -> seconds(background::memcpy);
            case "load" -> seconds(load::load);
            case "verified-load" -> seconds(load::verifiedLoad);
            case "one-tensor-bare" -> seconds(lazy::bare);
            case "one-tensor" -> seconds(lazy::checkpoint);
            case "one-tensor-of-10-GiB" -> seconds(lazyTenfold::checkpoint);
            default -> throw new IllegalArgumentException("no benchmark is called " + name);
          };
      System.out.println(seconds);
      save.delete();
      background.await();
    }
    save.close();
    background.close();
    load.close();
    lazy.close();
    lazyTenfold.close();
  }

  private static LazyRead lazyRead(int size) throws IOException {
    LazyRead lazy = new LazyRead();
    lazy.size = size;
    lazy.save();
    return lazy;
  }

  private static double seconds(Timed timed) throws IOException {
    long start = System.nanoTime();
    timed.run();
    return (System.nanoTime() - start) / 1e9;
  }
}
