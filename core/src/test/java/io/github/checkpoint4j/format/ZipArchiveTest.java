package io.github.checkpoint4j.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
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
import java.util.zip.ZipOutputStream;
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
    ZipWriter writer = new ZipWriter("folder/");
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

  private static byte[] deflated(byte[] data) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("a"));
      zip.write(data);
      zip.closeEntry();
    }
    return bytes.toByteArray();
  }

  private static byte[] inflated(byte[] zip, int most) throws IOException {
    ZipArchive archive = parse(zip);
    return archive.bytes(archive.find("a").orElseThrow(), most).toArray(ValueLayout.JAVA_BYTE);
  }

  /** The position of the directory's entry, whose fields can then be changed. */
  private static int directory(byte[] zip) {
    return (int) LittleEndian.unsignedInt(MemorySegment.ofArray(zip), zip.length - 22 + 16);
  }

  @Test
  void a_deflated_entry_of_at_most_the_size_allowed_is_inflated() throws IOException {
    byte[] zeros = new byte[100_000];

    assertThat(inflated(deflated(DATA), 4)).isEqualTo(DATA);
    assertThat(inflated(deflated(new byte[0]), 0)).isEmpty();
    assertThat(inflated(deflated(zeros), zeros.length)).isEqualTo(zeros);
  }

  @Test
  void a_deflated_entry_that_is_larger_is_refused() throws IOException {
    byte[] zip = deflated(new byte[100_000]);

    assertThatThrownBy(() -> inflated(zip, 99_999))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageMatching(
            "a.zip, byte 0: the compressed entry 'a' of [0-9]+ bytes should have 100000 when inflated,"
                + " and at most 99999 are; unpack the archive and pack it again without compression"
                + " \\(zip -0\\)");
  }

  @Test
  void no_more_is_allocated_than_deflate_can_make_of_the_bytes() throws IOException {
    byte[] zip = deflated(DATA);
    MemorySegment.ofArray(zip).set(LittleEndian.INT, directory(zip) + 24, 1 << 30);

    assertThatThrownBy(() -> inflated(zip, Integer.MAX_VALUE))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "a.zip, byte 0: the entry 'a' of 6 bytes cannot have 1073741824 when inflated;"
                + " the file is damaged: copy or save it again");
  }

  @Test
  void a_deflated_entry_of_another_size_than_is_said_is_refused() throws IOException {
    for (int said : new int[] {0, 3, 5, 100}) {
      byte[] zip = deflated(DATA);
      MemorySegment.ofArray(zip).set(LittleEndian.INT, directory(zip) + 24, said);

      assertThatThrownBy(() -> inflated(zip, 100))
          .isInstanceOf(CorruptFileException.class)
          .hasMessage(
              "a.zip, byte 31: the entry 'a' should have "
                  + said
                  + " bytes when inflated and has "
                  + (said < 4 ? "more" : "4")
                  + "; the file is damaged: copy or save it again");
    }
  }

  @Test
  void a_deflated_entry_whose_bytes_or_checksum_are_damaged_is_refused() throws IOException {
    byte[] bytes = deflated(DATA);
    bytes[31] = 7;
    byte[] crc = deflated(DATA);
    crc[directory(crc) + 16] ^= 1;

    assertThatThrownBy(() -> inflated(bytes, 4))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "a.zip, byte 31: the compressed entry 'a' cannot be inflated;"
                + " the file is damaged: copy or save it again");
    assertThatThrownBy(() -> inflated(crc, 4))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "a.zip, byte 31: the entry 'a' should have the CRC-32 adf3f362 and has adf3f363;"
                + " the file is damaged: copy or save it again");
  }

  @Test
  void a_stored_entry_is_a_window_and_compared_with_its_checksum_when_asked() throws IOException {
    ZipWriter writer = new ZipWriter("");
    writer.add("a", DATA);
    byte[] zip = PyTorchWriteTest.joined(writer.finish()).toArray(ValueLayout.JAVA_BYTE);
    ZipArchive archive = parse(zip);
    ZipArchive.Entry entry = archive.find("a").orElseThrow();
    MemorySegment window = archive.bytes(entry, 0);

    archive.requireCrc(entry);
    zip[(int) entry.data()] ^= 1;

    assertThat(window.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) ('d' ^ 1));
    assertThatThrownBy(() -> archive.requireCrc(entry))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith("a.zip, byte 64: the entry 'a' should have the CRC-32 adf3f363");
  }
}
