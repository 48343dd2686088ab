package io.github.checkpoint4j;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.store.Sharding;
import io.github.checkpoint4j.store.TrainerLayout;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * What a run's checkpoint is made of at one moment.
 *
 * @param components the states, by component
 * @param sharding how the model is split into files
 * @param files the other files, by name
 */
record TrackedState(
    Map<String, StateDict> components, Sharding sharding, Map<String, FileContent> files) {

  /**
   * The content of every file by its name, the components' first. Takes the time to read what is in
   * PyTorch's format, which has checksums of its own.
   *
   * @throws IllegalArgumentException if a state cannot be written in the format of its file, or the
   *     model has no tensor of a name that is said to be frozen
   */
  Map<String, FileContent> content() {
    Map<String, FileContent> content = new LinkedHashMap<>();
    components.forEach(
        (component, state) -> content.putAll(TrainerLayout.files(component, state, sharding)));
    content.putAll(files);
    return content;
  }

  /** The same state in other memory: {@code change} gives a place for each run of bytes. */
  TrackedState mapMemory(UnaryOperator<MemorySegment> change) {
    UnaryOperator<Tensor> move =
        tensor -> Tensor.of(tensor.dtype(), tensor.shape(), change.apply(tensor.bytes()));
    Map<String, StateDict> movedComponents = new LinkedHashMap<>();
    components.forEach(
        (component, state) -> movedComponents.put(component, state.mapTensors(move)));
    Map<String, FileContent> movedFiles = new LinkedHashMap<>();
    files.forEach((name, file) -> movedFiles.put(name, moved(file, change)));
    return new TrackedState(movedComponents, sharding, movedFiles);
  }

  private static FileContent moved(FileContent file, UnaryOperator<MemorySegment> change) {
    List<FileContent.Part> parts =
        file.parts().stream()
            .map(part -> new FileContent.Part(part.tensor(), change.apply(part.bytes())))
            .toList();
    return FileContent.of(parts);
  }
}
