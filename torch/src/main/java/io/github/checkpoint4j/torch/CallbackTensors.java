package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The files in a checkpoint that hold tensors of callbacks.
 *
 * @param byFile the callbacks, by the name of the file of each
 */
record CallbackTensors(Map<String, ExportableTensors> byFile) {
  CallbackTensors {
    byFile = Collections.unmodifiableMap(new LinkedHashMap<>(byFile));
  }

  static CallbackTensors of(List<TrainerCallback> callbacks) {
    Map<String, ExportableTensors> byFile = new LinkedHashMap<>();
    for (TrainerCallback callback : callbacks) {
      if (callback instanceof ExportableTensors holder && holder.holdsTensors()) {
        String name = "callback_" + holder.stateName();
        String file = name + ".safetensors";
        for (int i = 2; byFile.containsKey(file); i++) {
          file = name + "_" + i + ".safetensors";
        }
        byFile.put(file, holder);
      }
    }
    return new CallbackTensors(byFile);
  }

  /** What makes each file, by its name. */
  Map<String, Supplier<FileContent>> files() {
    Map<String, Supplier<FileContent>> files = new LinkedHashMap<>();
    byFile.forEach(
        (name, holder) -> files.put(name, () -> SafeTensors.write(holder.tensors(), Map.of())));
    return files;
  }

  /** The tensors that a checkpoint has for these callbacks, by file, copied to the heap. */
  Map<String, StateDict> read(Checkpoint checkpoint) throws IOException {
    Map<String, StateDict> tensors = new LinkedHashMap<>();
    for (String name : byFile.keySet()) {
      if (checkpoint.files().contains(name)) {
        var file = SafeTensors.parse(checkpoint.file(name).bytes(), name);
        tensors.put(name, HeapCopy.of(file.stateDict()));
      }
    }
    return tensors;
  }

  /** Gives each callback what {@link #read} found for it. */
  void restore(Map<String, StateDict> tensors) {
    byFile.forEach(
        (name, holder) -> {
          StateDict saved = tensors.get(name);
          if (saved != null) {
            holder.restoreTensors(saved);
          }
        });
  }
}
