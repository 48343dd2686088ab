package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Tests of the test: files that are shared otherwise than the protocol says are found. */
class BrokenSharingTest {
  private static Exploration exploration(Function<CrashStorage, Storage> protocol) {
    return new Exploration(protocol, 1, 300);
  }

  private static Script linking() {
    return new Script().save(100).save(101).delete(100).overwrite(101).reopen();
  }

  private static void requireFoundWhereFilesAreShared(Function<CrashStorage, Storage> protocol) {
    Exploration exploration = exploration(protocol);
    assertThatThrownBy(() -> exploration.explore(linking()))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("allowed: ");
  }

  @Test
  void the_protocol_as_it_is_stands_where_files_are_shared() throws IOException {
    Exploration exploration = exploration(disk -> disk);
    exploration.explore(linking());
    assertThat(exploration.states()).hasSizeGreaterThan(1000);
  }

  @Test
  void a_disk_whose_links_are_copies_is_as_good() throws IOException {
    Exploration exploration = exploration(Copying::new);
    exploration.explore(linking());
    assertThat(exploration.states()).hasSizeGreaterThan(1000);
  }

  @Test
  void a_copy_that_is_taken_for_a_link_and_not_synced_is_found() {
    requireFoundWhereFilesAreShared(disk -> Omission.LINKED_FILE.from(new Copying(disk)));
  }

  /** Writes a file anew where it should get a second name. */
  private static final class Copying extends ForwardingStorage {
    Copying(Storage disk) {
      super(disk);
    }

    @Override
    public boolean link(Path existing, Path name) throws IOException {
      try (MappedFile file = map(existing)) {
        super.write(name, FileContent.of(file.bytes().toArray(ValueLayout.JAVA_BYTE)));
      }
      return true;
    }
  }

  @Test
  void a_file_that_is_moved_where_it_should_be_shared_is_found() {
    requireFoundWhereFilesAreShared(Moving::new);
  }

  /** Renames a file where it should get a second name. */
  private static final class Moving extends ForwardingStorage {
    Moving(Storage disk) {
      super(disk);
    }

    @Override
    public boolean link(Path existing, Path name) throws IOException {
      super.rename(existing, name);
      return true;
    }
  }

  @Test
  void links_that_are_not_made_durable_are_found() {
    requireFoundWhereFilesAreShared(Omission.CHECKPOINT_DIRECTORY::from);
  }

  @Test
  void a_file_that_is_shared_before_it_is_durable_is_found() {
    requireFoundWhereFilesAreShared(Unsynced::new);
  }

  /** Leaves it to the first sync of a shared file to make its bytes durable. */
  private static final class Unsynced extends ForwardingStorage {
    private final Set<Path> written = new HashSet<>();

    Unsynced(Storage disk) {
      super(disk);
    }

    @Override
    public FileChecksums write(Path file, FileContent content) throws IOException {
      written.add(file);
      return super.write(file, content);
    }

    @Override
    public void sync(Path file) throws IOException {
      if (!file.endsWith("frozen.safetensors") || !written.contains(file)) {
        super.sync(file);
      }
    }
  }
}
