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
import java.util.OptionalLong;
import org.bytedeco.pytorch.EmbeddingImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * T5: an encoder, and a decoder that predicts one text from another.
 *
 * <p>Parameters, their names and order, the arithmetic and the order in which random numbers are
 * drawn are those of {@code T5ForConditionalGeneration} in transformers 5 with its default
 * attention, sdpa: the same weights and batch give the same logits within float noise, and in
 * training mode the same state of libtorch's default generator drops the same elements.
 */
public final class T5ForConditionalGeneration extends Module implements TrainableModel {
  private final T5Config config;
  private final EmbeddingImpl shared;
  private final T5Stack encoder;
  private final T5Stack decoder;
  private final LanguageModelHead lmHead;

  /**
   * A model with random weights, in training mode. It draws from libtorch's default generator just
   * what {@code T5ForConditionalGeneration(config)} draws in Python.
   */
  public T5ForConditionalGeneration(T5Config config) {
    this(config, true, true);
  }

  /**
   * A model.
   *
   * @param tied whether the head's weight is that of the word embeddings
   * @param initialized false if the weights are about to be loaded: then they are what the layers
   *     are made with, which no T5 starts from
   */
  T5ForConditionalGeneration(T5Config config, boolean tied, boolean initialized) {
    this.config = config;
    shared =
        register_module(
            "shared", Layers.embedding(config.vocabSize(), config.dModel(), OptionalLong.empty()));
    encoder = register_module("encoder", new T5Stack(config, shared, false, initialized));
    decoder = register_module("decoder", new T5Stack(config, shared, true, initialized));
    LinearImpl own = Layers.linear(config.dModel(), config.vocabSize());
    if (initialized) {
      // Python draws the head's own weight also if it is then given up, and the embeddings twice.
      try (var _ = new NoGradGuard()) {
        for (Tensor weight : new Tensor[] {shared.weight(), own.weight(), shared.weight()}) {
          InitialWeights.drawNormal(weight, config.initializerFactor());
        }
      }
    }
    lmHead =
        register_module(
            "lm_head",
            new LanguageModelHead(tied ? shared.weight() : own.weight(), Optional.empty()));
  }

  /**
   * The model in a Hugging Face directory, loaded by {@link WeightLoading#lenient}.
   *
   * @see #fromDirectory(Path, WeightLoading)
   */
  public static Pretrained<T5ForConditionalGeneration> fromDirectory(Path directory)
      throws IOException {
    return fromDirectory(directory, WeightLoading.lenient());
  }

  /**
   * The model in a Hugging Face directory: config.json, weights in model.safetensors, in shards
   * with their index, or in pytorch_model.bin, and the tokenizer if there is one. A head whose
   * weight differs there from the word embeddings, as in T5 1.1, is not tied.
   *
   * @throws NoSuchFileException if config.json or the weights are missing
   * @throws CorruptFileException if a file is damaged
   * @throws io.github.checkpoint4j.format.UnsupportedFeatureException if it is another model, or
   *     pytorch_model.bin holds more than plain tensors
   * @throws StateMismatchException if the weights are not those of the model in config.json
   * @throws IOException if a file cannot be read
   */
  public static Pretrained<T5ForConditionalGeneration> fromDirectory(
      Path directory, WeightLoading loading) throws IOException {
    return Pretrained.fromDirectory(directory, new T5Architecture(), loading);
  }

  /** As {@link #fromDirectory(Path, WeightLoading)}, from a file with config.json beside it. */
  public static Pretrained<T5ForConditionalGeneration> fromFile(Path file, WeightLoading loading)
      throws IOException {
    return Pretrained.fromFile(file, new T5Architecture(), loading);
  }

  public T5Config config() {
    return config;
  }

  @Override
  public Module module() {
    return this;
  }

  /**
   * The logits, [batch, length, vocabulary], and the loss if there are labels: the mean over the
   * labels that are not -100.
   *
   * @param batch {@code input_ids}, int64 [batch, source length], the encoder's tokens; {@code
   *     decoder_input_ids}, [batch, length], or {@code labels} alike, -100 for those that do not
   *     count: without the former the decoder is given the labels, each one place later; and if
   *     there {@code attention_mask} and {@code decoder_attention_mask}, 0 for padding
   * @throws IllegalArgumentException if the batch lacks what is needed, a tensor is of another
   *     shape, or the decoder has no token to start with
   */
  @Override
  public ModelOutput forward(Batch batch) {
    return forward(batch, Recomputation.none());
  }

  /** As {@link #forward(Batch)}; each block of the encoder and of the decoder is a segment. */
  @Override
  public ModelOutput forward(Batch batch, Recomputation recomputation) {
    Tensor given =
        !batch.contains("decoder_input_ids") && batch.contains("labels")
            ? shiftedRight(TokenRows.of(batch, "labels"))
            : TokenRows.of(batch, "decoder_input_ids");
    Tensor logits =
        decode(given, encode(batch, recomputation), batch, Optional.empty(), recomputation);
    return new ModelOutput(
        batch.find("labels").map(labels -> TokenLoss.inPlace(logits, labels)), logits);
  }

  /**
   * The encoder's hidden states, [batch, source length, hidden].
   *
   * @param batch {@code input_ids} and if there {@code attention_mask}, as for {@link
   *     #forward(Batch)}
   */
  public Tensor encode(Batch batch) {
    return encode(batch, Recomputation.none());
  }

  private Tensor encode(Batch batch, Recomputation recomputation) {
    return encoder.forward(
        TokenRows.of(batch, "input_ids"),
        batch.find("attention_mask"),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        recomputation);
  }

  /**
   * The logits of new tokens of the decoder, [batch, length, vocabulary].
   *
   * @param encoded what {@link #encode} made
   * @param batch {@code decoder_input_ids}, int64 [batch, length]: the new tokens; and if there
   *     {@code attention_mask}, that of the encoder, and {@code decoder_attention_mask}, [batch,
   *     tokens before and new]
   * @param cache the decoder's tokens before, to which the new ones are added
   * @throws IllegalArgumentException as {@link #forward(Batch)}
   */
  public Tensor forward(Tensor encoded, Batch batch, EncoderDecoderCache cache) {
    Tensor ids = TokenRows.of(batch, "decoder_input_ids");
    return decode(ids, encoded, batch, Optional.of(cache), Recomputation.none());
  }

  private Tensor decode(
      Tensor ids,
      Tensor encoded,
      Batch batch,
      Optional<EncoderDecoderCache> cache,
      Recomputation recomputation) {
    Tensor hidden =
        decoder.forward(
            ids,
            batch.find("decoder_attention_mask"),
            Optional.of(encoded),
            batch.find("attention_mask"),
            cache,
            recomputation);
    return lmHead.forward(
        config.scaleDecoderOutputs()
            ? hidden.mul(new Scalar(Math.pow((double) config.dModel(), -0.5)))
            : hidden);
  }

  /** The token to start with, then all labels but the last; padding for those that do not count. */
  private Tensor shiftedRight(Tensor labels) {
    long start = config.decoderStartTokenId().orElseThrow(() -> missing("decoder_start_token_id"));
    long padding = config.padTokenId().orElseThrow(() -> missing("pad_token_id"));
    Tensor before = labels.narrow(1, 0, labels.size(1) - 1);
    Tensor shifted = torch.constant_pad_nd(before, new long[] {1, 0}, new Scalar(start));
    return shifted.masked_fill(shifted.eq(new Scalar(TokenLoss.IGNORED)), new Scalar(padding));
  }

  private static IllegalArgumentException missing(String member) {
    return new IllegalArgumentException(
        "labels make no decoder_input_ids: the configuration has no "
            + member
            + "; set it, or put decoder_input_ids into the batch");
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
