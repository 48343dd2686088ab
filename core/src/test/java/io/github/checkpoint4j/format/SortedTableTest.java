package io.github.checkpoint4j.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class SortedTableTest {
  private static List<SortedTable.Entry> entries(byte[] file) throws IOException {
    assertThat(SortedTable.looksLike(MemorySegment.ofArray(file))).isTrue();
    return SortedTable.entries(MemorySegment.ofArray(file), "x");
  }

  @Property(tries = 200)
  void any_entries_are_read_from_any_number_of_blocks(
      @ForAll @Size(max = 40)
          Map<@AlphaChars @StringLength(min = 1, max = 30) String, byte @Size(max = 200) []> map,
      @ForAll @IntRange(min = 1, max = 50) int perBlock)
      throws IOException {
    List<Map.Entry<String, byte[]>> sorted = new ArrayList<>(new TreeMap<>(map).entrySet());

    List<SortedTable.Entry> read = entries(TableBytes.of(sorted, perBlock));

    assertThat(read)
        .map(entry -> new String(entry.key(), UTF_8))
        .containsExactlyElementsOf(sorted.stream().map(Map.Entry::getKey).toList());
    for (int i = 0; i < read.size(); i++) {
      assertThat(read.get(i).value().toArray(ValueLayout.JAVA_BYTE))
          .isEqualTo(sorted.get(i).getValue());
    }
  }

  @Test
  void keys_out_of_order_or_twice_are_refused() {
    for (String second : List.of("a", "b")) {
      byte[] file =
          TableBytes.of(List.of(Map.entry("b", new byte[1]), Map.entry(second, new byte[1])), 2);

      assertThatThrownBy(() -> entries(file))
          .isInstanceOf(CorruptFileException.class)
          .hasMessage(
              "x, byte 0: the keys of the block are not in order; the file is damaged: copy or save"
                  + " it again");
    }
  }

  @Test
  void a_changed_byte_of_a_block_is_found_by_its_checksum() {
    byte[] file = TableBytes.of(List.of(Map.entry("a", new byte[1])), 1);
    file[4] ^= 1;

    assertThatThrownBy(() -> entries(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageMatching(
            "x, byte 0: the masked CRC32C of the block of 13 bytes should be [0-9a-f]{8} and is"
                + " [0-9a-f]{8}; the file is damaged: copy or save it again");
  }

  @Test
  void a_compressed_block_is_refused() {
    byte[] file = TableBytes.ofBlock(new byte[8], 1);

    assertThatThrownBy(() -> entries(file))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage(
            "x, byte 0: a block is compressed (Snappy); TensorFlow's checkpoints of version 2 are"
                + " not; load it in TensorFlow and save it again");
  }

  @Test
  void keys_that_share_much_cannot_ask_for_much_memory() {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    int longest = 1 << 19;
    TableBytes.varint(block, 0);
    TableBytes.varint(block, longest);
    TableBytes.varint(block, 0);
    block.writeBytes(new byte[longest]);
    for (int i = 0; i < 100_000; i++) {
      TableBytes.varint(block, longest + Math.min(i, 1));
      TableBytes.varint(block, 1);
      TableBytes.varint(block, 0);
      block.write(1 + i % 2);
    }
    block.writeBytes(GgufBytes.ints(0, 1));
    byte[] file = TableBytes.ofBlock(block.toByteArray(), 0);

    assertThatThrownBy(() -> entries(file)).isInstanceOf(CorruptFileException.class);
  }

  @Test
  void a_key_that_takes_more_of_the_one_before_than_it_has_is_refused() {
    byte[] block = {5, 1, 0, 'a', 0, 0, 0, 0, 1, 0, 0, 0};
    byte[] file = TableBytes.ofBlock(block, 0);

    assertThatThrownBy(() -> entries(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("a key takes 5 bytes of the one before it, which has 0");
  }
}
