package io.github.checkpoint4j.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestFileTest {
  private static final String TEXT =
      """
      {
        "version": 1,
        "writer": "checkpoint4j test",
        "name": "checkpoint-7",
        "step": 7,
        "epoch": 0.5,
        "metrics": {
          "eval_loss": 0.25,
          "a": "NaN"
        },
        "sequence": 3,
        "time": "2026-03-01T12:00:00Z",
        "objective": {
          "metric": "eval_loss",
          "greater_is_better": false
        },
        "older": [
          "checkpoint-5"
        ],
        "fingerprint": {
          "threads": 1
        },
        "hyperparameters": {
          "learning_rate": 5e-05
        },
        "files": {
          "model.safetensors": {
            "size": 100,
            "crc32c": "deadbeef",
            "tensors": {
              "weight": {
                "offset": 80,
                "size": 16,
                "crc32c": "00000001"
              }
            }
          },
          "config.json": {
            "size": 2,
            "crc32c": "0000abcd",
            "tensors": {}
          }
        },
        "crc32c": "XXXXXXXX"
      }
      """;

  private static Manifest manifest() {
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("eval_loss", 0.25);
    metrics.put("a", Double.NaN);
    Map<String, FileChecksums> files = new LinkedHashMap<>();
    files.put(
        "model.safetensors",
        new FileChecksums(100, 0xdeadbeef, Map.of("weight", new TensorChecksum(80, 16, 1))));
    files.put("config.json", new FileChecksums(2, 0xabcd, Map.of()));
    return new Manifest(
        "checkpoint-7",
        7,
        OptionalDouble.of(0.5),
        metrics,
        3,
        Instant.parse("2026-03-01T12:00:00Z"),
        Optional.of(new Objective("eval_loss", false)),
        List.of("checkpoint-5"),
        files,
        Json.object().put("threads", 1).build(),
        Json.object().put("learning_rate", 5e-5).build(),
        "checkpoint4j test");
  }

  /** The text with its checksum put right. */
  private static String signed(String text) {
    int end = text.lastIndexOf("  \"crc32c\"");
    byte[] body = text.substring(0, end).getBytes(StandardCharsets.UTF_8);
    String crc = FileChecksums.hex(Checksummer.crc32c(MemorySegment.ofArray(body)));
    return text.substring(0, end) + "  \"crc32c\": \"" + crc + "\"\n}\n";
  }

  private static Manifest parse(String text) throws Exception {
    return ManifestFile.parse(
        MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)), "dir/manifest.json");
  }

  private static String written(Manifest manifest) {
    StringBuilder text = new StringBuilder();
    ManifestFile.write(manifest)
        .parts()
        .forEach(
            part ->
                text.append(
                    new String(
                        part.bytes().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8)));
    return text.toString();
  }

  @Test
  void a_manifest_is_this_text() {
    assertThat(written(manifest())).isEqualTo(signed(TEXT));
  }

  @Test
  void a_manifest_comes_back() throws Exception {
    assertThat(parse(written(manifest()))).isEqualTo(manifest());
  }

  @Test
  void one_without_epoch_and_objective_comes_back() throws Exception {
    Manifest plain =
        new Manifest(
            "checkpoint-0",
            0,
            OptionalDouble.empty(),
            Map.of(),
            1,
            Instant.EPOCH,
            Optional.empty(),
            List.of(),
            Map.of("a", new FileChecksums(0, 0, Map.of())),
            Json.object(Map.of()),
            Json.object(Map.of()),
            "\u00e9\ud83d\ude00");
    assertThat(parse(written(plain))).isEqualTo(plain);
  }

  @Test
  void a_name_that_utf_8_has_no_form_for_is_refused_before_it_is_written() {
    Manifest manifest = manifest();
    Manifest halved =
        new Manifest(
            manifest.name(),
            manifest.step(),
            manifest.epoch(),
            manifest.metrics(),
            manifest.sequence(),
            manifest.time(),
            Optional.of(new Objective("half \ud83d", true)),
            manifest.older(),
            manifest.files(),
            manifest.fingerprint(),
            manifest.hyperparameters(),
            manifest.writer());
    assertThatThrownBy(() -> ManifestFile.write(halved))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the manifest would not be read as it is written: ");
  }

  @Property(tries = 200)
  void any_changed_bit_is_found(
      @ForAll @IntRange(min = 0, max = 1000) int position, @ForAll @IntRange(max = 7) int bit) {
    byte[] bytes = written(manifest()).getBytes(StandardCharsets.UTF_8);
    bytes[position % bytes.length] ^= (byte) (1 << bit);
    assertThatThrownBy(() -> ManifestFile.parse(MemorySegment.ofArray(bytes), "manifest.json"))
        .isInstanceOf(CorruptFileException.class);
  }

  @Test
  void a_manifest_cut_short_anywhere_is_found() {
    byte[] bytes = written(manifest()).getBytes(StandardCharsets.UTF_8);
    for (int size = 0; size < bytes.length; size++) {
      MemorySegment cut = MemorySegment.ofArray(bytes).asSlice(0, size);
      assertThatThrownBy(() -> ManifestFile.parse(cut, "dir/manifest.json"))
          .isInstanceOf(CorruptFileException.class)
          .hasMessage(
              "dir/manifest.json has "
                  + size
                  + " bytes and does not end with its checksum: it is cut short, or was edited."
                  + " Use another checkpoint, or restore the file from a copy.");
    }
  }

  @Test
  void an_edited_manifest_is_told_with_both_checksums() {
    String edited = signed(TEXT).replace("0.25", "0.20");
    assertThatThrownBy(() -> parse(edited))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageMatching(
            "dir/manifest.json is damaged, or was edited: its CRC32C should be [0-9a-f]{8} and is"
                + " [0-9a-f]{8}\\. Use another checkpoint, or restore the file from a copy\\.");
  }

  @Test
  void a_newer_version_is_not_damage() {
    assertThatThrownBy(
            () -> parse(signed(TEXT.replace("\"version\": 1", "\"version\": 2, \"new\": 3"))))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "dir/manifest.json is of version 2; this program reads up to version 1. Use a newer"
                + " checkpoint4j.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"version\": 1 | \"version\": 0 | there is no version 0",
        "\"version\": 1, | | no member 'version'",
        "\"sequence\": 3, | | its members are ",
        "\"sequence\": 3 | \"sequence\": 0 | sequence 0 is not from 1 to 9223372036854775806",
        "\"sequence\": 3 | \"sequence\": 9223372036854775807 | sequence 9223372036854775807 is not",
        "\"step\": 7 | \"step\": 8 | 'checkpoint-7' is not the checkpoint of step 8",
        "\"step\": 7 | \"step\": -7 | 'checkpoint-7' is not the checkpoint of step -7",
        "\"epoch\": 0.5 | \"epoch\": -0.5 | epoch -0.5 is not a count",
        "\"epoch\": 0.5 | \"epoch\": \"0.5\" | member 'epoch' should be a number",
        "\"NaN\" | \"nan\" | metric 'a' is 'nan', which is not a number",
        "\"2026-03-01T12:00:00Z\" | \"yesterday\" | Text 'yesterday' could not be parsed",
        "\"deadbeef\" | \"DEADBEEF\" | 'DEADBEEF' is not a CRC32C of eight hex digits",
        "\"model.safetensors\" | \"../model\" | '../model' cannot name a file",
        "\"config.json\" | \"manifest.json\" | 'manifest.json' is not one of the listed files",
        "\"size\": 100 | \"size\": -1 | a file cannot be -1 bytes",
        "\"size\": 100 | \"size\": 95 | tensor 'weight' ends at byte 96 of a file of 95",
        "\"offset\": 80 | \"offset\": 9223372036854775807 | a tensor cannot be 16 bytes at offset",
        "\"checkpoint-5\" | 5 | 'older' holds something that is not a string",
        "false | 0 | member 'greater_is_better' should be true or false",
      })
  void a_manifest_that_says_what_cannot_be_is_refused(String from, String to, String message) {
    String changed = TEXT.replace(from, to == null ? "" : to);
    assertThat(changed).isNotEqualTo(TEXT);
    assertThatThrownBy(() -> parse(signed(changed)))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith(
            "dir/manifest.json is not a manifest of version 1, though its checksum is right: ")
        .hasMessageContaining(message)
        .hasMessageEndingWith(
            "Whatever wrote it does not follow FORMAT.md; use another checkpoint.");
  }

  @Test
  void json_that_is_not_strict_is_refused() {
    assertThatThrownBy(() -> parse(signed(TEXT.replace("\"NaN\"", "NaN"))))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("dir/manifest.json");
    assertThatThrownBy(() -> parse(signed(TEXT.replace("\"step\": 7", "\"step\": 7, \"step\": 7"))))
        .isInstanceOf(CorruptFileException.class);
  }

  @Test
  void overlapping_tensors_are_refused() {
    assertThatThrownBy(
            () ->
                new FileChecksums(
                    100,
                    0,
                    Map.of("a", new TensorChecksum(0, 10, 0), "b", new TensorChecksum(9, 1, 0))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor 'b' begins at byte 9, within the one before it");
  }
}
