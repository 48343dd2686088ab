package io.github.checkpoint4j.bench;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Reading the header of a safetensors file in memory. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class HeaderParse {
  @Param({"303", "100000"})
  public int tensors;

  private MemorySegment file = MemorySegment.NULL;

  @Setup
  public void write() {
    StateDict.Builder dict = StateDict.builder();
    for (int i = 0; i < tensors; i++) {
      dict.put("h." + i + ".attn.c_proj.bias", Tensor.scalar(i));
    }
    FileContent content = SafeTensors.write(dict.build(), Map.of("format", "pt"));
    file = Arena.ofAuto().allocate(content.size());
    long at = 0;
    for (FileContent.Part part : content.parts()) {
      MemorySegment.copy(part.bytes(), 0, file, at, part.bytes().byteSize());
      at += part.bytes().byteSize();
    }
  }

  @Benchmark
  public SafeTensors parse() throws IOException {
    return SafeTensors.parse(file, "in memory");
  }
}
