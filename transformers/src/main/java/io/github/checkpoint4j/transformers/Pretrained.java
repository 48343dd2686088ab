package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Format;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.MappedFile;
import io.github.checkpoint4j.store.Sharding;
import io.github.checkpoint4j.store.TrainerLayout;
import io.github.checkpoint4j.torch.LoadReport;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.WeightLoading;
import io.github.checkpoint4j.torch.WrappedModel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A model whose weights come from a file, and what came with them.
 *
 * <p>Parameters that are not loaded are drawn from libtorch's default generator, and nothing else
 * is, just as {@code from_pretrained} does in Python: with equal seeds a new head is equal.
 *
 * @param model the model, in training mode
 * @param tokenizer its tokenizer, if there is one beside the weights
 * @param report what was loaded; what was not was drawn at random
 * @param generationConfig {@value GenerationDefaults#FILE} as it was beside the weights, and is
 *     beside those that are saved; {@link GenerationDefaults} reads it
 */
public record Pretrained<M extends TrainableModel>(
    M model, Optional<Tokenizer> tokenizer, LoadReport report, Optional<Json.Obj> generationConfig)
    implements WrappedModel {
  private static final String CONFIG = "config.json";
  private static final String PICKLE = "pytorch_model.bin";

  /** A model that nothing is said of how it writes. */
  public Pretrained(M model, Optional<Tokenizer> tokenizer, LoadReport report) {
    this(model, tokenizer, report, Optional.empty());
  }

  /** The model in a Hugging Face directory, and the tokenizer if there is one. */
  static <C, M extends TrainableModel> Pretrained<M> fromDirectory(
      Path directory, Architecture<C, M> architecture, WeightLoading loading) throws IOException {
    try (Checkpoint files = Checkpoint.open(directory)) {
      C config = architecture.parse(files.json(CONFIG));
      String weights = weightsFile(files, directory);
      StateDict state =
          weights.equals(PICKLE)
              ? state(files.file(PICKLE).bytes(), directory.resolve(PICKLE).toString())
              : files.state("model");
      return of(
              architecture,
              config,
              state,
              directory.resolve(weights).toString(),
              tokenizer(directory),
              loading)
          .writingAs(directory);
    }
  }

  /** The model whose weights are in a file of any name, beside its config.json. */
  static <C, M extends TrainableModel> Pretrained<M> fromFile(
      Path file, Architecture<C, M> architecture, WeightLoading loading) throws IOException {
    Path config = file.resolveSibling(CONFIG);
    try (MappedFile weights = MappedFile.open(file)) {
      if (!Files.exists(config)) {
        throw new NoSuchFileException(
            config.toString(),
            null,
            "there is none beside the weights; put that of the model there");
      }
      Path directory = config.toAbsolutePath().resolveSibling("");
      return of(
              architecture,
              architecture.parse(json(config)),
              state(weights.bytes(), file.toString()),
              file.toString(),
              tokenizer(directory),
              loading)
          .writingAs(directory);
    }
  }

  /**
   * A model of these weights.
   *
   * @param source what the weights are from, for messages
   */
  static <C, M extends TrainableModel> Pretrained<M> of(
      Architecture<C, M> architecture,
      C config,
      StateDict weights,
      String source,
      Optional<Tokenizer> tokenizer,
      WeightLoading loading) {
    StateDict known = withoutIgnored(weights, architecture);
    M model = undrawn(architecture, config, known);
    LoadReport report =
        loading.synonyms(architecture::synonyms).load(known, model.module(), source);
    architecture.draw(model, Set.copyOf(report.untouched())::contains);
    return new Pretrained<>(model, tokenizer, report);
  }

  /** A config.json, as {@link TrainableModel#files} gives it. */
  static Map<String, FileContent> configFile(Json.Obj config) {
    return Map.of(CONFIG, jsonFile(config));
  }

  static FileContent jsonFile(Json.Obj json) {
    return FileContent.of(json.toIndentedText() + "\n");
  }

  private static StateDict withoutIgnored(StateDict weights, Architecture<?, ?> architecture) {
    StateDict.Builder rest = StateDict.builder();
    weights
        .entries()
        .forEach(
            (name, value) -> {
              if (!architecture.ignores(name)) {
                rest.put(name, value);
              }
            });
    return rest.build();
  }

  /** A model whose making leaves the default generator as it was. */
  private static <C, M extends TrainableModel> M undrawn(
      Architecture<C, M> architecture, C config, StateDict weights) {
    try (Generator generator = torch.getDefaultCPUGenerator();
        Tensor before = generator.get_state()) {
      M model = architecture.make(config, weights);
      generator.set_state(before);
      return model;
    }
  }

  private static String weightsFile(Checkpoint files, Path directory) throws IOException {
    for (String name : List.of(ModelDirectory.WEIGHTS, ModelDirectory.INDEX, PICKLE)) {
      if (files.files().contains(name)) {
        return name;
      }
    }
    throw new NoSuchFileException(
        directory.toString(),
        null,
        "has neither %s nor %s nor %s; there are %s"
            .formatted(ModelDirectory.WEIGHTS, ModelDirectory.INDEX, PICKLE, files.files()));
  }

  private static StateDict state(MemorySegment bytes, String source) throws IOException {
    return switch (Format.detect(bytes).orElse(Format.SAFETENSORS)) {
      case PYTORCH_ZIP, PYTORCH_LEGACY, PICKLE -> {
        if (PyTorch.read(bytes, source) instanceof StateDict state) {
          yield state;
        }
        throw new CorruptFileException(
            source + ": not a dict with string keys, so not the weights of a model");
      }
      // A file that is neither is refused by the reader, which says what it is instead.
      default -> SafeTensors.parse(bytes, source).stateDict();
    };
  }

  static Json.Obj json(Path file) throws IOException {
    try (MappedFile text = MappedFile.open(file)) {
      if (Json.parsePython(text.bytes(), file.toString()) instanceof Json.Obj object) {
        return object;
      }
      throw new CorruptFileException(file + " is not a JSON object.");
    }
  }

  private static Optional<Tokenizer> tokenizer(Path directory) throws IOException {
    boolean there =
        Files.exists(directory.resolve("tokenizer.json"))
            || Files.exists(directory.resolve("vocab.txt"));
    return there ? Optional.of(Tokenizer.fromDirectory(directory)) : Optional.empty();
  }

  private Pretrained<M> writingAs(Path directory) throws IOException {
    Path file = directory.resolve(GenerationDefaults.FILE);
    return Files.exists(file)
        ? new Pretrained<>(model, tokenizer, report, Optional.of(json(file)))
        : this;
  }

  /** config.json, the files of the tokenizer, and how the model writes. */
  @Override
  public Map<String, FileContent> files() {
    Map<String, FileContent> files = new LinkedHashMap<>(model.files());
    tokenizer.ifPresent(present -> files.putAll(present.files()));
    generationConfig.ifPresent(present -> files.put(GenerationDefaults.FILE, jsonFile(present)));
    return files;
  }

  /** As {@link #save(Path, long)}, in shards of at most {@link Sharding#DEFAULT_MAX_SHARD_SIZE}. */
  public void save(Path directory) throws IOException {
    save(directory, Sharding.DEFAULT_MAX_SHARD_SIZE);
  }

  /**
   * Writes the directory that {@code from_pretrained} opens in Python and {@code fromDirectory}
   * here, as {@code save_pretrained} does: model.safetensors, or shards with their index;
   * config.json, the files of the tokenizer, and generation_config.json if there was one. Files of
   * these names are replaced, each as a whole, and weights of an earlier save are removed: also a
   * model.safetensors where there are now shards, which Python leaves and then loads. Other files
   * are left. It is durable when this returns.
   *
   * @param maxShardSize what the tensors of a shard take at most, in bytes; {@link Sharding#bytes}
   *     reads texts such as {@code 200MB}
   * @throws IllegalArgumentException if {@code maxShardSize} is not positive
   * @throws IOException if a file cannot be written; then the directory holds the weights it held,
   *     the new ones, or none
   */
  public void save(Path directory, long maxShardSize) throws IOException {
    ModuleState state = ModuleState.of(model.module());
    Sharding sharding =
        Sharding.DEFAULT.withMaxShardSize(maxShardSize).withParameters(state.parameterCount());
    Map<String, FileContent> files =
        new LinkedHashMap<>(TrainerLayout.files(TrainerLayout.MODEL, state.stateDict(), sharding));
    files.putAll(files());
    Files.createDirectories(directory);
    new ModelDirectory(directory).save(files);
  }
}
