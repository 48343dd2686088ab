package io.github.checkpoint4j.store;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Predicate;

/**
 * One thing that a crash may leave.
 *
 * @param point the last operation before the crash
 * @param lost the operations on entries that did not get to the device
 * @param directories paths from the root, each after the one around it
 * @param files what is left of each file, by path from the root
 */
record CrashState(
    String point, List<String> lost, List<String> directories, SortedMap<String, Remains> files) {

  /** The same for states that no one can tell apart, and in all likelihood for no others. */
  long key() {
    return key(_ -> true);
  }

  /** The same for states that differ at most in what is below hidden names. */
  long visibleKey() {
    return key(path -> !path.contains("/."));
  }

  /** The same for states that do not differ below this directory. */
  long keyBelow(String directory) {
    return key(path -> path.startsWith(directory));
  }

  private long key(Predicate<String> counts) {
    long key = 0;
    for (String directory : directories) {
      if (counts.test(directory)) {
        key = Hash.of(key, directory);
      }
    }
    for (Map.Entry<String, Remains> file : files.entrySet()) {
      if (counts.test(file.getKey())) {
        key = Hash.of(Hash.of(key, file.getKey()), file.getValue().digest());
      }
    }
    return key;
  }

  /** The same for states with the same names, whatever is in the files. */
  long shape() {
    long shape = directories.size();
    for (String directory : directories) {
      shape = Hash.of(shape, directory);
    }
    for (String file : files.keySet()) {
      shape = Hash.of(shape, file);
    }
    return shape;
  }

  /** A disk in this state, after the machine started again: all that is there is durable. */
  CrashStorage storage() {
    return CrashStorage.of(this);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("crash after: ").append(point);
    lost.forEach(operation -> text.append("\n  lost: ").append(operation));
    directories.forEach(directory -> text.append("\n  left: ").append(directory).append('/'));
    files.forEach(
        (path, left) ->
            text.append(
                "\n  left: %s, %s (%d bytes)".formatted(path, left.label(), left.bytes().length)));
    return text.toString();
  }
}
