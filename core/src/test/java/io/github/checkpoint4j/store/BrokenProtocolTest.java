package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.store.CheckpointName.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Tests of the test: a store whose protocol lacks a sync, or does things in another order, loses
 * checkpoints on a {@link CrashStorage}, and an {@link Exploration} finds it.
 */
class BrokenProtocolTest {
  private static final long SEED = 1;
  private static final int LIMIT = 300;

  private static Exploration exploration(Function<CrashStorage, Storage> protocol) {
    return new Exploration(protocol, SEED, LIMIT);
  }

  private static Script script() {
    return new Script().save(1).save(2).delete(1).pin(2).overwrite(2).unpin(2).reopen();
  }

  private static void requireFound(Function<CrashStorage, Storage> protocol) {
    Exploration exploration = exploration(protocol);
    assertThatThrownBy(() -> exploration.explore(script()))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("allowed: ");
  }

  @Test
  void the_protocol_as_it_is_stands() throws IOException {
    Exploration exploration = exploration(disk -> disk);
    exploration.explore(script());
    assertThat(exploration.states()).isGreaterThan(1000);
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {
        "PIN",
        "RUN_AFTER_A_REPLACED_ONE_IS_ASIDE",
        "RUN_BEFORE_A_REPLACED_ONE_IS_REMOVED",
        "RUN_AFTER_RESTORING"
      })
  void a_sync_left_out_is_found(Omission omission) {
    requireFound(omission::from);
  }

  /**
   * What these syncs make durable is of no account when it is lost. A pin is an empty file: its
   * entry is all there is. A replaced checkpoint that is back under its hidden name is looked at
   * only if there is none under the checkpoint's, or one that is damaged; and the renames around it
   * take each other's names, so that none can be kept without the one before.
   */
  @ParameterizedTest
  @EnumSource(
      names = {
        "PIN",
        "RUN_AFTER_A_REPLACED_ONE_IS_ASIDE",
        "RUN_BEFORE_A_REPLACED_ONE_IS_REMOVED",
        "RUN_AFTER_RESTORING"
      })
  void a_sync_left_out_that_nothing_depends_on_is_not_missed(Omission omission) throws IOException {
    Exploration exploration = exploration(omission::from);
    exploration.explore(new Script().save(1).pin(1).overwrite(1).overwrite(1));
    assertThat(exploration.states()).isGreaterThan(1000);
  }

  @Test
  void a_manifest_written_after_the_rename_is_found() {
    requireFound(LateManifest::new);
  }

  /** Holds the manifest back until the checkpoint has its name. */
  private static final class LateManifest extends ForwardingStorage {
    private final Map<Path, FileContent> late = new HashMap<>();

    LateManifest(Storage disk) {
      super(disk);
    }

    @Override
    public FileChecksums write(Path file, FileContent content) throws IOException {
      if (!file.endsWith(Manifest.FILE)) {
        return super.write(file, content);
      }
      late.put(around(file), content);
      return FileChecksums.of(content);
    }

    @Override
    public void sync(Path file) throws IOException {
      if (!file.endsWith(Manifest.FILE)) {
        super.sync(file);
      }
    }

    @Override
    public void rename(Path source, Path target) throws IOException {
      super.rename(source, target);
      Optional<FileContent> manifest = Optional.ofNullable(late.remove(source));
      if (manifest.isPresent()) {
        super.write(target.resolve(Manifest.FILE), manifest.get());
        super.sync(target.resolve(Manifest.FILE));
        super.syncDirectory(target);
      }
    }
  }

  @Test
  void a_checkpoint_written_under_its_own_name_is_found() {
    requireFound(disk -> new InPlace(disk, Role.TEMPORARY));
  }

  @Test
  void a_checkpoint_removed_under_its_own_name_is_found() {
    requireFound(disk -> new InPlace(disk, Role.TRASH));
  }

  /** Gives directories of a role the checkpoint's own name, and needs no rename then. */
  private static final class InPlace extends ForwardingStorage {
    private final Role role;
    private final Set<Path> given = new HashSet<>();

    InPlace(Storage disk, Role role) {
      super(disk);
      this.role = role;
    }

    private Path own(Path path) {
      if (!path.startsWith(Exploration.RUN) || path.equals(Exploration.RUN)) {
        return path;
      }
      Path inRun = Exploration.RUN.relativize(path);
      Optional<CheckpointName> name =
          CheckpointName.parse(inRun.getName(0).toString()).filter(n -> n.role() == role);
      if (name.isEmpty()) {
        return path;
      }
      Path own = Exploration.RUN.resolve(name.get().checkpoint());
      return inRun.getNameCount() == 1 ? own : own.resolve(inRun.getFileName());
    }

    @Override
    public void createDirectory(Path directory) throws IOException {
      super.createDirectory(own(directory));
      given.add(directory);
    }

    @Override
    public FileChecksums write(Path file, FileContent content) throws IOException {
      return super.write(own(file), content);
    }

    @Override
    public void sync(Path file) throws IOException {
      super.sync(own(file));
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
      super.syncDirectory(own(directory));
    }

    @Override
    public void rename(Path source, Path target) throws IOException {
      if (!own(source).equals(own(target))) {
        super.rename(own(source), own(target));
      }
      given.add(target);
    }

    @Override
    public void deleteFile(Path file) throws IOException {
      super.deleteFile(own(file));
    }

    @Override
    public void removeDirectory(Path directory) throws IOException {
      super.removeDirectory(own(directory));
    }

    @Override
    public List<Entry> list(Path directory) throws IOException {
      return super.list(own(directory));
    }

    @Override
    public Optional<Kind> find(Path path) throws IOException {
      boolean free = !own(path).equals(path) && !given.contains(path);
      return free ? Optional.empty() : super.find(own(path));
    }
  }

  @Test
  void a_failed_sync_that_is_tried_again_and_believed_is_found() throws IOException {
    Exploration exploration = exploration(Persistent::new);
    Script save = new Script().save(1);
    int found = 0;
    for (long call = 1; call < 40; call++) {
      try {
        exploration.explore(save, new Fault.Broken(call));
      } catch (AssertionError e) {
        assertThat(e).hasMessageContaining("is DAMAGED");
        exploration = exploration(Persistent::new);
        found++;
      }
    }
    assertThat(found).as("files of which a sync failed").isEqualTo(3);
  }

  private static final class Persistent extends ForwardingStorage {
    Persistent(Storage disk) {
      super(disk);
    }

    @Override
    public void sync(Path file) throws IOException {
      try {
        super.sync(file);
      } catch (IOException e) {
        super.sync(file);
      }
    }
  }

  private static Path around(Path file) {
    return file.resolve("..").normalize();
  }
}
