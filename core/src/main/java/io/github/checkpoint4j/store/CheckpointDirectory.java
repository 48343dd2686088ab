package io.github.checkpoint4j.store;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A look at a checkpoint's directory: names, sizes and the manifest, and no tensor.
 *
 * @param info what it is
 * @param manifest the manifest, if there is one that can be read
 * @param fault why it is damaged, or of a version that is not read here; empty otherwise
 * @param faultyFile the one file that the fault is in; empty if there is no such one
 * @param files sizes of the files, by name in order
 */
record CheckpointDirectory(
    CheckpointInfo info,
    Optional<Manifest> manifest,
    Optional<IOException> fault,
    Optional<String> faultyFile,
    Map<String, Long> files) {

  /**
   * Looks at a directory that is listed in a run.
   *
   * @throws java.nio.file.NoSuchFileException if it is missing
   * @throws java.nio.file.NotDirectoryException if it is something else
   */
  static CheckpointDirectory inRun(Storage storage, Path directory, CheckpointName name)
      throws IOException {
    return CheckpointFiles.whileNamed(
        storage, directory, open -> look(storage, open, directory, Optional.of(name)), _ -> {});
  }

  /** Looks at a directory that is open. */
  static CheckpointDirectory look(
      Storage storage, Storage.OpenDirectory open, Path directory, Optional<CheckpointName> inRun)
      throws IOException {
    Look look = new Look(open, directory, inRun, open.files());
    if (open.files().containsKey(Manifest.FILE)) {
      return look.withManifest();
    }
    if (storage.find(directory.resolve(Manifest.FILE)).isPresent()) {
      return look.damaged(
          new CorruptFileException(
              directory.resolve(Manifest.FILE)
                  + " is not a file. Use another checkpoint, or restore the file from a copy."),
          Optional.of(Manifest.FILE),
          TrainerStateFacts.NONE);
    }
    return look.withoutManifest();
  }

  /**
   * The names of the files that make up the checkpoint: those that the manifest lists and that are
   * there; without a manifest, all but the pin.
   */
  Set<String> contents() {
    Set<String> names = new TreeSet<>(files.keySet());
    names.removeAll(List.of(Manifest.FILE, Checkpoint.PIN));
    manifest.ifPresent(known -> names.retainAll(known.files().keySet()));
    return names;
  }

  private record Look(
      Storage.OpenDirectory open,
      Path directory,
      Optional<CheckpointName> inRun,
      Map<String, Long> files) {

    CheckpointDirectory withManifest() throws IOException {
      Manifest manifest;
      try (MappedFile mapped = open.map(Manifest.FILE)) {
        manifest = mapped.read(bytes -> ManifestFile.parse(bytes, mapped.path().toString()));
      } catch (CorruptFileException | UnsupportedFeatureException e) {
        return damaged(e, Optional.of(Manifest.FILE), TrainerStateFacts.NONE);
      }
      Optional<IOException> fault =
          mismatch(manifest).map(message -> new CorruptFileException(message));
      CheckpointInfo info =
          new CheckpointInfo(
              name(),
              directory,
              // A copy under another name is not of the step that it was committed as.
              inRun.map(CheckpointName::step).orElse(manifest.step()),
              manifest.epoch(),
              manifest.metrics(),
              manifest.sequence(),
              manifest.time(),
              size(),
              files.containsKey(Checkpoint.PIN),
              fault.isEmpty() ? Standing.COMMITTED : Standing.DAMAGED,
              manifest.objective(),
              fault.map(IOException::getMessage));
      return new CheckpointDirectory(info, Optional.of(manifest), fault, Optional.empty(), files);
    }

    /** What the manifest says and the directory does not bear out. */
    private Optional<String> mismatch(Manifest manifest) {
      if (inRun.isPresent() && !inRun.get().checkpoint().equals(manifest.name())) {
        return Optional.of(
            "%s was committed as %s: it was copied or renamed. Rename it back, or move it away."
                .formatted(directory, manifest.name()));
      }
      List<String> faults = new ArrayList<>();
      manifest
          .files()
          .forEach(
              (name, expected) -> {
                Long size = files.get(name);
                if (size == null) {
                  faults.add(name + " is missing, it had " + expected.size() + " bytes");
                } else if (size < expected.size()) {
                  faults.add(
                      "%s is cut short, to %d bytes of %d".formatted(name, size, expected.size()));
                } else if (size > expected.size()) {
                  faults.add("%s has %d bytes, not %d".formatted(name, size, expected.size()));
                }
              });
      return faults.isEmpty()
          ? Optional.empty()
          : Optional.of(
              directory
                  + ": "
                  + String.join("; ", faults)
                  + ". Use another checkpoint, or restore the file from a copy.");
    }

    CheckpointDirectory withoutManifest() throws IOException {
      TrainerStateFacts facts = TrainerStateFacts.NONE;
      if (files.isEmpty()) {
        return damaged(
            new CorruptFileException(directory + " holds no file."), Optional.empty(), facts);
      }
      for (Map.Entry<String, Long> file : files.entrySet()) {
        if (file.getValue() == 0 && TrainerLayout.holdsTensors(file.getKey())) {
          return damaged(
              new CorruptFileException(
                  "%s is empty: saving it was cut short. Use another checkpoint."
                      .formatted(directory.resolve(file.getKey()))),
              Optional.of(file.getKey()),
              facts);
        }
      }
      if (files.containsKey(TrainerStateFacts.FILE)) {
        try (MappedFile mapped = open.map(TrainerStateFacts.FILE)) {
          facts = mapped.read(bytes -> TrainerStateFacts.parse(bytes, mapped.path().toString()));
        } catch (CorruptFileException e) {
          return damaged(e, Optional.of(TrainerStateFacts.FILE), facts);
        }
      }
      return new CheckpointDirectory(
          info(Standing.UNVERIFIED, facts, Optional.empty()),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          files);
    }

    CheckpointDirectory damaged(
        IOException fault, Optional<String> faultyFile, TrainerStateFacts facts)
        throws IOException {
      return new CheckpointDirectory(
          info(Standing.DAMAGED, facts, Optional.of(String.valueOf(fault.getMessage()))),
          Optional.empty(),
          Optional.of(fault),
          faultyFile,
          files);
    }

    private CheckpointInfo info(Standing standing, TrainerStateFacts facts, Optional<String> damage)
        throws IOException {
      long step =
          inRun.or(() -> CheckpointName.parse(name())).map(CheckpointName::step).orElse(-1L);
      Instant time = open.lastModified();
      return new CheckpointInfo(
          name(),
          directory,
          step >= 0 ? step : facts.step().orElse(0),
          facts.epoch(),
          facts.metrics(),
          0,
          time,
          size(),
          files.containsKey(Checkpoint.PIN),
          standing,
          Optional.empty(),
          damage);
    }

    private String name() {
      return inRun
          .map(CheckpointName::checkpoint)
          .orElseGet(() -> String.valueOf(directory.toAbsolutePath().normalize().getFileName()));
    }

    private long size() {
      return files.values().stream().mapToLong(Long::longValue).sum();
    }
  }
}
