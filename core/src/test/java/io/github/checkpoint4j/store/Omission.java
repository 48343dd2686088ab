package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One sync of the protocol that is left out.
 *
 * <p>A path is told by what it is: {@code tmp}, {@code old}, {@code trash} and {@code checkpoint}
 * are directories in the run's, with the files in them; {@code run} is the run's directory, {@code
 * around} one that it is in.
 */
enum Omission {
  DATA_FILES("sync tmp/(?!manifest|PINNED).*", ".*", "is DAMAGED .*weights.data is cut short"),
  MANIFEST("sync tmp/manifest.json", ".*", "is DAMAGED .*manifest.json has 0 bytes"),
  CHECKPOINT_DIRECTORY("syncDirectory tmp", ".*", "is DAMAGED .* holds no file"),
  RUN_AFTER_COMMIT("syncDirectory run", ".*; rename tmp checkpoint", "the checkpoints are \\[]"),
  RUN_BEFORE_A_DELETED_ONE_IS_REMOVED(
      "syncDirectory run", ".*; rename checkpoint trash", "checkpoint-1 is UNVERIFIED"),
  RUN_AT_RECOVERY("syncDirectory run", "nothing; nothing", "the checkpoints are \\[]"),
  AROUND_A_NEW_DIRECTORY(
      "syncDirectory around", ".*; createDirectory .*", "the checkpoints are \\[]"),
  AROUND_THE_DEEPEST_THAT_IS_THERE(
      "syncDirectory around", "nothing; nothing", "the checkpoints are \\[]"),
  PINNED_DIRECTORY(
      "syncDirectory checkpoint",
      ".*; write checkpoint/PINNED",
      "the checkpoints are \\[2 v1]\\s+allowed: \\[\\[2 v1 pinned]]"),
  UNPINNED_DIRECTORY(
      "syncDirectory checkpoint",
      ".*; deleteFile checkpoint/PINNED",
      "the checkpoints are \\[2 v2 pinned]\\s+allowed: \\[\\[2 v2]]"),
  RUN_AFTER_A_SAVE_IS_TAKEN_BACK(
      "syncDirectory run", ".*; rename checkpoint tmp", "is DAMAGED|is UNVERIFIED"),

  // What these make durable is of no account when it is lost.
  LINKED_FILE("sync tmp/frozen.*", ".*; link tmp/frozen.*"),
  PIN("sync (checkpoint|tmp)/PINNED", ".*"),
  RUN_AFTER_A_REPLACED_ONE_IS_ASIDE("syncDirectory run", ".*; rename checkpoint old"),
  RUN_BEFORE_A_REPLACED_ONE_IS_REMOVED("syncDirectory run", ".*; rename old trash"),
  RUN_AFTER_RESTORING("syncDirectory run", ".*; rename old checkpoint");

  private final Pattern call;
  private final Pattern lastChanges;
  private final Optional<String> reason;

  /** One that nothing depends on. */
  Omission(String call, String lastChanges) {
    this(call, lastChanges, Optional.empty());
  }

  Omission(String call, String lastChanges, String reason) {
    this(call, lastChanges, Optional.of(reason));
  }

  Omission(String call, String lastChanges, Optional<String> reason) {
    this.call = Pattern.compile(call);
    this.lastChanges = Pattern.compile(lastChanges);
    this.reason = reason;
  }

  /** What an exploration says that finds it, as a regular expression; empty if none does. */
  Optional<String> reason() {
    return reason;
  }

  /** The disk to a store that forgets this. */
  Storage from(Storage disk) {
    return new Forgetful(disk);
  }

  private final class Forgetful extends ForwardingStorage {
    private String before = "nothing";
    private String last = "nothing";

    Forgetful(Storage disk) {
      super(disk);
    }

    private boolean leavesOut(String operation, Path path) {
      return call.matcher(operation + " " + what(path)).matches()
          && lastChanges.matcher(before + "; " + last).matches();
    }

    private void changed(String change) {
      before = last;
      last = change;
    }

    @Override
    public void sync(Path file) throws IOException {
      if (!leavesOut("sync", file)) {
        super.sync(file);
      }
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
      if (!leavesOut("syncDirectory", directory)) {
        super.syncDirectory(directory);
      }
    }

    @Override
    public void createDirectory(Path directory) throws IOException {
      super.createDirectory(directory);
      changed("createDirectory " + what(directory));
    }

    @Override
    public FileChecksums write(Path file, FileContent content) throws IOException {
      FileChecksums checksums = super.write(file, content);
      changed("write " + what(file));
      return checksums;
    }

    @Override
    public boolean link(Path existing, Path name) throws IOException {
      boolean linked = super.link(existing, name);
      changed("link " + what(name));
      return linked;
    }

    @Override
    public void rename(Path source, Path target) throws IOException {
      super.rename(source, target);
      changed("rename " + what(source) + " " + what(target));
    }

    @Override
    public void deleteFile(Path file) throws IOException {
      super.deleteFile(file);
      changed("deleteFile " + what(file));
    }
  }

  /** What a path is in the protocol, as the patterns above have it. */
  static String what(Path path) {
    if (!path.startsWith(Exploration.RUN)) {
      return "around";
    }
    if (path.equals(Exploration.RUN)) {
      return "run";
    }
    Path inRun = Exploration.RUN.relativize(path);
    String first = inRun.getName(0).toString();
    String role =
        CheckpointName.parse(first)
            .map(
                name ->
                    switch (name.role()) {
                      case CHECKPOINT -> "checkpoint";
                      case TEMPORARY -> "tmp";
                      case OLD -> "old";
                      case TRASH -> "trash";
                    })
            .orElse(first);
    return inRun.getNameCount() == 1 ? role : role + "/" + inRun.getFileName();
  }
}
