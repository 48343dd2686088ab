package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.Format;
import io.github.checkpoint4j.format.TensorFlowCheckpoint;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.state.Value;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files of a TensorFlow checkpoint: an index and, beside it, those with the bytes.
 *
 * @param checkpoint what the index says
 * @param prefix the index's name without its end
 */
record TensorFlowFiles(TensorFlowCheckpoint checkpoint, String prefix) {
  private static final String INDEX = ".index";

  /** The file in which {@code tf.train} names the latest checkpoint of a directory. */
  private static final String LATEST = "checkpoint";

  private static final int LARGEST_LATEST = 1 << 16;
  private static final Pattern LATEST_PREFIX =
      Pattern.compile("(?m)^model_checkpoint_path: \"(?:[^\"\\n]*/)?([^\"/\\n]+)\"");

  /**
   * The index that is meant by a path: by the prefix of a checkpoint, by a directory of them, whose
   * latest it is, or by a SavedModel. Empty if it is none of these.
   *
   * @throws IOException if a directory's file cannot be read
   */
  static Optional<Path> index(Path path) throws IOException {
    if (!Files.exists(path)) {
      Path named = path.resolveSibling(path.getFileName() + INDEX);
      return Files.isRegularFile(named) ? Optional.of(named) : Optional.empty();
    }
    if (!Files.isDirectory(path) || Inspected.isCheckpoint(path)) {
      return Optional.empty();
    }
    Path variables = path.resolve("variables").resolve("variables" + INDEX);
    if (Files.exists(path.resolve("saved_model.pb")) && Files.exists(variables)) {
      return Optional.of(variables);
    }
    Path latest = path.resolve(LATEST);
    if (!Files.isRegularFile(latest) || Files.size(latest) > LARGEST_LATEST) {
      return Optional.empty();
    }
    String text = new String(Files.readAllBytes(latest), StandardCharsets.UTF_8);
    Matcher prefix = LATEST_PREFIX.matcher(text);
    return prefix.find() ? Optional.of(path.resolve(prefix.group(1) + INDEX)) : Optional.empty();
  }

  /**
   * Reads an index.
   *
   * @param source its path, for messages
   */
  static TensorFlowFiles of(MemorySegment index, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    String name = String.valueOf(Path.of(source).getFileName());
    String prefix = name.endsWith(INDEX) ? name.substring(0, name.length() - INDEX.length()) : name;
    return new TensorFlowFiles(TensorFlowCheckpoint.parse(index, source), prefix);
  }

  /** The names of the files beside the index. */
  Set<String> names() {
    return checkpoint.shards(prefix);
  }

  /** What is in it; a name is the path of a variable. */
  FileContents contents(Map<String, MemorySegment> files) throws CorruptFileException {
    List<StateEntry> entries = new ArrayList<>();
    for (Map.Entry<String, Value> entry : checkpoint.read(prefix, files).entrySet()) {
      entries.add(StateEntry.atPath(List.of(entry.getKey().split("/", -1)), entry.getValue()));
    }
    return new FileContents(Format.TENSORFLOW, Map.of(), entries);
  }

  /** What is damaged, in words. */
  List<String> damaged(Map<String, MemorySegment> files) throws CorruptFileException {
    return checkpoint.damaged(prefix, files);
  }
}
