package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.ModelOutput;
import io.github.checkpoint4j.torch.Recomputation;
import io.github.checkpoint4j.torch.TrainableModel;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.DropoutImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * BERT with a linear classifier over the pooled output.
 *
 * <p>Parameters, their names and order, the arithmetic and the order in which random numbers are
 * drawn are those of {@code BertForSequenceClassification} in transformers 5 with its default
 * attention, sdpa: the same weights and batch give the same logits within float noise, and in
 * training mode the same state of libtorch's default generator drops the same elements.
 */
public final class BertForSequenceClassification extends Module implements TrainableModel {
  private final BertConfig config;
  private final BertModel bert;
  private final DropoutImpl dropout;
  private final Linear classifier;

  /**
   * A model with random weights, in training mode. It draws from libtorch's default generator just
   * what {@code BertForSequenceClassification(config)} draws in Python.
   */
  public BertForSequenceClassification(BertConfig config) {
    this(config, true);
  }

  /**
   * A model.
   *
   * @param initialized false if the weights are about to be loaded: then they are libtorch's, which
   *     no BERT starts from
   */
  BertForSequenceClassification(BertConfig config, boolean initialized) {
    this.config = config;
    bert = register_module("bert", new BertModel(config, true));
    if (initialized) {
      // Python's BertModel draws its weights before the layers of the head are made.
      InitialWeights.draw(bert, config, name -> true);
    }
    dropout =
        register_module(
            "dropout",
            new DropoutImpl(config.classifierDropout().orElse(config.hiddenDropoutProb())));
    classifier = register_module("classifier", new Linear(config.hiddenSize(), config.numLabels()));
    if (initialized) {
      InitialWeights.draw(classifier, config, name -> true);
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
   * The logits, [batch, labels], and the loss if there are labels.
   *
   * @param batch {@code input_ids}, [batch, length]; and if there {@code attention_mask} (0 for
   *     padding), {@code token_type_ids}, both alike, and {@code labels}: int64 [batch] for
   *     classification, floats [batch] or [batch, labels] for regression, [batch, labels] for
   *     multi-label classification
   * @throws IllegalArgumentException if the batch has no {@code input_ids}, or more tokens in a row
   *     than the model has positions
   */
  @Override
  public ModelOutput forward(Batch batch) {
    return forward(batch, Recomputation.none());
  }

  /** As {@link #forward(Batch)}; each layer is a segment. */
  @Override
  public ModelOutput forward(Batch batch, Recomputation recomputation) {
    Tensor logits = classifier.forward(dropout.forward(bert.pooled(batch, recomputation)));
    if (!batch.contains("labels")) {
      return new ModelOutput(Optional.empty(), logits);
    }
    Tensor labels = batch.get("labels");
    return new ModelOutput(Optional.of(problemType(labels).loss(logits, labels)), logits);
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

  /** The configured one, or else what transformers infers from the labels. */
  private ProblemType problemType(Tensor labels) {
    if (config.problemType().isPresent()) {
      return config.problemType().get();
    }
    if (config.numLabels() == 1) {
      return ProblemType.REGRESSION;
    }
    ScalarType type = labels.scalar_type().intern();
    return type == ScalarType.Long || type == ScalarType.Int
        ? ProblemType.SINGLE_LABEL_CLASSIFICATION
        : ProblemType.MULTI_LABEL_CLASSIFICATION;
  }
}
