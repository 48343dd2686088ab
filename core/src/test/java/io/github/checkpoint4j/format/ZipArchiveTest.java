package io.github.checkpoint4j.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged archives are in golden/pytorch/hostile. */
class ZipArchiveTest {
  private static final byte[] NAME = "a".getBytes(US_ASCII);
  private static final byte[] DATA = "data".getBytes(US_ASCII);

  private static ZipArchive parse(byte[] zip) throws IOException {
    return ZipArchive.parse(MemorySegment.ofArray(zip), "a.zip");
  }

  /** An archive of one entry whose sizes and place are in a zip64 field, behind another field. */
  private static byte[] wide(int extraSize, String comment) {
    ByteWriter out = new ByteWriter();
    out.u32(0x04034b50L).u16(45).u16(0).u16(0).u32(0).u32(0).u32(-1).u32(-1);
    out.u16(1).u16(20).bytes(NAME).u16(1).u16(16).u64(4).u64(4).bytes(DATA);
    long directory = out.size();
    out.u32(0x02014b50L).u16(45).u16(45).u16(0).u16(0).u32(0).u32(0).u32(-1).u32(-1);
    out.u16(1).u16(6 + 28).u16(0).u16(0).u16(0).u32(0).u32(-1).bytes(NAME);
    out.u16(0x5455).u16(2).u16(7).u16(1).u16(extraSize).u64(4).u64(4).u64(0);
    long end = out.size();
    out.u32(0x06064b50L).u64(44).u16(45).u16(45).u32(0).u32(0).u64(1).u64(1);
    out.u64(end - directory).u64(directory);
    out.u32(0x07064b50L).u32(0).u64(end).u32(1);
    out.u32(0x06054b50L).u16(0).u16(0).u16(-1).u16(-1).u32(-1).u32(-1);
    return out.u16(comment.length()).bytes(comment.getBytes(US_ASCII)).take();
  }

  @Test
  void sizes_and_places_of_64_bits_are_read() throws IOException {
    ZipArchive archive = parse(wide(24, ""));

    ZipArchive.Entry entry = archive.find("a").orElseThrow();
    assertThat(archive.bytes(entry).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(DATA);
    assertThat(archive.find("b")).isEmpty();
  }

  @Test
  void a_comment_may_follow_also_if_it_looks_like_an_end() throws IOException {
    assertThat(parse(wide(24, "PK\5\6 is not the end of it")).entries()).hasSize(1);
  }

  @Test
  void a_zip64_field_that_is_too_short_is_refused() {
    assertThatThrownBy(() -> parse(wide(16, "")))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith("a.zip, byte 55: an entry of the zip directory lacks its 64-bit");
  }

  private static List<FileContent.Part> parts(int[]... parts) {
    return Arrays.stream(parts)
        .map(part -> new FileContent.Part(Optional.of("a"), MemorySegment.ofArray(part)))
        .toList();
  }

  @Test
  void the_writers_archives_are_read_by_java_util_zip_whose_crcs_hold(@TempDir Path folder)
      throws IOException {
    ZipWriter writer = new ZipWriter("folder");
    writer.add("data.pkl", DATA);
    writer.add("data/0", parts(new int[] {1}, new int[] {2, 3}));
    writer.add("data/1", parts(new int[0]));
    byte[] zip = PyTorchWriteTest.joined(writer.finish()).toArray(ValueLayout.JAVA_BYTE);

    List<ZipArchive.Entry> entries = List.copyOf(parse(zip).entries());

    List<String> names = new ArrayList<>();
    Path file = Files.write(folder.resolve("a.zip"), zip);
    try (ZipFile read = new ZipFile(file.toFile())) {
      for (ZipEntry entry : Collections.list(read.entries())) {
        CRC32 crc = new CRC32();
        crc.update(read.getInputStream(entry).readAllBytes());
        assertThat(entry.getCrc()).isEqualTo(crc.getValue());
        names.add(entry.getName() + " " + entry.getSize());
      }
    }
    assertThat(names).containsExactly("folder/data.pkl 4", "folder/data/0 12", "folder/data/1 0");
    assertThat(entries).extracting(ZipArchive.Entry::size).containsExactly(4L, 12L, 0L);
  }
}
