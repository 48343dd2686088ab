package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.Checkpoint;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The files beside the state in a checkpoint that training does not make itself: a chat template, a
 * list of merges, a licence. They are passed on, as they are, to the checkpoints saved later.
 *
 * @param passedOn by name
 * @param leftOut those that are not: state of a moment that has passed, and what is large
 */
record CompanionFiles(Map<String, FileContent> passedOn, List<Resumption.Change> leftOut) {
  /** The largest file that is passed on; it is in memory as long as the training takes. */
  private static final long LARGEST = 1L << 26;

  /** Endings of files that hold tensors, or anything pickled. */
  private static final List<String> OF_STATE = List.of(".safetensors", ".pt", ".pth", ".bin");

  /**
   * Those of a checkpoint.
   *
   * @param isMade whether a file of this name is made anew at each save
   */
  static CompanionFiles of(Checkpoint checkpoint, Predicate<String> isMade) throws IOException {
    Map<String, FileContent> passedOn = new LinkedHashMap<>();
    List<Resumption.Change> leftOut = new ArrayList<>();
    for (String name : checkpoint.files()) {
      if (isMade.test(name) || name.equals(SavedArguments.PICKLED)) {
        continue;
      }
      MemorySegment bytes = checkpoint.file(name).bytes();
      if (bytes.byteSize() <= LARGEST && OF_STATE.stream().noneMatch(name::endsWith)) {
        passedOn.put(name, FileContent.of(bytes.toArray(ValueLayout.JAVA_BYTE)));
      } else {
        leftOut.add(
            new Resumption.Change(
                name,
                Json.of(bytes.byteSize() + " bytes"),
                Json.Null.NULL,
                Resumption.Effect.UNSUPPORTED));
      }
    }
    return new CompanionFiles(passedOn, leftOut);
  }
}
