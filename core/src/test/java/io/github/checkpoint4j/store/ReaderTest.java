package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint that is open is one commit, and stays it, whatever a writer does. */
class ReaderTest {
  private static final int FILES = 5;

  @TempDir Path temporary;

  /** A checkpoint of several files, in each of which is the same number. */
  private static CheckpointContent numbered(long step, long number, boolean overwrite) {
    Map<String, FileContent> files = new LinkedHashMap<>();
    for (int i = 0; i < FILES; i++) {
      StateDict state = StateDict.of(Map.of("n", Tensor.ofLongs(new long[] {number}, 1)));
      files.put("part" + i + ".safetensors", SafeTensors.write(state, Map.of()));
    }
    return new CheckpointContent(
        step,
        0,
        Map.of("number", (double) number),
        files,
        Json.object(Map.of()),
        Json.object(Map.of()),
        Contents.TIME,
        overwrite);
  }

  /** The number in a checkpoint; each of its files has the one of its manifest. */
  private static long number(Checkpoint checkpoint) throws IOException {
    long number = checkpoint.info().metrics().getOrDefault("number", -1.0).longValue();
    assertThat(checkpoint.files()).hasSize(FILES);
    for (String name : checkpoint.files()) {
      assertThat(
              SafeTensors.parse(checkpoint.file(name).bytes(), name)
                  .stateDict()
                  .tensor("n")
                  .toLongs())
          .as(name)
          .containsExactly(number);
    }
    checkpoint.verify().requireClean();
    return number;
  }

  @Test
  void an_open_checkpoint_outlives_its_deletion_in_every_file() throws IOException {
    Path run = temporary.resolve("run");
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo info = store.commit(numbered(1, 7, false));
      try (Checkpoint checkpoint = Checkpoint.open(info.directory());
          Checkpoint listed = store.open(info)) {
        store.delete(info);
        assertThat(info.directory()).doesNotExist();
        assertThat(number(checkpoint)).isEqualTo(7);
        assertThat(number(listed)).isEqualTo(7);
      }
      assertThatThrownBy(() -> Checkpoint.open(info.directory()))
          .isInstanceOf(NoSuchFileException.class);
    }
  }

  @Test
  void an_open_checkpoint_outlives_its_replacement_in_every_file() throws IOException {
    Path run = temporary.resolve("run");
    try (CheckpointStore store = CheckpointStore.open(run)) {
      CheckpointInfo info = store.commit(numbered(1, 7, false));
      try (Checkpoint checkpoint = Checkpoint.open(info.directory())) {
        store.commit(numbered(1, 8, true));
        assertThat(number(checkpoint)).isEqualTo(7);
        try (Checkpoint after = Checkpoint.open(info.directory())) {
          assertThat(number(after)).isEqualTo(8);
        }
      }
    }
  }

  /** Something happens at every call of a reader, one after the other. */
  @Test
  void whatever_is_done_at_any_moment_of_an_opening_a_reader_gets_one_commit_or_none()
      throws IOException {
    for (Change change : Change.values()) {
      int moments = 0;
      for (boolean interrupted = true; interrupted; moments++) {
        CrashStorage disk = new CrashStorage();
        Path run = CrashStorage.MOUNT.resolve("run");
        try (CheckpointStore store = CheckpointStore.open(disk, run)) {
          store.commit(numbered(1, 7, false));
          Between between = new Between(disk, moments, () -> change.on(store, disk));
          try (CheckpointStore reader = CheckpointStore.readOnly(between, run)) {
            List<CheckpointInfo> listed = reader.list();
            if (change != Change.DELETED) {
              assertThat(listed).as("%s at %d", change, moments).hasSize(1);
            }
            for (CheckpointInfo info : listed) {
              try (Checkpoint checkpoint = reader.open(info)) {
                assertThat(number(checkpoint)).as("%s at %d", change, moments).isIn(7L, 8L);
              } catch (NoSuchFileException e) {
                assertThat(change).as("at %d", moments).isEqualTo(Change.DELETED);
              }
            }
          }
          interrupted = between.happened;
        }
        assertThat(disk.openMaps()).isEmpty();
      }
      assertThat(moments).as("moments of an opening").isGreaterThan(10);
    }
  }

  /** A commit that fails at its last sync shows the new checkpoint, and then the old one again. */
  @Test
  void a_replacement_that_is_shown_and_taken_back_is_not_mixed_with_what_it_replaced()
      throws IOException {
    Path run = CrashStorage.MOUNT.resolve("run");
    Path path = run.resolve("checkpoint-1");
    Path old = run.resolve(".checkpoint-1.old-2");
    Path replacement = run.resolve(".checkpoint-1.tmp-2");
    int swaps = 0;
    for (int shown = 0, most = 1; shown < most; shown++) {
      for (int back = shown + 1; back <= most; back++) {
        CrashStorage disk = new CrashStorage();
        try (CheckpointStore store = CheckpointStore.open(disk, run)) {
          store.commit(numbered(1, 8, false));
          disk.rename(path, replacement);
          store.commit(numbered(1, 7, false));
        }
        Between takenBack =
            new Between(
                disk,
                back,
                () -> {
                  disk.rename(path, replacement);
                  disk.rename(old, path);
                });
        Between between =
            new Between(
                takenBack,
                shown,
                () -> {
                  disk.rename(path, old);
                  disk.rename(replacement, path);
                });
        try (CheckpointStore reader = CheckpointStore.readOnly(between, run);
            Checkpoint checkpoint = reader.open(reader.list().getFirst())) {
          assertThat(number(checkpoint)).as("from %d to %d", shown, back).isIn(7L, 8L);
        }
        most = Math.max(most, takenBack.calls);
        swaps += takenBack.happened ? 1 : 0;
        assertThat(disk.openMaps()).isEmpty();
      }
    }
    assertThat(swaps).isGreaterThan(100);
  }

  /** What may be done to a checkpoint while someone opens it. */
  private enum Change {
    DELETED {
      @Override
      void on(CheckpointStore store, CrashStorage disk) throws IOException {
        store.delete(store.list().getFirst());
      }
    },
    REPLACED {
      @Override
      void on(CheckpointStore store, CrashStorage disk) throws IOException {
        store.commit(numbered(1, 8, true));
      }
    },
    /** The writer is killed between the renames of a replacement. */
    PUT_ASIDE {
      @Override
      void on(CheckpointStore store, CrashStorage disk) throws IOException {
        Path run = store.directory();
        disk.rename(run.resolve("checkpoint-1"), run.resolve(".checkpoint-1.old-9"));
      }
    };

    abstract void on(CheckpointStore store, CrashStorage disk) throws IOException;
  }

  /** Does something. */
  @FunctionalInterface
  private interface Doing {
    void run() throws IOException;
  }

  /** Lets something happen before a call. */
  private static final class Between extends ForwardingStorage {
    private final Doing doing;
    private int left;
    private int calls;
    private boolean happened;

    Between(Storage to, int calls, Doing doing) {
      super(to);
      this.left = calls;
      this.doing = doing;
    }

    private void call() throws IOException {
      calls++;
      if (left-- == 0) {
        happened = true;
        doing.run();
      }
    }

    @Override
    public List<Entry> list(Path directory) throws IOException {
      call();
      return super.list(directory);
    }

    @Override
    public OpenDirectory openDirectory(Path directory) throws IOException {
      call();
      return new ForwardingDirectory(super.openDirectory(directory)) {
        @Override
        public MappedFile map(String file) throws IOException {
          call();
          return super.map(file);
        }

        @Override
        public boolean isNamed() throws IOException {
          call();
          return super.isNamed();
        }
      };
    }
  }

  @Test
  void readers_in_threads_see_no_damage_and_no_mix_while_a_writer_saves_replaces_and_deletes()
      throws Exception {
    Path run = temporary.resolve("run");
    AtomicBoolean done = new AtomicBoolean();
    int readers = 3;
    try (CheckpointStore store = CheckpointStore.open(new WithoutSyncs(), run);
        ExecutorService pool = Executors.newFixedThreadPool(readers)) {
      store.commit(numbered(0, 0, false));
      List<Future<Integer>> reading = new ArrayList<>();
      for (int i = 0; i < readers; i++) {
        reading.add(pool.submit(() -> readUntil(run, done::get)));
      }
      try {
        write(store, 250);
      } finally {
        done.set(true);
      }
      for (Future<Integer> reads : reading) {
        assertThat(reads.get()).as("checkpoints read").isPositive();
      }
    }
  }

  @Test
  void readers_in_other_processes_see_no_damage_and_no_mix() throws Exception {
    Path run = temporary.resolve("run");
    Path done = temporary.resolve("done");
    try (CheckpointStore store = CheckpointStore.open(new WithoutSyncs(), run)) {
      store.commit(numbered(0, 0, false));
      List<Process> readers = List.of(reader(run, done), reader(run, done));
      for (Process reader : readers) {
        // It says so when it has read a first checkpoint.
        assertThat(reader.getInputStream().read()).isEqualTo('.');
      }
      write(store, 250);
      Files.createFile(done);
      for (Process reader : readers) {
        String output = new String(reader.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(reader.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(reader.exitValue()).as(output).isZero();
      }
    }
  }

  /**
   * Has a writer do all the more in the time there is: what a power loss takes is not asked here.
   */
  private static final class WithoutSyncs extends ForwardingStorage {
    WithoutSyncs() {
      super(LocalStorage.instance());
    }

    @Override
    public void sync(Path file) {}

    @Override
    public void syncDirectory(Path directory) {}
  }

  private static void write(CheckpointStore store, int commits) throws IOException {
    for (int number = 1; number <= commits; number++) {
      // Step 0 is replaced over and over; of the others, two are kept.
      store.commit(numbered(0, number, true));
      store.commit(numbered(number, number, false));
      List<CheckpointInfo> others = store.list().stream().filter(info -> info.step() > 0).toList();
      if (others.size() > 2) {
        store.delete(others.getFirst());
      }
    }
  }

  /** Whether to stop. */
  @FunctionalInterface
  private interface Stop {
    boolean now();
  }

  /** Opens, verifies and closes checkpoints in every way there is; returns how many. */
  private static int readUntil(Path run, Stop stop) throws IOException {
    int reads = 0;
    long latest = 0;
    while (reads == 0 || !stop.now()) {
      try (Checkpoint replaced = Checkpoint.open(run.resolve("checkpoint-0"))) {
        long number = number(replaced);
        assertThat(number).as("a replaced checkpoint").isGreaterThanOrEqualTo(latest);
        latest = number;
        reads++;
      }
      Verification.of(run.resolve("checkpoint-0")).requireClean();
      try (CheckpointStore reader = CheckpointStore.readOnly(run)) {
        for (CheckpointInfo info : reader.list()) {
          assertThat(info.standing()).as(info.name()).isEqualTo(Standing.COMMITTED);
          try (Checkpoint checkpoint = reader.open(info)) {
            number(checkpoint);
            reads++;
          } catch (NoSuchFileException e) {
            assertThat(e).hasMessageContaining("there is no such checkpoint any more");
          }
        }
      }
    }
    return reads;
  }

  private static Process reader(Path run, Path done) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            OtherReader.class.getName(),
            run.toString(),
            done.toString())
        .redirectErrorStream(true)
        .start();
  }

  /** Reads until a file is there; says so at the first checkpoint. */
  static final class OtherReader {
    private OtherReader() {}

    public static void main(String[] arguments) throws IOException {
      Path run = Path.of(arguments[0]);
      readUntil(run, () -> true);
      System.out.print('.');
      System.out.flush();
      readUntil(run, () -> Files.exists(Path.of(arguments[1])));
    }
  }

  @Test
  void a_checkpoint_of_many_shards_is_mapped_as_a_whole_and_given_back() throws IOException {
    Map<String, FileContent> files = new LinkedHashMap<>();
    int shards = 300;
    for (int i = 0; i < shards; i++) {
      files.put("part%03d.data".formatted(i), FileContent.of("shard " + i));
    }
    CheckpointContent small = numbered(1, 1, false);
    try (CheckpointStore store =
        CheckpointStore.open(new WithoutSyncs(), temporary.resolve("run"))) {
      CheckpointInfo info =
          store.commit(
              new CheckpointContent(
                  1,
                  0,
                  Map.of(),
                  files,
                  small.fingerprint(),
                  small.hyperparameters(),
                  Contents.TIME,
                  false));
      Checkpoint checkpoint = store.open(info);
      store.delete(info);
      assertThat(checkpoint.files()).hasSize(shards);
      assertThat(checkpoint.verify().problems()).isEmpty();
      MappedFile last = checkpoint.file("part299.data");
      checkpoint.close();
      assertThat(last.bytes().scope().isAlive()).isFalse();
      assertThatThrownBy(checkpoint::verify)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(info.directory() + " is closed");
    }
  }

  @Test
  void a_file_that_may_not_be_read_and_is_not_the_checkpoints_is_no_hindrance() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(temporary.resolve("run"))) {
      CheckpointInfo info = store.commit(numbered(1, 7, false));
      Files.createDirectory(info.directory().resolve("notes"));
      Files.createSymbolicLink(info.directory().resolve("dangling"), Path.of("nowhere"));
      Files.writeString(info.directory().resolve("extra.bin"), "not listed");
      try (Checkpoint checkpoint = store.open(info)) {
        assertThat(number(checkpoint)).isEqualTo(7);
      }
      try (Stream<Path> left = Files.list(info.directory())) {
        assertThat(left).hasSize(FILES + 4);
      }
    }
  }
}
