package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** Applies a trained classifier to texts. */
public final class TextClassifier {
  private final BertForSequenceClassification model;
  private final Tokenizer tokenizer;
  private final int maxLength;
  private final int batchSize;

  /**
   * A classifier.
   *
   * @param maxLength the most tokens of a text, special tokens counted; the rest is cut off
   * @param batchSize the texts given to the model at once
   * @throws IllegalArgumentException if a length leaves no room for a token, or is more than the
   *     model has positions, or the batch size is below 1
   */
  public TextClassifier(
      BertForSequenceClassification model, Tokenizer tokenizer, int maxLength, int batchSize) {
    Tokenizer.requireMaxLength(maxLength);
    long positions = model.config().maxPositionEmbeddings();
    if (maxLength > positions) {
      throw new IllegalArgumentException(
          "a length of " + maxLength + " tokens; the model has " + positions + " positions");
    }
    if (batchSize < 1) {
      throw new IllegalArgumentException("a batch size of " + batchSize + "; 1 is the least");
    }
    this.model = model;
    this.tokenizer = tokenizer;
    this.maxLength = maxLength;
    this.batchSize = batchSize;
  }

  /**
   * A prediction for each text, in order. The model is in evaluation mode meanwhile, and in the
   * mode it was in afterwards.
   */
  public List<Prediction> predict(List<String> texts) {
    boolean training = model.is_training();
    model.eval();
    try (var _ = new NoGradGuard()) {
      List<Prediction> predictions = new ArrayList<>(texts.size());
      for (int start = 0; start < texts.size(); start += batchSize) {
        int end = Math.min(texts.size(), start + batchSize);
        predictions.addAll(batch(texts.subList(start, end)));
      }
      return predictions;
    } finally {
      model.train(training);
    }
  }

  private List<Prediction> batch(List<String> texts) {
    List<Encoding> encodings =
        texts.stream().map(text -> tokenizer.encode(text, maxLength)).toList();
    try (var _ = new PointerScope();
        Batch batch = Batch.of(PaddedTexts.tensors(encodings, tokenizer.padId()))) {
      float[] scores = NativeTensors.view(scores(model.forward(batch).logits())).toFloats();
      int width = model.config().numLabels();
      List<Prediction> predictions = new ArrayList<>(texts.size());
      for (int row = 0; row < texts.size(); row++) {
        predictions.add(prediction(scores, row * width));
      }
      return predictions;
    }
  }

  /** As transformers' text-classification pipeline chooses it. */
  private Tensor scores(Tensor logits) {
    Optional<ProblemType> type = model.config().problemType();
    if (type.equals(Optional.of(ProblemType.REGRESSION))) {
      return logits;
    }
    if (type.equals(Optional.of(ProblemType.MULTI_LABEL_CLASSIFICATION))
        || model.config().numLabels() == 1) {
      return logits.sigmoid();
    }
    return logits.softmax(-1);
  }

  private Prediction prediction(float[] scores, int start) {
    List<String> labels = model.config().labels();
    Map<String, Double> byLabel = new LinkedHashMap<>();
    int best = 0;
    for (int i = 0; i < labels.size(); i++) {
      byLabel.put(labels.get(i), (double) scores[start + i]);
      if (scores[start + i] > scores[start + best]) {
        best = i;
      }
    }
    return new Prediction(labels.get(best), scores[start + best], byLabel);
  }
}
