package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.PyTorch;
import io.github.checkpoint4j.format.SafeTensors;
import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.torch.ModuleState;
import io.github.checkpoint4j.torch.TrainingParts;
import java.util.Map;

/** The formats for any torch module. */
public enum TorchFormat implements ModelFormat {
  /** The weights under their names in the module. */
  SAFETENSORS(".safetensors") {
    @Override
    public boolean holdsWholeModel() {
      return false;
    }

    @Override
    public FileContent content(TrainingParts training, boolean weightsOnly) {
      return SafeTensors.write(weights(training), Map.of("format", "pt"));
    }
  },
  /**
   * A file of {@code torch.save}: the weights alone are the module's {@code state_dict()}; the
   * whole is a dict of {@code model_state_dict}, {@code optimizer_state_dict} and {@code
   * lr_scheduler_state_dict}.
   */
  PYTORCH(".pt") {
    @Override
    public boolean holdsWholeModel() {
      return true;
    }

    @Override
    public FileContent content(TrainingParts training, boolean weightsOnly) {
      StateDict weights = weights(training);
      StateDict saved =
          weightsOnly
              ? weights
              : StateDict.builder()
                  .put("model_state_dict", weights)
                  .put("optimizer_state_dict", training.optimizer().stateDict())
                  .put("lr_scheduler_state_dict", training.scheduler().stateDict())
                  .build();
      return PyTorch.write(saved, "archive");
    }
  };

  private final String suffix;

  TorchFormat(String suffix) {
    this.suffix = suffix;
  }

  @Override
  public String suffix() {
    return suffix;
  }

  @Override
  public boolean holdsWeightsOnly() {
    return true;
  }

  private static StateDict weights(TrainingParts training) {
    return ModuleState.of(training.model().module()).stateDict();
  }
}
