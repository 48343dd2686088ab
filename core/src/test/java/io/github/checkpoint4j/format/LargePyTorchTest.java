package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of 6 GiB, which are holes on disk, are opened by a Java with a heap of 256 MiB. */
class LargePyTorchTest {
  private static final long SIZE = 6L << 30;
  private static final byte[] SMALL = {1, 2, 3};

  /** A state of one tensor of 6 GiB, whose memory is not there, and a small one after it. */
  @SuppressWarnings("restricted") // the memory is never touched
  private static StateDict state() {
    MemorySegment nowhere = MemorySegment.NULL.reinterpret(SIZE);
    return StateDict.builder()
        .put("large", Tensor.of(Dtype.U8, new long[] {SIZE}, nowhere))
        .put("small", Tensor.ofBytes(SMALL))
        .build();
  }

  private static FileChannel create(Path path) throws IOException {
    return FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  private static void write(FileChannel out, byte[] bytes) throws IOException {
    out.write(ByteBuffer.wrap(bytes));
  }

  /** The layout before 1.6, with the elements right after odd numbers of other bytes. */
  private static void writeLegacy(Path path) throws IOException {
    BigInteger magic = new BigInteger("1950a86a20f9469cfc6c", 16);
    try (FileChannel out = create(path)) {
      for (Value part :
          new Value[] {
            new Value.Int(magic),
            Value.of(1001),
            StateDict.empty(),
            state(),
            Value.list(Value.of("0"), Value.of("1"))
          }) {
        write(out, new PickleWriter(part).bytes());
      }
      write(out, new ByteWriter().u64(SIZE).take());
      out.position(out.position() + SIZE);
      write(out, new ByteWriter().u64(SMALL.length).bytes(SMALL).take());
    }
  }

  /** A zip archive, whose directory has sizes and places of 64 bits. */
  private static void writeZip(Path path) throws IOException {
    ByteWriter directory = new ByteWriter();
    try (FileChannel out = create(path)) {
      entry(out, directory, "a/data.pkl", new PickleWriter(state()).bytes());
      entry(out, directory, "a/version", new byte[] {'3'});
      header(out, directory, "a/data/0", SIZE);
      out.position(out.position() + SIZE);
      entry(out, directory, "a/data/1", SMALL);
      long start = out.position();
      byte[] entries = directory.take();
      ByteWriter end = new ByteWriter();
      end.bytes(entries);
      end.u32(0x06064b50L).u64(44).u16(45).u16(45).u32(0).u32(0).u64(4).u64(4);
      end.u64(entries.length).u64(start);
      end.u32(0x07064b50L).u32(0).u64(start + entries.length).u32(1);
      end.u32(0x06054b50L).u16(0).u16(0).u16(4).u16(4).u32(entries.length).u32(-1).u16(0);
      write(out, end.take());
    }
  }

  private static void entry(FileChannel out, ByteWriter directory, String name, byte[] data)
      throws IOException {
    header(out, directory, name, data.length);
    write(out, data);
  }

  private static void header(FileChannel out, ByteWriter directory, String name, long size)
      throws IOException {
    byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
    directory.u32(0x02014b50L).u16(45).u16(45).u16(0).u16(0).u32(0).u32(0).u32(-1).u32(-1);
    directory.u16(ascii.length).u16(28).u16(0).u16(0).u16(0).u32(0).u32(-1).bytes(ascii);
    directory.u16(1).u16(24).u64(size).u64(size).u64(out.position());
    ByteWriter local = new ByteWriter();
    local.u32(0x04034b50L).u16(45).u16(0).u16(0).u32(0).u32(0).u32(-1).u32(-1);
    write(out, local.u16(ascii.length).u16(0).bytes(ascii).take());
  }

  /** Reads the files, and prints what is in them; started in a Java with a small heap. */
  public static void main(String[] paths) throws IOException {
    for (String path : paths) {
      try (Arena arena = Arena.ofConfined();
          FileChannel in = FileChannel.open(Path.of(path))) {
        MemorySegment file = in.map(FileChannel.MapMode.READ_ONLY, 0, in.size(), arena);
        StateDict state = (StateDict) PyTorch.read(file, path);
        MemorySegment large = state.tensor("large").bytes();
        System.out.println(
            state.tensor("large")
                + " "
                + large.get(ValueLayout.JAVA_BYTE, SIZE - 1)
                + " "
                + state.tensor("small").toByteArray()[2]);
      }
    }
  }

  @Test
  void files_larger_than_the_heap_are_opened_in_both_layouts(@TempDir Path folder)
      throws IOException, InterruptedException {
    Path zip = folder.resolve("zip.pt");
    Path legacy = folder.resolve("legacy.pt");
    writeZip(zip);
    writeLegacy(legacy);
    Path output = folder.resolve("output");

    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                LargePyTorchTest.class.getName(),
                zip.toString(),
                legacy.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    process.destroyForcibly();

    assertThat(ended).isTrue();
    assertThat(Files.size(zip)).isGreaterThan(SIZE);
    assertThat(Files.readAllLines(output))
        .containsExactly("U8[6442450944] 0 3", "U8[6442450944] 0 3");
  }

  @Test
  void more_tensors_than_16_bits_count_are_written_and_read() throws IOException {
    int count = 70_000;
    StateDict.Builder state = StateDict.builder();
    for (int i = 0; i < count; i++) {
      state.put("tensor" + i, Tensor.ofBytes(new byte[] {(byte) i}));
    }

    StateDict read =
        (StateDict)
            PyTorch.read(PyTorchWriteTest.joined(PyTorch.write(state.build(), "a")), "a.pt");

    assertThat(read.size()).isEqualTo(count);
    for (int i = 0; i < count; i += 999) {
      assertThat(read.tensor("tensor" + i).toByteArray()).containsExactly((byte) i);
    }
  }
}
