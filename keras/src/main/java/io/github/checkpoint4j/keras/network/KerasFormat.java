package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import io.github.checkpoint4j.keras.Keras;
import io.github.checkpoint4j.keras.KerasLayout;
import io.github.checkpoint4j.keras.KerasModel;
import io.github.checkpoint4j.keras.callbacks.ModelFormat;
import io.github.checkpoint4j.keras.layers.ModelMapping;
import io.github.checkpoint4j.keras.layers.OptimizerState;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.TrainingParts;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;

/**
 * A file of Keras's for {@code ModelCheckpoint}: the model that a {@link KerasNetwork} was made of,
 * with the weights and, if the model was compiled and trained in Keras and a {@link KerasOptimizer}
 * trains it now, with the optimizer's state.
 *
 * <pre>{@code
 * KerasModel model = Keras.read(bytes, "model.keras");
 * var builder = ModelCheckpoint.to("models/{epoch:02d}.keras");
 * KerasFormat.all(model, "model.keras", 0).forEach(builder::format);
 * }</pre>
 *
 * @see <a
 *     href="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/callbacks/model_checkpoint.py">keras/src/callbacks/model_checkpoint.py</a>
 */
public final class KerasFormat implements ModelFormat {
  private final String suffix;
  private final KerasLayout layout;
  private final ModelMapping mapping;
  private final boolean hasOptimizer;
  private final long stepsBefore;
  private final InstantSource clock;

  private KerasFormat(
      String suffix,
      KerasLayout layout,
      ModelMapping mapping,
      boolean hasOptimizer,
      long stepsBefore,
      InstantSource clock) {
    this.suffix = suffix;
    this.layout = layout;
    this.mapping = mapping;
    this.hasOptimizer = hasOptimizer;
    this.stepsBefore = stepsBefore;
    this.clock = clock;
  }

  /** As {@link #all(KerasModel, String, long, InstantSource)}, with the system's clock. */
  public static List<KerasFormat> all(KerasModel model, String source, long stepsBefore)
      throws CorruptFileException, UnsupportedFeatureException {
    return all(model, source, stepsBefore, InstantSource.system());
  }

  /**
   * The formats that the model can be saved in: {@code .keras}, the whole model, and {@code
   * .weights.h5}, its weights; of a model from a legacy file {@code .h5}, whole.
   *
   * @param model what the network was made of, with its configuration
   * @param source the file it is of, for messages
   * @param stepsBefore the steps that the optimizer had made in Keras, if its state was {@linkplain
   *     KerasOptimizer#takeOn taken on}; 0 otherwise
   * @param clock for the time that an archive tells
   * @throws CorruptFileException if its configuration is not one
   * @throws UnsupportedFeatureException if it has no configuration, or a layer or the optimizer is
   *     not supported
   */
  public static List<KerasFormat> all(
      KerasModel model, String source, long stepsBefore, InstantSource clock)
      throws CorruptFileException, UnsupportedFeatureException {
    ModelMapping mapping = ModelMapping.of(model, source);
    boolean optimizer = mapping.optimizerState().isPresent();
    if (model.layout().isLegacy()) {
      return List.of(
          new KerasFormat(".h5", KerasLayout.LEGACY_MODEL, mapping, optimizer, stepsBefore, clock));
    }
    return List.of(
        new KerasFormat(".keras", KerasLayout.ARCHIVE, mapping, optimizer, stepsBefore, clock),
        new KerasFormat(
            ".weights.h5", KerasLayout.WEIGHTS, mapping, optimizer, stepsBefore, clock));
  }

  @Override
  public String suffix() {
    return suffix;
  }

  @Override
  public boolean holdsWeightsOnly() {
    return layout == KerasLayout.WEIGHTS;
  }

  @Override
  public boolean holdsWholeModel() {
    return layout != KerasLayout.WEIGHTS;
  }

  /**
   * {@inheritDoc}
   *
   * @throws io.github.checkpoint4j.state.StateMismatchException if the weights or the optimizer's
   *     state are not those of the model
   */
  @Override
  public FileContent content(TrainingParts training, boolean weightsOnly) {
    Optional<OptimizerState> state =
        hasOptimizer && training.optimizer() instanceof KerasOptimizer optimizer
            ? Optional.of(optimizer.state(stepsBefore + training.scheduler().steps()))
            : Optional.empty();
    KerasModel saved = mapping.with(ModuleState.of(training.model().module()).stateDict(), state);
    LocalDateTime now = LocalDateTime.ofInstant(clock.instant(), ZoneId.systemDefault());
    return Keras.write(saved.withLayout(layout).withDateSaved(KerasModel.dateSaved(now)));
  }
}
