package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.store.Verification.Problem;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Every kind of damage to every file is found, and named. */
class VerificationTest {
  @TempDir Path temporary;
  @RegisterExtension final CrashedAtEnd disk = new CrashedAtEnd(() -> temporary);
  private Path checkpoint;

  @BeforeEach
  void commit() throws IOException {
    try (CheckpointStore store = CheckpointStore.open(disk, temporary.resolve("run"))) {
      store.commit(Contents.of(10));
      checkpoint = store.commit(Contents.of(20)).directory();
    }
  }

  private List<Problem> problems() throws IOException {
    return Verification.of(checkpoint).problems();
  }

  private static void flip(Path file, long position) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[Math.toIntExact(position)] ^= 0x10;
    Files.write(file, bytes);
  }

  private static void cut(Path file, long size) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, Math.toIntExact(size)));
  }

  @Test
  void a_whole_checkpoint_is_clean_and_counted() throws IOException {
    Verification verification = Verification.of(checkpoint);
    assertThat(verification.isClean()).isTrue();
    assertThat(verification.files()).isEqualTo(3);
    assertThat(verification.tensors()).isGreaterThanOrEqualTo(3);
    assertThat(verification.bytes())
        .isEqualTo(
            Files.size(checkpoint.resolve("model.safetensors"))
                + Files.size(checkpoint.resolve("optimizer.pt"))
                + Files.size(checkpoint.resolve("config.json")));
    assertThatCode(verification::requireClean).doesNotThrowAnyException();
  }

  @Test
  void it_tells_how_much_it_has_read_and_ends_where_it_is_told_to() throws IOException {
    AtomicLong read = new AtomicLong();
    Verification verification = Verification.of(checkpoint, read::addAndGet);
    assertThat(read).hasValue(verification.bytes());

    Files.delete(checkpoint.resolve("manifest.json"));
    read.set(0);
    long unverified = Verification.of(checkpoint, read::addAndGet).bytes();
    assertThat(read).hasValue(unverified);

    CancellationException cancelled = new CancellationException();
    assertThatThrownBy(
            () ->
                Verification.of(
                    checkpoint,
                    _ -> {
                      throw cancelled;
                    }))
        .isSameAs(cancelled);
  }

  @Test
  void a_flipped_bit_anywhere_in_any_file_is_found_and_the_file_named() throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(checkpoint)) {
      files = list.toList();
    }
    assertThat(files).hasSize(4);
    for (Path file : files) {
      byte[] whole = Files.readAllBytes(file);
      for (int position = 0; position < whole.length; position += 1 + whole.length / 50) {
        flip(file, position);
        assertThat(problems())
            .as(file + " at " + position)
            .isNotEmpty()
            .allMatch(problem -> problem.message().contains(file.getFileName().toString()));
        Files.write(file, whole);
      }
    }
    assertThat(problems()).isEmpty();
  }

  @Test
  void a_flipped_bit_in_a_tensor_names_the_tensor_the_place_and_both_checksums()
      throws IOException {
    TensorChecksum bias = tensor("layer.bias");
    flip(checkpoint.resolve("model.safetensors"), bias.offset() + 3);
    assertThat(problems()).hasSize(1);
    Problem problem = problems().getFirst();
    assertThat(problem.file()).isEqualTo("model.safetensors");
    assertThat(problem.tensor()).contains("layer.bias");
    assertThat(problem.message())
        .matches(
            "tensor 'layer.bias' of model.safetensors is damaged: the CRC32C of its 8 bytes from"
                + " byte "
                + bias.offset()
                + " should be "
                + FileChecksums.hex(bias.crc32c())
                + " and is [0-9a-f]{8}");
    assertThatThrownBy(() -> Verification.of(checkpoint).requireClean())
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith(checkpoint + ": tensor 'layer.bias' of model.safetensors")
        .hasMessageEndingWith(". Use another checkpoint, or restore the file from a copy.");
  }

  @Test
  void a_flipped_bit_in_a_header_is_told_apart_from_the_tensors() throws IOException {
    flip(checkpoint.resolve("model.safetensors"), 9);
    assertThat(problems()).hasSize(1);
    assertThat(problems().getFirst().tensor()).isEmpty();
    assertThat(problems().getFirst().message())
        .matches(
            "model.safetensors is damaged, outside its tensors: its CRC32C should be [0-9a-f]{8}"
                + " and is [0-9a-f]{8}");
  }

  @Test
  void a_file_cut_short_is_told_with_the_first_tensor_lost() throws IOException {
    Path model = checkpoint.resolve("model.safetensors");
    long size = Files.size(model);
    cut(model, tensor("layer.bias").end() - 1);
    assertThat(problems())
        .containsExactly(
            new Problem(
                "model.safetensors",
                Optional.of("layer.bias"),
                "model.safetensors is cut short, to %d bytes of %d; the first tensor lost is 'layer.bias'"
                    .formatted(tensor("layer.bias").end() - 1, size)));
    assertThatThrownBy(() -> Checkpoint.open(checkpoint))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "%s: model.safetensors is cut short, to %d bytes of %d. Use another checkpoint, or restore the file from a copy."
                .formatted(checkpoint, tensor("layer.bias").end() - 1, size));
  }

  @Test
  void a_longer_file_is_told() throws IOException {
    Files.writeString(checkpoint.resolve("config.json"), "\n", StandardOpenOption.APPEND);
    assertThat(problems())
        .containsExactly(
            new Problem(
                "config.json",
                Optional.empty(),
                "config.json has 3 bytes, and was committed with 2"));
    assertThatThrownBy(() -> Checkpoint.open(checkpoint))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining(": config.json has 3 bytes, not 2.");
  }

  @Test
  void a_missing_file_is_told() throws IOException {
    long size = Files.size(checkpoint.resolve("optimizer.pt"));
    Files.delete(checkpoint.resolve("optimizer.pt"));
    assertThat(problems())
        .containsExactly(
            new Problem(
                "optimizer.pt",
                Optional.empty(),
                "optimizer.pt is missing, it had " + size + " bytes"));
    assertThatThrownBy(() -> Checkpoint.open(checkpoint))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("optimizer.pt is missing, it had " + size + " bytes");
  }

  @Test
  void files_swapped_between_checkpoints_are_told() throws IOException {
    Files.copy(
        checkpoint.resolveSibling("checkpoint-10/model.safetensors"),
        checkpoint.resolve("model.safetensors"),
        StandardCopyOption.REPLACE_EXISTING);
    assertThat(problems())
        .extracting(Problem::tensor)
        .containsExactlyInAnyOrder(Optional.of("layer.weight"), Optional.of("layer.bias"));
  }

  @Test
  void a_checkpoint_under_another_name_in_a_run_is_told() throws IOException {
    Path renamed = Files.move(checkpoint, checkpoint.resolveSibling("checkpoint-30"));
    try (CheckpointStore store = CheckpointStore.readOnly(disk, temporary.resolve("run"))) {
      CheckpointInfo info = store.list().getLast();
      assertThat(info.standing()).isEqualTo(Standing.DAMAGED);
      assertThat(info.step()).isEqualTo(30);
      assertThat(info.damage())
          .contains(
              renamed
                  + " was committed as checkpoint-20: it was copied or renamed. Rename it back, or"
                  + " move it away.");
    }
  }

  @Test
  void a_damaged_manifest_is_told_and_the_files_are_still_read() throws IOException {
    flip(checkpoint.resolve("manifest.json"), 30);
    Files.writeString(checkpoint.resolve("config.json"), "{");
    assertThat(problems())
        .extracting(Problem::file)
        .containsExactly("manifest.json", "config.json");
    assertThatThrownBy(() -> Checkpoint.open(checkpoint))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith(
            checkpoint.resolve("manifest.json") + " is damaged, or was edited: ");
  }

  @Test
  void a_manifest_that_is_no_file_is_damage_and_no_checkpoint_of_python() throws IOException {
    Path manifest = checkpoint.resolve("manifest.json");
    Files.delete(manifest);
    Files.createDirectory(manifest);
    for (boolean link : new boolean[] {false, true}) {
      if (link) {
        Files.delete(manifest);
        Files.createSymbolicLink(manifest, Path.of("nowhere"));
      }
      String message =
          manifest + " is not a file. Use another checkpoint, or restore the file from a copy.";
      assertThat(problems())
          .containsExactly(new Problem("manifest.json", Optional.empty(), message));
      assertThatThrownBy(() -> Checkpoint.open(checkpoint))
          .isInstanceOf(CorruptFileException.class)
          .hasMessage(message);
    }
  }

  @Test
  void a_link_is_followed_and_one_that_leads_to_no_file_is_a_missing_file() throws IOException {
    Path config = checkpoint.resolve("config.json");
    Path elsewhere = temporary.resolve("blob");
    Files.move(config, elsewhere);
    Files.createSymbolicLink(config, elsewhere);
    assertThat(problems()).isEmpty();
    for (Path target : List.of(Path.of("nowhere"), config, temporary)) {
      Files.delete(config);
      Files.createSymbolicLink(config, target);
      try (CheckpointStore store = CheckpointStore.readOnly(disk, temporary.resolve("run"))) {
        assertThat(store.list()).hasSize(2);
      }
      assertThat(problems())
          .containsExactly(
              new Problem(
                  "config.json", Optional.empty(), "config.json is missing, it had 2 bytes"));
    }
  }

  @Test
  void files_that_the_manifest_does_not_know_are_no_damage_and_no_part_of_the_checkpoint()
      throws IOException {
    Files.copy(checkpoint.resolve("optimizer.pt"), checkpoint.resolve("scheduler.pt"));
    assertThat(problems()).isEmpty();
    try (Checkpoint open = Checkpoint.open(checkpoint)) {
      assertThat(open.files()).containsExactly("config.json", "model.safetensors", "optimizer.pt");
      assertThat(open.contains("scheduler")).isFalse();
      assertThatThrownBy(() -> open.state("scheduler")).isInstanceOf(NoSuchFileException.class);
    }
  }

  /** The place of a tensor in the model's file, which is the same in both checkpoints. */
  private TensorChecksum tensor(String name) throws IOException {
    Path other = checkpoint.resolveSibling("checkpoint-10/model.safetensors");
    try (MappedFile model = MappedFile.open(other)) {
      SafeTensors tensors = SafeTensors.parse(model.bytes(), "model");
      byte[] bytes = Contents.model(20).tensor(name).toByteArray();
      return new TensorChecksum(
          tensors.offset(name), bytes.length, Checksummer.crc32c(MemorySegment.ofArray(bytes)));
    }
  }
}
