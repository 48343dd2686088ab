package io.github.checkpoint4j.store;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** Whatever the bytes, a parser gives an object or one of its exceptions. */
class StoreFuzzTest {
  @FuzzTest
  void manifest(byte[] bytes) {
    try {
      Manifest manifest = ManifestFile.parse(MemorySegment.ofArray(bytes), "manifest.json");
      if (manifest.size() < 0) {
        throw new AssertionError("negative size");
      }
    } catch (CorruptFileException | UnsupportedFeatureException e) {
      // Refused.
    }
  }

  /** The bytes with a right checksum after them, so that they are looked at. */
  @FuzzTest
  void signedManifest(byte[] bytes) {
    String trailer =
        "  \"crc32c\": \""
            + FileChecksums.hex(Checksummer.crc32c(MemorySegment.ofArray(bytes)))
            + "\"\n}\n";
    byte[] end = trailer.getBytes(StandardCharsets.UTF_8);
    byte[] signed = new byte[bytes.length + end.length];
    System.arraycopy(bytes, 0, signed, 0, bytes.length);
    System.arraycopy(end, 0, signed, bytes.length, end.length);
    manifest(signed);
  }

  @FuzzTest
  void shardIndex(byte[] bytes) {
    try {
      ShardIndex index = ShardIndex.parse(MemorySegment.ofArray(bytes), "index");
      index.shards().forEach(shard -> index.mismatches(shard, Set.of("a")));
    } catch (CorruptFileException e) {
      // Refused.
    }
  }

  @FuzzTest
  void trainerState(byte[] bytes) {
    try {
      TrainerStateFacts.parse(MemorySegment.ofArray(bytes), "trainer_state.json");
    } catch (CorruptFileException e) {
      // Refused.
    }
  }

  @FuzzTest
  void lockOwner(byte[] bytes) {
    LockOwner.parse(new String(bytes, StandardCharsets.UTF_8));
  }

  @FuzzTest
  void checkpointName(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    CheckpointName.parse(text)
        .ifPresent(
            name -> {
              if (!name.toString().equals(text)) {
                throw new AssertionError(text + " was read as " + name);
              }
            });
  }
}
