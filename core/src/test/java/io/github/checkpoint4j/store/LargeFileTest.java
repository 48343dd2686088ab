package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.checkpoint4j.format.FileContent;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files written past the page cache, and those of the same sizes where that does not work. */
class LargeFileTest {
  private static final long BLOCK = DirectWriter.BLOCK;
  private static final long STAGE = Stages.SIZE;

  @TempDir Path temporary;

  /** How the disk takes direct writes. */
  enum Disk {
    REAL,
    WILLING,
    WITHOUT_DIRECT_WRITES,
    REFUSING_EVERY_WRITE,
    REFUSING_LATER_WRITES,
    TAKING_LESS,
    TAKING_NOTHING;

    LocalStorage storage() {
      return switch (this) {
        case REAL -> LocalStorage.instance();
        case WILLING -> DirectChannel.storage(DirectChannel.willing());
        case WITHOUT_DIRECT_WRITES -> new LocalStorage(file -> Optional.empty());
        case REFUSING_EVERY_WRITE -> DirectChannel.storage(DirectChannel.refusingFrom(1));
        case REFUSING_LATER_WRITES -> DirectChannel.storage(DirectChannel.refusingFrom(2));
        case TAKING_LESS -> DirectChannel.storage(DirectChannel.takingAtMost(5000));
        case TAKING_NOTHING -> DirectChannel.storage(DirectChannel.takingAtMost(0));
      };
    }
  }

  /** Where the bytes of a part lie before they are written. */
  enum Memory {
    BYTES,
    FLOATS,
    UNALIGNED,
    MAPPED;

    private MemorySegment allocate(long size) {
      return switch (this) {
        case BYTES -> MemorySegment.ofArray(new byte[Math.toIntExact(size)]);
        case FLOATS -> MemorySegment.ofArray(new float[Math.toIntExact(size / 4 + 1)]);
        case UNALIGNED -> Arena.ofAuto().allocate(size + 1, BLOCK).asSlice(1);
        case MAPPED -> mapped(size);
      };
    }

    MemorySegment random(long size, SplittableRandom random) {
      MemorySegment bytes = allocate(size).asSlice(0, size);
      for (long at = 0; at + 8 <= size; at += 8) {
        bytes.set(ValueLayout.JAVA_LONG_UNALIGNED, at, random.nextLong());
      }
      return bytes.asReadOnly();
    }
  }

  private static MemorySegment mapped(long size) {
    try {
      Path file = Files.createTempFile("checkpoint4j", ".mapped");
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        return channel.map(MapMode.READ_WRITE, 0, size, Arena.ofAuto());
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** A part of a file. */
  record Layout(Memory memory, long size, boolean tensor) {}

  private static FileContent content(List<Layout> layouts) {
    SplittableRandom random = new SplittableRandom(layouts.hashCode());
    List<FileContent.Part> parts = new ArrayList<>();
    for (Layout layout : layouts) {
      Optional<String> name =
          layout.tensor() ? Optional.of("tensor " + parts.size()) : Optional.empty();
      parts.add(new FileContent.Part(name, layout.memory().random(layout.size(), random)));
    }
    return FileContent.of(parts);
  }

  private static FileContent content(long size) {
    long header = Math.min(size, 1003);
    return content(
        List.of(
            new Layout(Memory.BYTES, header, false),
            new Layout(Memory.UNALIGNED, size - header, true)));
  }

  /** Writes a file, and requires that its bytes and checksums are those of the content. */
  private static void requireWritten(Storage storage, Path file, FileContent content)
      throws IOException {
    FileChecksums checksums = storage.write(file, content);
    storage.sync(file);
    assertThat(checksums).isEqualTo(FileChecksums.of(content));
    try (MappedFile written = MappedFile.open(file)) {
      assertThat(written.size()).isEqualTo(content.size());
      assertThat(checksums.crc32c()).isEqualTo(crc32c(written.bytes()));
      long at = 0;
      for (FileContent.Part part : content.parts()) {
        MemorySegment bytes = written.bytes().asSlice(at, part.bytes().byteSize());
        assertThat(bytes.mismatch(part.bytes())).isEqualTo(-1);
        if (part.tensor().isPresent()) {
          assertThat(checksums.tensors().get(part.tensor().get()))
              .isEqualTo(new TensorChecksum(at, bytes.byteSize(), crc32c(bytes)));
        }
        at += bytes.byteSize();
      }
    }
  }

  private static int crc32c(MemorySegment bytes) {
    CRC32C crc = new CRC32C();
    long slice = 1L << 30;
    for (long at = 0; at < bytes.byteSize(); at += slice) {
      crc.update(bytes.asSlice(at, Math.min(slice, bytes.byteSize() - at)).asByteBuffer());
    }
    return (int) crc.getValue();
  }

  private static long[] sizes() {
    return LongStream.of(0, BLOCK, LocalStorage.DIRECT_FROM, STAGE, STAGE + BLOCK, 4 * STAGE)
        .flatMap(size -> LongStream.of(size - 1, size, size + 1))
        .filter(size -> size >= 0)
        .toArray();
  }

  @ParameterizedTest
  @EnumSource
  void a_file_of_any_size_comes_back_byte_for_byte_from_any_disk(Disk disk) throws IOException {
    for (long size : sizes()) {
      Path file = temporary.resolve("file-" + size);
      requireWritten(disk.storage(), file, content(size));
      Files.delete(file);
    }
  }

  @Provide
  Arbitrary<List<Layout>> layouts() {
    Arbitrary<Long> sizes =
        Arbitraries.frequencyOf(
            Tuple.of(3, Arbitraries.longs().between(0, 100)),
            Tuple.of(3, Arbitraries.longs().between(0, 3 << 20)),
            Tuple.of(1, Arbitraries.longs().between(0, 2 * STAGE)),
            Tuple.of(1, Arbitraries.of(BLOCK, STAGE - BLOCK, STAGE, STAGE + 1)));
    return Combinators.combine(Arbitraries.of(Memory.class), sizes, Arbitraries.of(true, false))
        .as(Layout::new)
        .list()
        .ofMaxSize(12);
  }

  @Property(tries = 40)
  void parts_of_any_sizes_and_memories_come_back_from_any_disk(
      @ForAll("layouts") List<Layout> layouts, @ForAll Disk disk) throws IOException {
    Path directory = Files.createTempDirectory("checkpoint4j");
    Path file = directory.resolve("file");
    try {
      requireWritten(disk.storage(), file, content(layouts));
    } finally {
      Files.deleteIfExists(file);
      Files.delete(directory);
    }
  }

  @Test
  void this_test_met_direct_writes_if_the_file_system_takes_them() throws IOException {
    Path file = Files.createFile(temporary.resolve("file"));
    try (var direct = DirectWriter.open(file).orElse(null)) {
      assumeTrue(direct != null, "no direct writes here");
      // What is not whole blocks is refused, so it is not the page cache that takes it.
      assertThatThrownBy(() -> direct.write(ByteBuffer.allocateDirect(10), 0).get())
          .hasRootCauseMessage("Invalid argument");
    }
  }

  @Test
  void a_file_that_cannot_be_opened_for_direct_writes_is_no_error() {
    assertThat(DirectWriter.open(temporary.resolve("no"))).isEmpty();
  }

  @Test
  void the_error_of_a_disk_that_takes_nothing_at_all_tells_both_refusals() throws IOException {
    Optional<MountedDisk> mounted = MountedDisk.tmpfs(temporary, 2 << 20);
    assumeTrue(mounted.isPresent(), "a tmpfs cannot be mounted here");
    try (MountedDisk disk = mounted.get()) {
      LocalStorage storage = DirectChannel.storage(DirectChannel.refusingFrom(1));
      assertThatThrownBy(() -> storage.write(disk.directory().resolve("file"), content(STAGE)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("No space left")
          .satisfies(
              e ->
                  assertThat(e.getSuppressed())
                      .singleElement()
                      .extracting(Throwable::getMessage)
                      .isEqualTo("Invalid argument"));
    }
  }

  @Test
  void a_disk_of_memory_that_is_full_fails_the_write_and_takes_it_when_there_is_room()
      throws IOException {
    Optional<MountedDisk> mounted = MountedDisk.tmpfs(temporary, 30 << 20);
    assumeTrue(mounted.isPresent(), "a tmpfs cannot be mounted here");
    fillsUp(mounted.get());
  }

  @Test
  void a_disk_of_blocks_that_is_full_fails_the_write_and_takes_it_when_there_is_room()
      throws IOException {
    Optional<MountedDisk> mounted = MountedDisk.ext4(temporary, 40 << 20);
    assumeTrue(mounted.isPresent(), "an ext4 cannot be made and mounted here");
    fillsUp(mounted.get());
  }

  /** Ends the space in each stage of a file, and within a stage. */
  private static void fillsUp(MountedDisk mounted) throws IOException {
    try (MountedDisk disk = mounted) {
      LocalStorage storage = LocalStorage.instance();
      FileContent content = content(2 * STAGE + STAGE / 2);
      Path file = disk.directory().resolve("file");
      Path filler = disk.directory().resolve("filler");
      for (long left = BLOCK; left < content.size(); left += STAGE / 2 + 17 * BLOCK) {
        long filled = storage.usableSpace(disk.directory()) - left;
        Files.write(filler, new byte[Math.toIntExact(filled)]);
        storage.sync(filler);
        assertThatThrownBy(
                () -> {
                  storage.write(file, content);
                  storage.sync(file);
                })
            .isInstanceOf(IOException.class)
            .satisfies(e -> assertThat(Reason.isNoSpace((IOException) e)).isTrue());
        Files.delete(file);
        Files.delete(filler);
      }
      requireWritten(storage, file, content);
    }
  }

  @Test
  void two_runs_are_saved_at_once_and_both_are_whole() throws Exception {
    try (ExecutorService executor = Executors.newFixedThreadPool(2)) {
      List<Future<List<Verification.Problem>>> runs = new ArrayList<>();
      for (String name : List.of("one", "two")) {
        runs.add(executor.submit(() -> problemsAfterSaves(temporary.resolve(name))));
      }
      for (Future<List<Verification.Problem>> problems : runs) {
        assertThat(problems.get(60, TimeUnit.SECONDS)).isEmpty();
      }
    }
  }

  private static List<Verification.Problem> problemsAfterSaves(Path run) throws IOException {
    List<Verification.Problem> problems = new ArrayList<>();
    try (CheckpointStore store = CheckpointStore.open(run)) {
      for (long step = 1; step <= 4; step++) {
        CheckpointInfo saved =
            store.commit(
                new CheckpointContent(
                    step,
                    0,
                    Map.of(),
                    Map.of("a.data", content(3 * STAGE + step), "b.data", content(STAGE - step)),
                    Contents.NOTHING,
                    Contents.NOTHING,
                    Contents.TIME,
                    false));
        problems.addAll(Verification.of(saved.directory()).problems());
      }
    }
    return problems;
  }

  @ParameterizedTest
  @EnumSource(names = {"REAL", "WITHOUT_DIRECT_WRITES"})
  void a_thread_that_was_interrupted_writes_nothing_large(Disk disk) {
    FileContent content = content(STAGE);
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> disk.storage().write(temporary.resolve("file"), content))
          .isInstanceOf(ClosedByInterruptException.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void an_interrupt_ends_a_write_that_waits_for_the_disk() throws Exception {
    for (int hanging : List.of(1, 2, 4)) {
      CountDownLatch waits = new CountDownLatch(1);
      DirectChannel.Outcome hangs = DirectChannel.hangingAt(hanging);
      LocalStorage storage =
          DirectChannel.storage(
              (number, bytes, offset, to) -> {
                if (number == hanging) {
                  waits.countDown();
                }
                return hangs.of(number, bytes, offset, to);
              });
      Path file = temporary.resolve("file-" + hanging);
      FileContent content = content(5 * STAGE);
      try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
        Future<Boolean> interrupted =
            executor.submit(
                () -> {
                  assertThatThrownBy(() -> storage.write(file, content))
                      .isInstanceOf(ClosedByInterruptException.class);
                  return Thread.interrupted();
                });
        assertThat(waits.await(60, TimeUnit.SECONDS)).isTrue();
        executor.shutdownNow();
        assertThat(interrupted.get(60, TimeUnit.SECONDS)).isTrue();
      }
      assertThat(file).exists();
    }
  }

  /** Content whose second half cannot be read any more. */
  private static FileContent halfGone() {
    MemorySegment gone;
    try (Arena arena = Arena.ofConfined()) {
      gone = arena.allocate(STAGE);
    }
    return FileContent.of(
        List.of(content(2 * STAGE).parts().get(1), new FileContent.Part(Optional.empty(), gone)));
  }

  @Test
  void writes_that_fail_leave_no_file_open() throws IOException {
    Path descriptors = Path.of("/proc/self/fd");
    assumeTrue(Files.isDirectory(descriptors), "no list of open files here");
    FileContent content = halfGone();
    long open = count(descriptors);
    for (int i = 0; i < 20; i++) {
      Path file = temporary.resolve("file-" + i);
      assertThatThrownBy(() -> LocalStorage.instance().write(file, content))
          .isInstanceOf(IllegalStateException.class);
    }
    assertThat(count(descriptors)).isLessThan(open + 10);
  }

  @Test
  void writes_that_fail_give_their_memory_back() {
    Set<Long> addresses = new HashSet<>();
    LocalStorage storage =
        DirectChannel.storage(
            (number, bytes, offset, to) -> {
              addresses.add(MemorySegment.ofBuffer(bytes).address());
              return CompletableFuture.completedFuture(bytes.remaining());
            });
    FileContent content = halfGone();
    for (int i = 0; i < 5; i++) {
      Path file = temporary.resolve("file-" + i);
      assertThatThrownBy(() -> storage.write(file, content))
          .isInstanceOf(IllegalStateException.class);
    }
    assertThat(addresses).hasSizeBetween(1, Stages.PER_FILE);
  }

  private static long count(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.count();
    }
  }

  @Test
  void a_stage_given_back_is_handed_out_again_and_one_too_many_is_not_kept() {
    Stages stages = new Stages();
    List<MemorySegment> taken = new ArrayList<>();
    for (int i = 0; i <= Stages.PER_FILE; i++) {
      taken.add(stages.take());
      assertThat(taken.get(i).address() % BLOCK).isZero();
      assertThat(taken.get(i).byteSize()).isEqualTo(STAGE);
    }
    assertThat(taken).doesNotHaveDuplicates();
    taken.forEach(stages::giveBack);
    for (int i = 0; i < Stages.PER_FILE; i++) {
      assertThat(stages.take()).isEqualTo(taken.get(i));
    }
    assertThat(taken).doesNotContain(stages.take());
  }

  /** Takes 5 GiB of disk: run with -Dcheckpoint4j.large=true. */
  @Test
  @EnabledIfSystemProperty(named = "checkpoint4j.large", matches = "true")
  void a_tensor_over_4_GiB_comes_back_byte_for_byte() throws IOException {
    Path sparse = temporary.resolve("sparse");
    long size = (5L << 30) + 12_345;
    try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw")) {
      file.setLength(size);
      for (long at : new long[] {0, 1L << 31, 1L << 32, size - 1}) {
        file.seek(at);
        file.write((int) (at >>> 20) + 1);
      }
    }
    try (MappedFile source = MappedFile.open(sparse)) {
      requireWritten(
          LocalStorage.instance(),
          temporary.resolve("file"),
          FileContent.of(
              List.of(
                  new FileContent.Part(Optional.empty(), MemorySegment.ofArray(new byte[77])),
                  new FileContent.Part(Optional.of("large"), source.bytes()))));
    }
  }
}
