package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.store.CheckpointName.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** A way to break the protocol other than to leave out a sync. */
@SuppressWarnings("ImmutableEnumChecker") // The functions have no state.
enum Disorder {
  MANIFEST_AFTER_THE_RENAME(
      "checkpoint-\\d+ is UNVERIFIED", disk -> new Late(disk, Manifest.FILE::equals)),
  DATA_AFTER_THE_RENAME(
      "is DAMAGED .*weights.data is missing",
      disk -> new Late(disk, name -> !name.equals(Manifest.FILE))),
  WRITTEN_UNDER_ITS_OWN_NAME(
      "is DAMAGED .* holds no file", disk -> new InPlace(disk, Role.TEMPORARY)),
  REMOVED_UNDER_ITS_OWN_NAME("checkpoint-1 is UNVERIFIED", disk -> new InPlace(disk, Role.TRASH)),
  REPLACED_ONE_REMOVED_FIRST("the checkpoints are \\[2 v1]", RemovedFirst::new),
  REPLACED_ONE_NOT_RESTORED("the checkpoints are \\[]", NotRestored::new),
  REPLACED_ONE_NOT_FOUND("the checkpoints are \\[]", NotFound::new),
  PIN_NOT_TAKEN_OVER("the checkpoints are \\[2 v2]", PinLost::new),
  UNFINISHED_SAVE_NOT_REMOVED(
      "and no more, should be among .*tmp-", disk -> new NotRemoved(disk, "tmp")),
  UNFINISHED_DELETION_NOT_REMOVED(
      "and no more, should be among .*trash-", disk -> new NotRemoved(disk, "trash")),
  RECOVERY_REMOVES_BEFORE_IT_SYNCS("checkpoint-1 is UNVERIFIED", SyncedLate::new);

  private final String reason;
  private final UnaryOperator<Storage> breaking;

  Disorder(String reason, UnaryOperator<Storage> breaking) {
    this.reason = reason;
    this.breaking = breaking;
  }

  /** What an exploration says that finds it, as a regular expression. */
  String reason() {
    return reason;
  }

  /** The disk to a store whose protocol is broken in this way. */
  Storage from(Storage disk) {
    return breaking.apply(disk);
  }

  /** Holds files back until the checkpoint has its name. */
  private static final class Late extends ForwardingStorage {
    private final Predicate<String> held;
    private final Map<Path, FileContent> late = new LinkedHashMap<>();

    Late(Storage disk, Predicate<String> held) {
      super(disk);
      this.held = held;
    }

    private boolean isHeld(Path file) {
      return Omission.what(file).startsWith("tmp/") && held.test(file.getFileName().toString());
    }

    @Override
    public FileChecksums write(Path file, FileContent content) throws IOException {
      if (!isHeld(file)) {
        return super.write(file, content);
      }
      late.put(file, content);
      return FileChecksums.of(content);
    }

    @Override
    public void sync(Path file) throws IOException {
      if (!isHeld(file)) {
        super.sync(file);
      }
    }

    @Override
    public void rename(Path source, Path target) throws IOException {
      super.rename(source, target);
      if (Omission.what(source).equals("tmp")) {
        for (Map.Entry<Path, FileContent> file : late.entrySet()) {
          Path renamed = target.resolve(file.getKey().getFileName());
          super.write(renamed, file.getValue());
          super.sync(renamed);
        }
        late.clear();
        super.syncDirectory(target);
      }
    }
  }

  /** Removes a checkpoint that is to be replaced, and only then gives the new one its name. */
  private static final class RemovedFirst extends ForwardingStorage {
    RemovedFirst(Storage disk) {
      super(disk);
    }

    @Override
    public void rename(Path source, Path target) throws IOException {
      super.rename(source, target);
      if (Omission.what(target).equals("old")) {
        super.syncDirectory(Exploration.RUN);
        for (Entry entry : super.list(target)) {
          super.deleteFile(target.resolve(entry.name()));
        }
      }
    }
  }

  /** Puts a replaced checkpoint aside for good where its name should be given back. */
  private static final class NotRestored extends ForwardingStorage {
    NotRestored(Storage disk) {
      super(disk);
    }

    @Override
    public void rename(Path source, Path target) throws IOException {
      boolean restores =
          Omission.what(source).equals("old") && Omission.what(target).equals("checkpoint");
      super.rename(
          source, restores ? HiddenPath.free(this, Exploration.RUN, 0, Role.TRASH, 1) : target);
    }
  }

  /** Does not show replaced checkpoints to whoever lists the run. */
  private static final class NotFound extends ForwardingStorage {
    NotFound(Storage disk) {
      super(disk);
    }

    @Override
    public List<Entry> list(Path directory) throws IOException {
      return super.list(directory).stream()
          .filter(entry -> !Omission.what(directory.resolve(entry.name())).equals("old"))
          .toList();
    }
  }

  /** Does not write the pin of a checkpoint that replaces a pinned one. */
  private static final class PinLost extends ForwardingStorage {
    PinLost(Storage disk) {
      super(disk);
    }

    @Override
    public FileChecksums write(Path file, FileContent content) throws IOException {
      return isPin(file) ? FileChecksums.of(content) : super.write(file, content);
    }

    @Override
    public void sync(Path file) throws IOException {
      if (!isPin(file)) {
        super.sync(file);
      }
    }

    private static boolean isPin(Path file) {
      return Omission.what(file).equals("tmp/" + Checkpoint.PIN);
    }
  }

  /** Does not show directories of a role to recovery, which would remove them. */
  private static final class NotRemoved extends ForwardingStorage {
    private final String role;

    NotRemoved(Storage disk, String role) {
      super(disk);
      this.role = role;
    }

    @Override
    public List<Entry> list(Path directory) throws IOException {
      return super.list(directory).stream()
          .filter(entry -> !Omission.what(directory.resolve(entry.name())).equals(role))
          .toList();
    }
  }

  /** Syncs the run's directory at recovery only when all else is done. */
  private static final class SyncedLate extends ForwardingStorage {
    private boolean recovering = true;
    private boolean held;

    SyncedLate(Storage disk) {
      super(disk);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
      if (recovering && directory.equals(Exploration.RUN)) {
        held = true;
      } else {
        super.syncDirectory(directory);
      }
    }

    @Override
    public void createDirectory(Path directory) throws IOException {
      if (Omission.what(directory).equals("tmp")) {
        recovered();
      }
      super.createDirectory(directory);
    }

    @Override
    public void rename(Path source, Path target) throws IOException {
      if (Omission.what(source).equals("checkpoint")) {
        recovered();
      }
      super.rename(source, target);
    }

    private void recovered() throws IOException {
      recovering = false;
      if (held) {
        held = false;
        super.syncDirectory(Exploration.RUN);
      }
    }
  }
}
