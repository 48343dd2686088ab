package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.store.Disk.Change;
import io.github.checkpoint4j.store.Disk.Directory;
import io.github.checkpoint4j.store.Disk.EntryOperation;
import io.github.checkpoint4j.store.Disk.File;
import io.github.checkpoint4j.store.Disk.Node;
import io.github.checkpoint4j.store.Disk.Slot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that can lose power. It is strict: what the contract of {@link Storage} does not
 * allow is refused, and what was not made durable is what a crash takes.
 *
 * <p>A crash may come between any two operations. What it leaves is one of {@link #crashStates}:
 *
 * <ul>
 *   <li><b>Entries.</b> A creation, deletion or rename is kept if the directory was synced
 *       afterwards; otherwise it is kept or lost, as a whole: a renamed entry is under its old name
 *       or its new one, never both or neither. Of several that were not synced any may be lost,
 *       except one that another, kept one builds on because it gives or takes the same name in the
 *       same directory. A journal that keeps the order is among these cases: it loses the last
 *       ones. A rename from one directory to another is kept once either is synced.
 *   <li><b>Contents.</b> A file's bytes are kept if it was synced after they were written.
 *       Otherwise any of {@link Remains#ofUnsynced} is left: the whole, nothing, a beginning, zeros
 *       of the same length, bytes of something else, blocks of 4 KiB missing between others, or
 *       more than was written, to the end of a block. That the entry is durable says nothing of the
 *       content, nor the size of the bytes, and a synced file without a durable entry is lost.
 *   <li><b>Reach.</b> Syncing a directory does not keep the entry of the directory itself.
 *   <li><b>A failed sync</b> of a file vouches for nothing, nor does any later one. After a failed
 *       sync of a directory a later one that succeeds does vouch for its entries: they are in a
 *       journal, and a file system that could not write its journal takes no more writes, as a
 *       {@link Fault.Dead} device.
 *   <li><b>Locks</b> end.
 * </ul>
 *
 * <p>A crash within an operation leaves what one just before or just after it does: a write in
 * progress leaves a file that was not synced, a sync in progress no more than was pending.
 *
 * <p>The cases are what POSIX allows and file systems do. fsync(2): "Calling fsync() does not
 * necessarily ensure that the entry in the directory containing the file has also reached disk."
 * Pillai et al., "All File Systems Are Not Created Equal" (OSDI 2014), table 1, tells which orders
 * and atomic steps ext2, ext3, ext4, btrfs and xfs keep: contents reach the disk after entries on
 * most, btrfs reorders operations on entries, and ext2 alone tears these, which is left out here.
 * Empty and zero-filled files after a rename are known of delayed allocation in ext4 and xfs, and
 * strange bytes of ext4's {@code data=writeback}. Rebello et al., "Can Applications Recover from
 * fsync Failures?" (ATC 2020), shows the pages that a failed sync drops.
 */
final class CrashStorage implements Storage {
  /** The directory that the disk is mounted on; it is there, empty and durable at first. */
  static final Path MOUNT = Path.of("").toAbsolutePath().getRoot().resolve("disk");

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private static final Map<Path, List<String>> NAMES = new ConcurrentHashMap<>();

  private final Disk disk;
  private final List<String> operations = new ArrayList<>();
  private final List<MappedFile> maps = new ArrayList<>();
  private final Map<File, LockAttempt.Held> locks = new LinkedHashMap<>();
  private Runnable observer = () -> {};
  private final Faults faults = new Faults();
  private boolean linking = true;

  /** An empty disk. */
  CrashStorage() {
    this(new Disk());
  }

  private CrashStorage(Disk disk) {
    this.disk = disk;
  }

  /** A disk in a state left by a crash. */
  static CrashStorage of(CrashState state) {
    CrashStorage storage = new CrashStorage();
    for (String path : state.directories()) {
      storage.place(path, new Directory());
    }
    state.files().forEach((path, left) -> storage.place(path, File.durable(left, START)));
    return storage;
  }

  private void place(String path, Node node) {
    int slash = path.lastIndexOf('/');
    Path around = MOUNT.resolve(path.substring(1, Math.max(1, slash)));
    if (lookUp(around).orElseThrow() instanceof Directory directory) {
      disk.place(directory, path.substring(slash + 1), node);
    }
  }

  /**
   * What a crash now would leave, each state once: all of them, or if they are more than {@code
   * limit}, those of an ordered journal and a random sample.
   */
  List<CrashState> crashStates(int limit, RandomGenerator random) {
    String point = operations.isEmpty() ? "nothing" : operations.getLast();
    return CrashStates.of(disk, operations.size() + " " + point, limit, random);
  }

  /** The disk after a crash that took nothing: what programs see now. */
  CrashState bestCrash() {
    return CrashStates.best(disk, operations.size() + " operations");
  }

  /** The disk after a crash that took all it could: nothing is left that was not durable. */
  CrashState worstCrash() {
    return CrashStates.worst(disk, operations.size() + " operations");
  }

  /** The disk after the process was killed: nothing is lost, nothing more durable, locks end. */
  CrashStorage kill() {
    CrashStorage killed = new CrashStorage(disk.copy());
    killed.operations.addAll(operations);
    killed.operations.add("the process is killed");
    return killed;
  }

  /** Calls this after each operation that changed anything. */
  void observe(Runnable afterEachChange) {
    observer = afterEachChange;
  }

  /** Every change so far, in words. */
  List<String> operations() {
    return List.copyOf(operations);
  }

  /** Lets something go wrong, besides what already does; counts calls from here. */
  void inject(Fault fault) {
    faults.inject(fault);
  }

  /** Ends all that goes wrong. */
  void heal() {
    faults.heal();
  }

  /** Calls since the last fault was injected. */
  long calls() {
    return faults.calls();
  }

  /** The files that are still mapped. */
  List<Path> openMaps() {
    return maps.stream()
        .filter(map -> map.bytes().scope().isAlive())
        .map(MappedFile::path)
        .toList();
  }

  /** Whether someone holds a lock. */
  boolean locked() {
    return !locks.isEmpty();
  }

  /** The bytes of a file as programs see them. */
  byte[] read(Path file) throws IOException {
    return file(file).bytes();
  }

  /** Writes over a file's bytes, as someone does who is not the store; durable at once. */
  void overwrite(Path path, byte[] bytes) throws IOException {
    File file = file(path);
    file.replace(bytes, now());
    file.sync();
  }

  /** Creates a file or, if there are no bytes, a directory, as {@link #overwrite} changes one. */
  void appear(Path path, Optional<byte[]> bytes) throws IOException {
    Slot slot = free(path);
    Node node =
        bytes.isPresent() ? File.durable(Remains.whole(bytes.get()), now()) : new Directory();
    disk.sync(slot.directory());
    disk.place(slot.directory(), slot.name(), node);
  }

  /** Removes a file or a directory and all in it, as {@link #overwrite} changes one. */
  void vanish(Path path) throws IOException {
    Slot slot = taken(path);
    disk.sync(slot.directory());
    disk.tearOut(slot.directory(), slot.name());
  }

  @Override
  public synchronized void createDirectory(Path path) throws IOException {
    begin("createDirectory", path, true);
    Slot slot = free(path);
    change("createDirectory " + relative(path), new Change(slot, Optional.of(new Directory())));
  }

  @Override
  public synchronized FileChecksums write(Path path, FileContent content) throws IOException {
    begin("write", path, true);
    Slot slot = free(path);
    byte[] bytes = bytes(content);
    Faults.Written written = faults.write(bytes.length);
    String text = "write %s (%d bytes)".formatted(relative(path), written.bytes());
    File file = new File(Arrays.copyOf(bytes, written.bytes()), now());
    change(text, new Change(slot, Optional.of(file)));
    if (written.problem().isPresent()) {
      throw new FileSystemException(path.toString(), null, written.problem().get());
    }
    return FileChecksums.of(content);
  }

  private static byte[] bytes(FileContent content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    content.parts().forEach(part -> bytes.writeBytes(part.bytes().toArray(ValueLayout.JAVA_BYTE)));
    return bytes.toByteArray();
  }

  @Override
  public synchronized void sync(Path path) throws IOException {
    try {
      begin("sync", path, false);
    } catch (FileSystemException e) {
      if (lookUp(path).orElse(disk.root()) instanceof File file) {
        file.failSync();
      }
      throw e;
    }
    File file = file(path);
    file.sync();
    changed("sync " + relative(path));
  }

  @Override
  public synchronized void syncDirectory(Path path) throws IOException {
    begin("syncDirectory", path, false);
    if (!path.equals(MOUNT) && MOUNT.startsWith(path)) {
      // A directory around the mount point is on another disk.
      return;
    }
    disk.sync(directory(path));
    changed("syncDirectory " + relative(path));
  }

  @Override
  public synchronized void rename(Path source, Path target) throws IOException {
    begin("rename", source, true);
    Node node = existing(source);
    Slot from = slot(source);
    Slot to = free(target);
    if (target.toAbsolutePath().normalize().startsWith(source.toAbsolutePath().normalize())) {
      throw new FileSystemException(
          source.toString(), target.toString(), "cannot be moved into itself");
    }
    change(
        "rename %s -> %s".formatted(relative(source), relative(target)),
        new Change(from, Optional.empty()),
        new Change(to, Optional.of(node)));
  }

  @Override
  public synchronized boolean link(Path existing, Path name) throws IOException {
    begin("link", name, true);
    File file = file(existing);
    Slot slot = free(name);
    if (!linking) {
      return false;
    }
    change(
        "link %s as %s".formatted(relative(existing), relative(name)),
        new Change(slot, Optional.of(file)));
    return true;
  }

  /** From now on, no file gets a second name. */
  void refuseLinks() {
    linking = false;
  }

  @Override
  public synchronized void deleteFile(Path path) throws IOException {
    begin("deleteFile", path, true);
    File file = file(path);
    Slot slot = taken(path);
    if (disk.names(file) == 1) {
      faults.free(file.bytes().length);
    }
    change("deleteFile " + relative(path), new Change(slot, Optional.empty()));
  }

  @Override
  public synchronized void removeDirectory(Path path) throws IOException {
    begin("removeDirectory", path, true);
    if (!directory(path).entries.isEmpty()) {
      throw new DirectoryNotEmptyException(path.toString());
    }
    change("removeDirectory " + relative(path), new Change(taken(path), Optional.empty()));
  }

  @Override
  public synchronized List<Entry> list(Path path) throws IOException {
    begin("list", path, false);
    return directory(path).entries.entrySet().stream()
        .map(entry -> new Entry(entry.getKey(), kind(entry.getValue())))
        .toList();
  }

  @Override
  public synchronized OpenDirectory openDirectory(Path path) throws IOException {
    begin("openDirectory", path, false);
    return new OpenCrashDirectory(path, directory(path));
  }

  /** A directory, whatever names lead to it. */
  private final class OpenCrashDirectory implements OpenDirectory {
    private final Path path;
    private final Directory directory;
    private final SortedMap<String, Long> files = new TreeMap<>();

    OpenCrashDirectory(Path path, Directory directory) {
      this.path = path;
      this.directory = directory;
      directory.entries.forEach(
          (name, node) -> {
            if (node instanceof File file) {
              files.put(name, (long) file.bytes().length);
            }
          });
    }

    @Override
    public SortedMap<String, Long> files() {
      return files;
    }

    @Override
    public MappedFile map(String file) throws IOException {
      synchronized (CrashStorage.this) {
        begin("map", path.resolve(file), false);
        if (directory.entries.get(file) instanceof File node) {
          return mapped(path.resolve(file), node);
        }
        throw new NoSuchFileException(path.resolve(file).toString());
      }
    }

    @Override
    public Instant lastModified() throws IOException {
      synchronized (CrashStorage.this) {
        begin("lastModified", path, false);
        return directory.modified();
      }
    }

    @Override
    public boolean isNamed() throws IOException {
      synchronized (CrashStorage.this) {
        begin("isNamed", path, false);
        return lookUp(path).filter(node -> node == directory).isPresent();
      }
    }

    @Override
    public void close() {}
  }

  @Override
  public synchronized Optional<Kind> find(Path path) throws IOException {
    begin("find", path, false);
    return lookUp(path).map(CrashStorage::kind);
  }

  private static Kind kind(Node node) {
    return node instanceof File ? Kind.FILE : Kind.DIRECTORY;
  }

  @Override
  public synchronized long size(Path path) throws IOException {
    begin("size", path, false);
    return file(path).bytes().length;
  }

  @Override
  public synchronized Instant lastModified(Path path) throws IOException {
    begin("lastModified", path, false);
    return switch (existing(path)) {
      case File file -> file.modified();
      case Directory directory -> directory.modified();
    };
  }

  @Override
  public synchronized MappedFile map(Path path) throws IOException {
    begin("map", path, false);
    return mapped(path, file(path));
  }

  private MappedFile mapped(Path path, File file) {
    MappedFile map =
        MappedFile.copyOf(path, MemorySegment.ofArray(file.bytes()), Arena.ofConfined());
    maps.removeIf(other -> !other.bytes().scope().isAlive());
    maps.add(map);
    return map;
  }

  @Override
  public synchronized long usableSpace(Path path) throws IOException {
    begin("usableSpace", path, false);
    existing(path);
    return faults.room();
  }

  @Override
  public synchronized LockAttempt tryLock(Path path, String owner) throws IOException {
    begin("tryLock", path, true);
    if (lookUp(path).isEmpty()) {
      File file = new File(owner.getBytes(StandardCharsets.UTF_8), now());
      Slot slot = free(path);
      LockAttempt.Taken taken = lock(path, file, owner, "");
      change("tryLock " + relative(path), new Change(slot, Optional.of(file)));
      return taken;
    }
    File file = file(path);
    LockAttempt.Held held = locks.get(file);
    if (held != null) {
      return held;
    }
    LockAttempt.Taken taken =
        lock(path, file, owner, new String(file.bytes(), StandardCharsets.UTF_8));
    file.replace(owner.getBytes(StandardCharsets.UTF_8), now());
    changed("tryLock " + relative(path));
    return taken;
  }

  @Override
  public synchronized String lockOwner(Path path) throws IOException {
    begin("lockOwner", path, false);
    return lookUp(path).isEmpty() ? "" : new String(file(path).bytes(), StandardCharsets.UTF_8);
  }

  private LockAttempt.Taken lock(Path path, File file, String owner, String previous) {
    locks.put(file, new LockAttempt.Held(owner, now()));
    Lock lock =
        new Lock() {
          @Override
          public boolean isHeld() {
            return isLocked(path, file);
          }

          @Override
          public void close() {
            unlock(path, file);
          }
        };
    return new LockAttempt.Taken(lock, previous);
  }

  private synchronized boolean isLocked(Path path, File file) {
    return locks.containsKey(file) && lookUp(path).filter(node -> node == file).isPresent();
  }

  private synchronized void unlock(Path path, File file) {
    if (locks.remove(file) != null) {
      file.replace(new byte[0], now());
      changed("unlock " + relative(path));
    }
  }

  private void begin(String operation, Path path, boolean changes) throws IOException {
    Optional<Path> vanished = faults.vanishing();
    if (vanished.isPresent() && lookUp(vanished.get()).isPresent()) {
      Slot slot = taken(vanished.get());
      disk.tearOut(slot.directory(), slot.name());
      operations.add("someone removes " + relative(vanished.get()));
    }
    Optional<String> problem = faults.call(changes);
    if (problem.isPresent()) {
      throw new FileSystemException(path.toString(), null, operation + ": " + problem.get());
    }
  }

  private void change(String text, Change... changes) {
    disk.change(new EntryOperation(text, List.of(changes)), now());
    changed(text);
  }

  private void changed(String text) {
    operations.add(text);
    observer.run();
  }

  private Instant now() {
    return START.plusSeconds(operations.size());
  }

  private Slot taken(Path path) throws IOException {
    existing(path);
    return slot(path);
  }

  private Slot free(Path path) throws IOException {
    Slot slot = slot(path);
    if (slot.directory().entries.containsKey(slot.name())) {
      throw new FileAlreadyExistsException(path.toString());
    }
    return slot;
  }

  private Slot slot(Path path) throws IOException {
    List<String> names = names(path);
    if (names.isEmpty()) {
      throw new FileSystemException(path.toString(), null, "is where the disk is mounted");
    }
    Optional<Node> around = walk(names.subList(0, names.size() - 1));
    if (around.isEmpty()) {
      throw new NoSuchFileException(path.toString());
    }
    if (around.get() instanceof Directory directory) {
      return new Slot(directory, names.getLast());
    }
    throw new NotDirectoryException(path.toString());
  }

  private Directory directory(Path path) throws IOException {
    if (existing(path) instanceof Directory directory) {
      return directory;
    }
    throw new NotDirectoryException(path.toString());
  }

  private File file(Path path) throws IOException {
    if (existing(path) instanceof File file) {
      return file;
    }
    throw new FileSystemException(path.toString(), null, "is a directory");
  }

  private Node existing(Path path) throws NoSuchFileException {
    return lookUp(path).orElseThrow(() -> new NoSuchFileException(path.toString()));
  }

  private Optional<Node> lookUp(Path path) {
    return walk(names(path));
  }

  private Optional<Node> walk(List<String> names) {
    Node node = disk.root();
    for (String name : names) {
      @Nullable Node next =
          node instanceof Directory directory ? directory.entries.get(name) : null;
      if (next == null) {
        return Optional.empty();
      }
      node = next;
    }
    return Optional.of(node);
  }

  /** The names that lead from the root of this disk to a path. */
  private static List<String> names(Path path) {
    return NAMES.computeIfAbsent(
        path,
        _ -> {
          Path resolved = path.toAbsolutePath().normalize();
          if (!resolved.startsWith(MOUNT)) {
            throw new IllegalArgumentException(path + " is not on the disk, which is " + MOUNT);
          }
          List<String> names = new ArrayList<>();
          resolved.subpath(0, resolved.getNameCount()).forEach(name -> names.add(name.toString()));
          return List.copyOf(names.subList(MOUNT.getNameCount(), names.size()));
        });
  }

  private static String relative(Path path) {
    return String.join("/", names(path));
  }
}
