package io.github.checkpoint4j.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Files and directories with what is on the device and what is only in memory kept apart, as {@link
 * CrashStorage} describes it.
 */
final class Disk {
  /** A file or a directory, whatever names lead to it. */
  sealed interface Node {}

  /** A file's bytes, in memory and on the device. */
  static final class File implements Node {
    private byte[] bytes;
    private Optional<byte[]> durable;
    private Instant modified;
    private boolean synced;
    private boolean doubtful;
    private Optional<List<Remains>> remains = Optional.empty();

    /** A file that was never synced. */
    File(byte[] bytes, Instant time) {
      this.bytes = bytes;
      this.modified = time;
      this.durable = Optional.empty();
    }

    File(File other) {
      bytes = other.bytes;
      modified = other.modified;
      durable = other.durable;
      synced = other.synced;
      doubtful = other.doubtful;
      remains = other.remains;
    }

    /** A file whose bytes are on the device. */
    static File durable(Remains left, Instant time) {
      File file = new File(left.bytes(), time);
      file.sync();
      file.remains = Optional.of(List.of(left.asWhole()));
      return file;
    }

    byte[] bytes() {
      return bytes;
    }

    Instant modified() {
      return modified;
    }

    void replace(byte[] changed, Instant time) {
      bytes = changed;
      modified = time;
      synced = false;
      remains = Optional.empty();
    }

    void sync() {
      if (!doubtful) {
        durable = Optional.of(bytes);
        synced = true;
        remains = Optional.empty();
      }
    }

    /** The kernel drops the pages that a failed sync could not write: no later sync brings them. */
    void failSync() {
      doubtful |= !synced;
    }

    /** What is left if nothing is lost. */
    Remains whole() {
      return remains.map(List::getFirst).orElseGet(() -> Remains.whole(bytes));
    }

    /** What is left at the least: nothing, or what was synced before it changed. */
    Remains least() {
      return Remains.whole(durable.orElse(new byte[0]));
    }

    /** What a crash may leave, the whole first. */
    List<Remains> remains() {
      if (remains.isEmpty()) {
        remains =
            Optional.of(
                synced ? List.of(Remains.whole(bytes)) : Remains.ofUnsynced(bytes, durable));
      }
      return remains.get();
    }
  }

  /** A directory's entries, in memory and on the device. */
  static final class Directory implements Node {
    final TreeMap<String, Node> entries = new TreeMap<>();
    private final TreeMap<String, Node> durable = new TreeMap<>();
    private Instant modified = Instant.EPOCH;

    Instant modified() {
      return modified;
    }
  }

  /** A name in a directory, taken or free. */
  record Slot(Directory directory, String name) {}

  /** What an operation on entries makes of a slot; empty if the name becomes free. */
  record Change(Slot slot, Optional<Node> after) {
    void applyTo(Map<String, Node> entries) {
      after.ifPresentOrElse(node -> entries.put(slot.name, node), () -> entries.remove(slot.name));
    }
  }

  /** A creation, a deletion, or both halves of a rename: on the device as a whole or not at all. */
  record EntryOperation(String text, List<Change> changes) {
    boolean touches(Directory directory) {
      return changes.stream().anyMatch(change -> change.slot.directory == directory);
    }

    /** Whether this one, the later of the two, cannot be on the device without the other. */
    boolean dependsOn(EntryOperation earlier) {
      return changes.stream()
          .anyMatch(a -> earlier.changes.stream().anyMatch(b -> a.slot.equals(b.slot)));
    }
  }

  private final Directory root;
  private final List<EntryOperation> pending = new ArrayList<>();

  Disk() {
    this(new Directory());
  }

  private Disk(Directory root) {
    this.root = root;
  }

  /** Another disk in the same state. */
  Disk copy() {
    Map<Node, Node> copies = new HashMap<>();
    Disk copy = new Disk((Directory) copy(root, copies));
    for (EntryOperation operation : pending) {
      List<Change> changes =
          operation.changes.stream()
              .map(
                  change ->
                      new Change(
                          new Slot(
                              (Directory) copy(change.slot.directory, copies), change.slot.name),
                          change.after.map(node -> copy(node, copies))))
              .toList();
      copy.pending.add(new EntryOperation(operation.text, changes));
    }
    return copy;
  }

  private static Node copy(Node node, Map<Node, Node> copies) {
    @Nullable Node known = copies.get(node);
    if (known != null) {
      return known;
    }
    return switch (node) {
      case File file -> {
        File copy = new File(file);
        copies.put(file, copy);
        yield copy;
      }
      case Directory directory -> {
        Directory copy = new Directory();
        copies.put(directory, copy);
        copy.modified = directory.modified;
        directory.entries.forEach((name, inner) -> copy.entries.put(name, copy(inner, copies)));
        directory.durable.forEach((name, inner) -> copy.durable.put(name, copy(inner, copies)));
        yield copy;
      }
    };
  }

  Directory root() {
    return root;
  }

  /** How many names lead to a file. */
  long names(File file) {
    return names(root, file);
  }

  private static long names(Directory directory, File file) {
    return directory.entries.values().stream()
        .mapToLong(
            node -> node instanceof Directory inner ? names(inner, file) : node == file ? 1 : 0)
        .sum();
  }

  /** The operations on entries that a crash may undo, in the order they were made. */
  List<EntryOperation> pending() {
    return pending;
  }

  void change(EntryOperation operation, Instant time) {
    for (Change change : operation.changes) {
      change.applyTo(change.slot.directory.entries);
      change.slot.directory.modified = time;
    }
    pending.add(operation);
  }

  /** Puts an entry on the device at once. */
  void place(Directory directory, String name, Node node) {
    directory.entries.put(name, node);
    directory.durable.put(name, node);
  }

  /** Removes an entry, and all below it, from memory and device at once. */
  void tearOut(Directory directory, String name) {
    directory.entries.remove(name);
    directory.durable.remove(name);
    pending.removeIf(operation -> operation.touches(directory));
    forgetUnreachable();
  }

  /** Puts what was done to the directory on the device, with all that this depends on. */
  void sync(Directory directory) {
    List<EntryOperation> made = new ArrayList<>();
    for (EntryOperation operation : pending.reversed()) {
      if (operation.touches(directory)
          || made.stream().anyMatch(later -> later.dependsOn(operation))) {
        made.add(operation);
      }
    }
    for (EntryOperation operation : made.reversed()) {
      operation.changes.forEach(change -> change.applyTo(change.slot.directory.durable));
    }
    pending.removeAll(made);
    forgetUnreachable();
  }

  /** Drops the operations in directories that no crash can bring back. */
  private void forgetUnreachable() {
    Set<Node> reachable = new HashSet<>();
    reach(root, reachable);
    pending.removeIf(
        operation ->
            operation.changes.stream()
                .noneMatch(change -> reachable.contains(change.slot.directory)));
  }

  private void reach(Directory directory, Set<Node> reachable) {
    if (!reachable.add(directory)) {
      return;
    }
    directory.durable.values().forEach(node -> reachNode(node, reachable));
    for (EntryOperation operation : pending) {
      for (Change change : operation.changes) {
        if (change.slot.directory == directory) {
          change.after.ifPresent(node -> reachNode(node, reachable));
        }
      }
    }
  }

  private void reachNode(Node node, Set<Node> reachable) {
    if (node instanceof Directory directory) {
      reach(directory, reachable);
    }
  }

  /** The tree on the device if, of the pending operations, those at {@code kept} got there. */
  Tree survivors(boolean[] kept) {
    Map<Directory, SortedMap<String, Node>> changed = new LinkedHashMap<>();
    for (int i = 0; i < kept.length; i++) {
      if (kept[i]) {
        for (Change change : pending.get(i).changes) {
          Directory directory = change.slot.directory;
          change.applyTo(changed.computeIfAbsent(directory, d -> new TreeMap<>(d.durable)));
        }
      }
    }
    Tree tree = new Tree(new ArrayList<>(), new TreeMap<>());
    collect(root, "", changed, tree);
    return tree;
  }

  private static void collect(
      Directory directory,
      String path,
      Map<Directory, SortedMap<String, Node>> changed,
      Tree tree) {
    for (Map.Entry<String, Node> entry :
        changed.getOrDefault(directory, directory.durable).entrySet()) {
      String below = path + "/" + entry.getKey();
      switch (entry.getValue()) {
        case File file -> tree.files.put(below, file);
        case Directory inner -> {
          tree.directories.add(below);
          collect(inner, below, changed, tree);
        }
      }
    }
  }

  /**
   * What can be reached from the root.
   *
   * @param directories paths from the root, each after the one around it
   * @param files by path from the root
   */
  record Tree(List<String> directories, SortedMap<String, File> files) {}
}
