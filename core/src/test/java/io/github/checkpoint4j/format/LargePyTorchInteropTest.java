package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files of more than 4 GiB, whose sizes and offsets need 64 bits; the tensors are holes on disk.
 */
@Tag("interop")
class LargePyTorchInteropTest {
  private static final long ELEMENTS = 4_500_000_000L;

  private static final String WRITE =
      """
      import sys, torch
      with torch.serialization.skip_data():
          torch.save({'large': torch.empty(4_500_000_000, dtype=torch.uint8),
                      'small': torch.empty(3, 5), 'none': torch.empty(0),
                      'list': [torch.empty(7, dtype=torch.int16)]}, sys.argv[1])
      """;

  private static final String READ =
      """
      import os, sys
      os.environ['TORCH_SERIALIZATION_DEBUG'] = '1'
      import torch
      state = torch.load(sys.argv[1], mmap=True)
      assert list(state) == ['large', 'small', 'none', 'list']
      assert state['large'].shape == (4_500_000_000,) and state['large'].dtype == torch.uint8
      assert state['small'].shape == (3, 5) and float(state['small'][2, 4]) == 0
      assert state['list'][0].shape == (7,)
      torch.utils.serialization.config.load.calculate_storage_offsets = True
      torch.load(sys.argv[1], mmap=True)
      print('read')
      """;

  private static final String MANY =
      """
      import sys, torch
      for options in ({}, {'mmap': True}):
          state = torch.load(sys.argv[1], **options)
          assert len(state) == 70_000
          assert all(int(state[f'tensor{i}'][0]) == i % 256 for i in range(0, 70_000, 997))
      print('read')
      """;

  @Test
  void a_file_of_more_than_4_gib_goes_from_python_to_java_and_back(@TempDir Path folder)
      throws IOException, InterruptedException {
    Path python = folder.resolve("python.pt");
    Path java = folder.resolve("java.pt");
    PyTorchInteropTest.python("-c", WRITE, python);

    try (Arena arena = Arena.ofConfined();
        FileChannel in = FileChannel.open(python)) {
      MemorySegment file = in.map(FileChannel.MapMode.READ_ONLY, 0, in.size(), arena);
      StateDict state = (StateDict) PyTorch.read(file, "python.pt");
      assertThat(state.tensor("large").shape()).containsExactly(ELEMENTS);
      assertThat(state.tensor("small").toFloats()).hasSize(15).containsOnly(0);
      writeWithHoles(PyTorch.write(state, "java"), java);
    }
    try (Arena arena = Arena.ofConfined();
        FileChannel in = FileChannel.open(java)) {
      MemorySegment file = in.map(FileChannel.MapMode.READ_ONLY, 0, in.size(), arena);
      StateDict state = (StateDict) PyTorch.read(file, "java.pt");
      assertThat(state.tensor("large").elementCount()).isEqualTo(ELEMENTS);
    }
    assertThat(PyTorchInteropTest.python("-c", READ, java)).contains("read");
  }

  @Test
  void more_tensors_than_16_bits_count_go_to_python(@TempDir Path folder)
      throws IOException, InterruptedException {
    StateDict.Builder state = StateDict.builder();
    for (int i = 0; i < 70_000; i++) {
      state.put("tensor" + i, Tensor.ofBytes(new byte[] {(byte) i}));
    }
    Path file = folder.resolve("many.pt");
    Files.write(
        file,
        PyTorchWriteTest.joined(PyTorch.write(state.build(), "many"))
            .toArray(ValueLayout.JAVA_BYTE));

    assertThat(PyTorchInteropTest.python("-c", MANY, file)).contains("read");
  }

  private static void writeWithHoles(FileContent content, Path path) throws IOException {
    try (FileChannel out =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (FileContent.Part part : content.parts()) {
        if (part.bytes().byteSize() == ELEMENTS) {
          out.position(out.position() + ELEMENTS);
        } else {
          out.write(part.bytes().asByteBuffer());
        }
      }
    }
  }
}
