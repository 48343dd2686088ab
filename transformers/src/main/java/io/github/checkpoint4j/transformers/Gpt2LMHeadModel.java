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
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * GPT-2 that predicts the next token.
 *
 * <p>Parameters, their names and order, the arithmetic and the order in which random numbers are
 * drawn are those of {@code GPT2LMHeadModel} in transformers 5 with its default attention, sdpa:
 * the same weights and batch give the same logits within float noise, and in training mode the same
 * state of libtorch's default generator drops the same elements.
 */
public final class Gpt2LMHeadModel extends Module implements TrainableModel {
  private final Gpt2Config config;
  private final Gpt2Model transformer;
  private final LanguageModelHead lmHead;

  /**
   * A model with random weights, in training mode. It draws from libtorch's default generator just
   * what {@code GPT2LMHeadModel(config)} draws in Python.
   */
  public Gpt2LMHeadModel(Gpt2Config config) {
    this(config, config.tieWordEmbeddings(), true);
  }

  /**
   * A model.
   *
   * @param tied whether the head's weight is that of the word embeddings
   * @param initialized false if the weights are about to be loaded: then they are what the layers
   *     are made with, which no GPT-2 starts from
   */
  Gpt2LMHeadModel(Gpt2Config config, boolean tied, boolean initialized) {
    this.config = config;
    transformer = register_module("transformer", new Gpt2Model(config));
    if (initialized) {
      // Python's GPT2Model draws its weights before the head is made.
      Gpt2InitialWeights.draw(transformer, config, name -> true);
    }
    // Python makes and draws a weight of its own, and then gives it up if the head is tied.
    LinearImpl own = Layers.linear(config.nEmbd(), config.vocabSize());
    if (initialized) {
      Gpt2InitialWeights.draw(own, config, name -> true);
    }
    lmHead =
        register_module(
            "lm_head",
            new LanguageModelHead(
                tied ? transformer.wordEmbeddings() : own.weight(), Optional.empty()));
  }

  /**
   * The model in a Hugging Face directory, loaded by {@link WeightLoading#lenient}.
   *
   * @see #fromDirectory(Path, WeightLoading)
   */
  public static Pretrained<Gpt2LMHeadModel> fromDirectory(Path directory) throws IOException {
    return fromDirectory(directory, WeightLoading.lenient());
  }

  /**
   * The model in a Hugging Face directory: config.json, weights in model.safetensors, in shards
   * with their index, or in pytorch_model.bin, and the tokenizer if there is one. The names in the
   * file may be those of a GPT-2 without a head, as OpenAI's are. A head whose weight differs there
   * from the word embeddings is not tied, whatever config.json says.
   *
   * @throws NoSuchFileException if config.json or the weights are missing
   * @throws CorruptFileException if a file is damaged
   * @throws io.github.checkpoint4j.format.UnsupportedFeatureException if it is another model, or
   *     pytorch_model.bin holds more than plain tensors
   * @throws StateMismatchException if the weights are not those of the model in config.json
   * @throws IOException if a file cannot be read
   */
  public static Pretrained<Gpt2LMHeadModel> fromDirectory(Path directory, WeightLoading loading)
      throws IOException {
    return Pretrained.fromDirectory(directory, new Gpt2Architecture(), loading);
  }

  /** As {@link #fromDirectory(Path, WeightLoading)}, from a file with config.json beside it. */
  public static Pretrained<Gpt2LMHeadModel> fromFile(Path file, WeightLoading loading)
      throws IOException {
    return Pretrained.fromFile(file, new Gpt2Architecture(), loading);
  }

  public Gpt2Config config() {
    return config;
  }

  @Override
  public Module module() {
    return this;
  }

  /**
   * The logits, [batch, length, vocabulary], and the loss if there are labels: the mean over the
   * tokens after the first of each row, each predicted from those before it.
   *
   * <p>Without a mask, a row whose {@code position_ids} begin anew holds several sequences, which
   * do not see each other: so it is in the Trainer of transformers. The Trainer, there in 5.23 and
   * here, makes a loss of it that is smaller: it divides the sum by the number of all labels, the
   * first of each row among them.
   *
   * @param batch as in {@link #forward(Batch, KeyValueCache)}; and if there {@code labels}, int64
   *     [batch, length]: the tokens themselves, or -100 for those that do not count
   * @throws IllegalArgumentException as there, or if labels and tokens differ in shape
   */
  @Override
  public ModelOutput forward(Batch batch) {
    return forward(batch, Recomputation.none());
  }

  /** As {@link #forward(Batch)}; each layer is a segment. */
  @Override
  public ModelOutput forward(Batch batch, Recomputation recomputation) {
    Tensor logits = lmHead.forward(transformer.forward(batch, Optional.empty(), recomputation));
    return new ModelOutput(
        batch.find("labels").map(labels -> TokenLoss.ofNext(logits, labels)), logits);
  }

  @Override
  public boolean predictsNextToken() {
    return true;
  }

  /**
   * The logits of new tokens, [batch, length, vocabulary].
   *
   * @param batch {@code input_ids}, int64 [batch, length]: the new tokens; and if there {@code
   *     attention_mask}, [batch, tokens before and new], 0 for padding; {@code position_ids},
   *     [batch, length], without which the new tokens follow those before; {@code token_type_ids},
   *     tokens whose word embeddings are added
   * @param cache the tokens before, to which the new ones are added
   * @throws IllegalArgumentException if the batch has no {@code input_ids}, the mask another
   *     length, or there are more tokens than the model has positions
   */
  public Tensor forward(Batch batch, KeyValueCache cache) {
    return lmHead.forward(transformer.forward(batch, Optional.of(cache), Recomputation.none()));
  }

  @Override
  public boolean supportsGradientCheckpointing() {
    return true;
  }

  /** config.json. */
  @Override
  public Map<String, FileContent> files() {
    return Pretrained.configFile(config.toJson());
  }
}
