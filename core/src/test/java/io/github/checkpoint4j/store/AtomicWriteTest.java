package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicWriteTest {
  @TempDir Path temporary;

  /** Fails at the operation of this number; tells those before. */
  private static final class Recording extends ForwardingStorage {
    private final List<String> operations = new ArrayList<>();
    private final long failing;

    Recording(long failing) {
      super(LocalStorage.instance());
      this.failing = failing;
    }

    @Override
    void mutation(String operation, Path path) throws IOException {
      operations.add(operation.replaceAll("\\.tmp-[0-9a-f]{16}", ".tmp-X") + " " + name(path));
      if (operations.size() == failing) {
        throw new IOException("input/output error");
      }
    }

    private static String name(Path path) {
      return path.getFileName().toString().replaceAll("\\.tmp-[0-9a-f]{16}", ".tmp-X");
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.walk(temporary)) {
      return files
          .filter(path -> !path.equals(temporary))
          .map(path -> temporary.relativize(path).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void directories_that_are_missing_are_created_and_made_durable() throws IOException {
    Recording storage = new Recording(-1);

    new AtomicWrite(storage).createParents(temporary.resolve("a/b/m"));

    assertThat(temporary.resolve("a/b")).isEmptyDirectory();
    assertThat(storage.operations.subList(storage.operations.size() - 4, storage.operations.size()))
        .containsExactly(
            "create a", "syncDirectory " + temporary.getFileName(), "create b", "syncDirectory a");
    assertThatThrownBy(
            () -> {
              Files.writeString(temporary.resolve("file"), "");
              AtomicWrite.local().createParents(temporary.resolve("file/m"));
            })
        .isInstanceOf(NotDirectoryException.class);
  }

  @Test
  void it_tells_how_many_bytes_it_has_written() throws IOException {
    List<Long> told = new ArrayList<>();
    AtomicWrite writing = AtomicWrite.local().telling(told::add);

    writing.file(temporary.resolve("small"), FileContent.of("weights"), false);
    assertThat(told).containsExactly(7L);
    told.clear();
    byte[] large = new byte[20 << 20];
    FileContent content =
        FileContent.of(
            List.of(new FileContent.Part(Optional.empty(), MemorySegment.ofArray(large))));
    writing.directory(temporary.resolve("directory"), Map.of("large", content));

    assertThat(told.size()).isGreaterThan(1);
    assertThat(told.stream().mapToLong(Long::longValue).sum()).isEqualTo(large.length);
  }

  @Test
  void one_that_is_cancelled_leaves_nothing() throws IOException {
    byte[] large = new byte[20 << 20];
    FileContent content =
        FileContent.of(
            List.of(new FileContent.Part(Optional.empty(), MemorySegment.ofArray(large))));
    AtomicWrite writing =
        AtomicWrite.local()
            .telling(
                bytes -> {
                  throw new CancellationException("enough");
                });

    assertThatThrownBy(() -> writing.file(temporary.resolve("file"), content, false))
        .isInstanceOf(CancellationException.class);
    assertThatThrownBy(() -> writing.directory(temporary.resolve("d"), Map.of("file", content)))
        .isInstanceOf(CancellationException.class);

    assertThat(names()).isEmpty();
  }

  @Test
  void a_file_is_written_beside_its_place_synced_renamed_and_its_entry_synced() throws IOException {
    Recording storage = new Recording(-1);

    new AtomicWrite(storage).file(temporary.resolve("m"), FileContent.of("weights"), false);

    assertThat(temporary.resolve("m")).hasContent("weights");
    assertThat(storage.operations)
        .containsExactly(
            "write .m.tmp-X",
            "sync .m.tmp-X",
            "rename .m.tmp-X to m",
            "syncDirectory " + temporary.getFileName());
    assertThat(names()).containsExactly("m");
  }

  @Test
  void a_directory_has_its_name_only_when_all_its_files_are_durable() throws IOException {
    Recording storage = new Recording(-1);

    new AtomicWrite(storage)
        .directory(temporary.resolve("d"), Map.of("config.json", FileContent.of("{}")));

    assertThat(temporary.resolve("d/config.json")).hasContent("{}");
    assertThat(storage.operations)
        .containsExactly(
            "create .d.tmp-X",
            "write config.json",
            "sync config.json",
            "syncDirectory .d.tmp-X",
            "rename .d.tmp-X to d",
            "syncDirectory " + temporary.getFileName());
  }

  @Test
  void a_file_that_is_there_is_replaced_only_if_that_is_asked_for() throws IOException {
    Path file = temporary.resolve("m");
    AtomicWrite disk = AtomicWrite.local();
    disk.file(file, FileContent.of("old"), false);

    assertThatThrownBy(() -> disk.file(file, FileContent.of("new"), false))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessageContaining("it is there already; give another name, or remove it first");
    assertThat(file).hasContent("old");
    disk.file(file, FileContent.of("new"), true);
    assertThat(file).hasContent("new");
    assertThat(names()).containsExactly("m");
  }

  @Test
  void a_directory_or_link_is_never_replaced() throws IOException {
    Path directory = Files.createDirectory(temporary.resolve("d"));
    Path link = Files.createSymbolicLink(temporary.resolve("l"), temporary.resolve("nowhere"));
    AtomicWrite disk = AtomicWrite.local();

    for (Path target : List.of(directory, link)) {
      assertThatThrownBy(() -> disk.file(target, FileContent.of("x"), true))
          .isInstanceOf(FileAlreadyExistsException.class);
      assertThatThrownBy(() -> disk.directory(target, Map.of("f", FileContent.of("x"))))
          .isInstanceOf(FileAlreadyExistsException.class);
    }
    assertThat(names()).containsExactly("d", "l");
  }

  @Test
  void a_failure_at_any_operation_leaves_the_old_file_and_nothing_beside_it() throws IOException {
    Path file = temporary.resolve("m");
    Files.writeString(file, "old");
    for (int failing = 1; failing <= 2; failing++) {
      AtomicWrite disk = new AtomicWrite(new Recording(failing));
      assertThatThrownBy(() -> disk.file(file, FileContent.of("new"), true))
          .hasMessage("input/output error");
      assertThat(file).hasContent("old");
      assertThat(names()).containsExactly("m");
    }
  }

  @Test
  void a_failure_at_any_operation_but_the_last_leaves_no_directory() throws IOException {
    for (int failing = 1; failing <= 5; failing++) {
      AtomicWrite disk = new AtomicWrite(new Recording(failing));
      assertThatThrownBy(
              () -> disk.directory(temporary.resolve("d"), Map.of("f", FileContent.of("x"))))
          .hasMessage("input/output error");
      assertThat(names()).isEmpty();
    }
  }

  @Test
  void a_name_that_leads_out_of_the_directory_is_refused() throws IOException {
    assertThatThrownBy(
            () ->
                AtomicWrite.local()
                    .directory(temporary.resolve("d"), Map.of("../f", FileContent.of("x"))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(names()).isEmpty();
  }

  @Test
  void the_root_has_no_name_to_write() {
    assertThatThrownBy(() -> AtomicWrite.local().file(Path.of("/"), FileContent.of("x"), false))
        .isInstanceOf(FileAlreadyExistsException.class);
  }
}
