package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.store.Verification.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every kind of damage to every file of a committed checkpoint is found by opening or by verifying
 * it, in a message that names the file, and the tensor if it is in one; and the other checkpoint of
 * the run is as it was.
 */
@ParameterizedClass
@ValueSource(booleans = {false, true})
class DamageTest {
  private static final Path OTHER = Exploration.RUN.resolve("checkpoint-10");
  private static final Path DAMAGED = Exploration.RUN.resolve("checkpoint-20");

  /** Files of so many bytes have every bit flipped, and are cut at every byte. */
  private static final int SMALL = 200;

  private static final AtomicLong TRIED = new AtomicLong();

  private final CrashStorage disk = new CrashStorage();
  private final Map<String, byte[]> whole;
  private final Manifest manifest;

  DamageTest(boolean sharded) throws IOException {
    try (CheckpointStore store = CheckpointStore.open(disk, Exploration.RUN)) {
      FullCheckpoint.commitTwo(store, sharded);
    }
    whole = FullCheckpoint.bytes(disk, DAMAGED);
    try (Checkpoint checkpoint = Checkpoint.of(CheckpointFiles.open(disk, DAMAGED))) {
      manifest = checkpoint.manifest().orElseThrow();
    }
    assertThat(whole.keySet()).hasSize(manifest.files().size() + 2);
  }

  @AfterAll
  static void report() {
    System.out.printf("damage: %d damaged checkpoints, each found%n", TRIED.get());
  }

  /** The names of the files whose bytes count: of the pin only its presence does. */
  private List<String> files() {
    return whole.keySet().stream().filter(name -> !name.equals(Checkpoint.PIN)).toList();
  }

  /** One bit of every byte; every bit of small files. */
  @Test
  void any_bit_that_is_flipped() throws IOException {
    for (String file : files()) {
      byte[] bytes = whole(file).clone();
      for (int at = 0; at < bytes.length; at++) {
        int last = bytes.length <= SMALL ? 8 : at % 8 + 1;
        for (int bit = bytes.length <= SMALL ? 0 : at % 8; bit < last; bit++) {
          bytes[at] ^= (byte) (1 << bit);
          Damage flipped = new Damage("bit %d of byte %d".formatted(bit, at), bytes);
          Problem problem = requireFound(file, flipped);
          assertThat(problem.tensor()).as("%s, %s", file, flipped).isEqualTo(tensorAt(file, at));
          bytes[at] ^= (byte) (1 << bit);
        }
      }
    }
  }

  private byte[] whole(String file) {
    return Objects.requireNonNull(whole.get(file));
  }

  /** Where something begins or ends in a file: a tensor, a record of a zip archive, a line. */
  private Set<Integer> bounds(String file) {
    Set<Integer> bounds = new TreeSet<>();
    FileChecksums checksums = manifest.files().get(file);
    if (checksums != null) {
      for (TensorChecksum tensor : checksums.tensors().values()) {
        bounds.add((int) tensor.offset());
        bounds.add((int) tensor.end());
      }
    }
    byte[] bytes = whole(file);
    for (int at = 0; at + 1 < bytes.length; at++) {
      if ((bytes[at] == 'P' && bytes[at + 1] == 'K') || bytes[at] == '\n' || at % 64 == 8) {
        bounds.add(at);
      }
    }
    bounds.add(bytes.length);
    return bounds;
  }

  private Optional<String> tensorAt(String file, int at) {
    FileChecksums checksums = manifest.files().get(file);
    return checksums == null
        ? Optional.empty()
        : checksums.tensors().entrySet().stream()
            .filter(t -> t.getValue().offset() <= at && at < t.getValue().end())
            .map(Map.Entry::getKey)
            .findFirst();
  }

  @Test
  void a_file_cut_anywhere() throws IOException {
    for (String file : files()) {
      byte[] bytes = whole(file);
      for (Damage cut :
          bytes.length <= SMALL ? Damage.cut(bytes) : Damage.cut(bytes, bounds(file))) {
        requireFound(file, cut);
      }
    }
  }

  @Test
  void a_file_with_more_bytes_or_others() throws IOException {
    for (String file : files()) {
      List<Damage> damages = new ArrayList<>(Damage.extended(whole(file)));
      damages.addAll(Damage.overwritten(whole(file)));
      damages.addAll(Damage.foreign());
      for (Damage damage : damages) {
        requireFound(file, damage);
      }
    }
  }

  @Test
  void a_json_text_that_was_edited() throws IOException {
    int texts = 0;
    for (String file : files()) {
      if (file.endsWith(".json")) {
        texts++;
        for (Damage damage : Damage.edited(whole(file))) {
          requireFound(file, damage);
        }
      }
    }
    assertThat(texts).isGreaterThanOrEqualTo(4);
  }

  @Test
  void files_of_the_other_checkpoint_in_place_of_its_own() throws IOException {
    Map<String, byte[]> others = FullCheckpoint.bytes(disk, OTHER);
    for (String file : manifest.files().keySet()) {
      requireFound(
          file, new Damage("of the other checkpoint", Objects.requireNonNull(others.get(file))));
    }
    disk.overwrite(
        DAMAGED.resolve(Manifest.FILE), Objects.requireNonNull(others.get(Manifest.FILE)));
    assertThat(found(disk)).hasSizeGreaterThanOrEqualTo(manifest.files().size());
    assertThat(listed(disk).damage().orElseThrow())
        .startsWith(DAMAGED + " was committed as checkpoint-10: it was copied or renamed.");
  }

  @Test
  void two_files_of_a_checkpoint_that_were_swapped() throws IOException {
    int sameSize = 0;
    for (String one : files()) {
      for (String other : files()) {
        if (one.compareTo(other) < 0 && !Arrays.equals(whole(one), whole(other))) {
          sameSize += whole(one).length == whole(other).length ? 1 : 0;
          disk.overwrite(DAMAGED.resolve(other), whole(one));
          // Without its manifest a checkpoint knows no more than that.
          String file = other.equals(Manifest.FILE) ? other : one;
          disk.overwrite(DAMAGED.resolve(one), whole(other));
          requireFound(file, new Damage("swapped", whole(file.equals(one) ? other : one)));
          disk.overwrite(DAMAGED.resolve(one), whole(one));
          disk.overwrite(DAMAGED.resolve(other), whole(other));
        }
      }
    }
    assertThat(sameSize).isPositive();
  }

  @Test
  void a_file_that_is_missing() throws IOException {
    for (String file : files()) {
      CrashStorage copy = disk.bestCrash().storage();
      copy.deleteFile(DAMAGED.resolve(file));
      TRIED.incrementAndGet();
      if (file.equals(Manifest.FILE)) {
        assertThat(listed(copy).standing()).isEqualTo(Standing.UNVERIFIED);
      } else {
        assertThat(found(copy)).extracting(Problem::message).anyMatch(m -> m.contains(file));
      }
    }
  }

  @Test
  void a_directory_in_place_of_a_file() throws IOException {
    for (String file : files()) {
      CrashStorage copy = disk.bestCrash().storage();
      copy.deleteFile(DAMAGED.resolve(file));
      copy.createDirectory(DAMAGED.resolve(file));
      TRIED.incrementAndGet();
      assertThat(listed(copy).standing()).as(file).isEqualTo(Standing.DAMAGED);
      assertThat(found(copy)).extracting(Problem::message).anyMatch(m -> m.contains(file));
    }
  }

  @Test
  void what_is_in_the_pin_is_of_no_account() throws IOException {
    disk.overwrite(DAMAGED.resolve(Checkpoint.PIN), new byte[] {1});
    assertThat(found(disk)).isEmpty();
    assertThat(listed(disk).pinned()).isTrue();
    disk.deleteFile(DAMAGED.resolve(Checkpoint.PIN));
    assertThat(found(disk)).isEmpty();
    assertThat(listed(disk).pinned()).isFalse();
  }

  /** The problem with this file; puts the whole bytes back. */
  private Problem requireFound(String file, Damage damage) throws IOException {
    disk.overwrite(DAMAGED.resolve(file), damage.bytes());
    TRIED.incrementAndGet();
    try {
      List<Problem> problems = found(disk);
      assertThat(problems)
          .as("%s, %s", file, damage)
          .anyMatch(p -> p.file().equals(file) && p.message().contains(file));
      assertThat(problems).extracting(Problem::message).noneMatch(m -> m.contains("\n"));
      return problems.stream().filter(p -> p.file().equals(file)).findFirst().orElseThrow();
    } finally {
      disk.overwrite(DAMAGED.resolve(file), whole(file));
    }
  }

  /** What verifying finds: something, if opening refuses. */
  private static List<Problem> found(CrashStorage disk) throws IOException {
    List<Problem> problems = Verification.of(disk, DAMAGED).problems();
    CheckpointInfo info = listed(disk);
    if (info.standing() == Standing.DAMAGED) {
      assertThat(problems).isNotEmpty();
      assertThat(info.damage()).isPresent();
    }
    return problems;
  }

  /** As the run lists it, beside the other, which is whole. */
  private static CheckpointInfo listed(CrashStorage disk) throws IOException {
    try (CheckpointStore store = CheckpointStore.readOnly(disk, Exploration.RUN)) {
      List<CheckpointInfo> list = store.list();
      assertThat(list).extracting(CheckpointInfo::step).containsExactly(10L, 20L);
      assertThat(list.getFirst().standing()).isEqualTo(Standing.COMMITTED);
      return list.getLast();
    }
  }
}
