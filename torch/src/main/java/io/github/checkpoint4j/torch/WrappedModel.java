package io.github.checkpoint4j.torch;

import io.github.checkpoint4j.format.FileContent;
import java.util.Map;
import org.bytedeco.pytorch.Module;

/** A model that is another one but for what it says itself: the other's files, for instance. */
public interface WrappedModel extends TrainableModel {
  /** The other model; the same one each time. */
  TrainableModel model();

  @Override
  default Module module() {
    return model().module();
  }

  @Override
  default ModelOutput forward(Batch batch) {
    return model().forward(batch);
  }

  @Override
  default boolean predictsNextToken() {
    return model().predictsNextToken();
  }

  @Override
  default ModelOutput forward(Batch batch, Recomputation recomputation) {
    return model().forward(batch, recomputation);
  }

  @Override
  default boolean supportsGradientCheckpointing() {
    return model().supportsGradientCheckpointing();
  }

  @Override
  default Map<String, FileContent> files() {
    return model().files();
  }
}
