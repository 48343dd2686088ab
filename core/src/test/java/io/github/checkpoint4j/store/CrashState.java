package io.github.checkpoint4j.store;

import java.util.List;
import java.util.SortedMap;

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

  /** The same for states that no one can tell apart. */
  String key() {
    StringBuilder key = new StringBuilder();
    directories.forEach(directory -> key.append(directory).append("/\n"));
    files.forEach((path, left) -> key.append(path).append('=').append(left.digest()).append('\n'));
    return key.toString();
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
