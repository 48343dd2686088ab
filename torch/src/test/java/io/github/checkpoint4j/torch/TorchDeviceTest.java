package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.state.StateDict;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Devices by name. Where another one is needed, libtorch's meta stands in, which computes nothing.
 */
class TorchDeviceTest {
  @Test
  void there_are_the_cpu_and_the_first_gpu() {
    assertThat(TorchDevice.parse("cpu")).isEqualTo(TorchDevice.cpu()).hasToString("cpu");
    assertThat(TorchDevice.parse("cuda").gpu()).hasValue(0);
    assertThat(TorchDevice.parse("cuda")).hasToString("cuda:0");
  }

  @Property
  void a_gpu_is_known_by_its_index(@ForAll @IntRange(max = 99) int index) {
    TorchDevice device = TorchDevice.parse("cuda:" + index);

    assertThat(device).isEqualTo(new TorchDevice(OptionalInt.of(index)));
    assertThat(TorchDevice.parse(device.toString())).isEqualTo(device);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "gpu", "CPU", "cuda:", "cuda:-1", "cuda:01", "cuda:1000", "cuda:0 "})
  void another_name_is_refused(String name) {
    assertThatThrownBy(() -> TorchDevice.parse(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "device '%s'; expected cpu, cuda, or cuda:N with the index of a GPU from 0"
                .formatted(name));
  }

  @Test
  void an_index_that_libtorch_has_not_is_refused() {
    assertThatThrownBy(() -> new TorchDevice(OptionalInt.of(128)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("GPU 128; there are indices from 0 to 127");
  }

  @Test
  void what_is_not_there_says_what_to_do() {
    TorchDevice third = TorchDevice.parse("cuda:2");

    assertThatThrownBy(() -> third.requireAmong(false, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "device cuda:2: the libtorch on the class path is built without CUDA; put org.bytedeco's"
                + " pytorch-platform-gpu and cuda-platform-redist there, or take device cpu");
    assertThatThrownBy(() -> third.requireAmong(true, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "device cuda:2: CUDA finds no GPU; look at nvidia-smi and CUDA_VISIBLE_DEVICES, or take"
                + " device cpu");
    assertThatThrownBy(() -> third.requireAmong(true, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("device cuda:2: CUDA finds 2, of which the last is cuda:1; take one of them");
    third.requireAmong(true, 3);
    TorchDevice.cpu().requireAmong(false, 0);
    TorchDevice.cpu().requireAvailable();
  }

  @Test
  void a_trainer_is_not_built_for_a_gpu_that_is_not_there() {
    Assumptions.assumeFalse(Context.hasCUDART());

    assertThatThrownBy(
            () ->
                Trainer.<Classifier.Example>builder()
                    .model(new Classifier(0.1, false))
                    .device(TorchDevice.parse("cuda"))
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("device cuda:0: the libtorch on the class path is built without");
  }

  @Test
  void on_the_cpu_nothing_is_moved_and_nothing_copied() {
    try (var _ = new PointerScope()) {
      var model = new Classifier(0.1, true);
      ModuleState weights = ModuleState.of(model.module());
      Map<String, Long> addresses = addresses(weights);
      Batch batch = Classifier.collate(Classifier.examples(3, 1));

      TorchDevice.cpu().move(model.module());

      assertThat(weights.device()).isEqualTo(TorchDevice.cpu());
      assertThat(addresses(ModuleState.of(model.module()))).isEqualTo(addresses);
      assertThat(TorchDevice.cpu().move(batch)).isSameAs(batch);
      assertThat(TorchDevice.cpu().generator()).isEmpty();
      weights
          .stateDict()
          .entries()
          .forEach(
              (name, tensor) ->
                  assertThat(((io.github.checkpoint4j.state.Tensor) tensor).bytes().address())
                      .as(name)
                      .isEqualTo(addresses.get(name)));
    }
  }

  private static Map<String, Long> addresses(ModuleState weights) {
    Map<String, Long> addresses = new LinkedHashMap<>();
    weights.entries().forEach((name, tensor) -> addresses.put(name, tensor.data_ptr().address()));
    return addresses;
  }

  @Test
  void all_tensors_of_a_batch_are_moved_and_those_before_closed() {
    try (Device meta = new Device("meta")) {
      Batch batch = Classifier.collate(Classifier.examples(3, 1));
      Tensor before = batch.get("x");

      try (Batch moved = batch.to(meta)) {
        assertThat(moved.names()).containsExactlyInAnyOrder("x", "labels");
        assertThat(moved.size()).isEqualTo(3);
        for (String name : moved.names()) {
          assertThat(moved.get(name).is_meta()).as(name).isTrue();
        }
        assertThat(moved.get("x").shape()).containsExactly(3, 4);
        assertThat(before.isNull()).isTrue();
      }
    }
  }

  @Test
  void the_state_of_an_optimizer_is_loaded_to_where_the_parameters_are() {
    try (var _ = new PointerScope();
        Device meta = new Device("meta")) {
      Tensor here = torch.ones(2, 3).requires_grad_(true);
      here.mutable_grad().put(torch.ones(2, 3));
      AdamW optimizer = AdamW.builder().over(Map.of("weight", here));
      optimizer.step();
      Tensor there = here.detach().to(meta, ScalarType.Float).requires_grad_(true);
      AdamW moved = AdamW.builder().over(Map.of("weight", there));

      moved.loadStateDict(optimizer.stateDict());

      assertThat(moved.state("weight")).containsOnlyKeys("step", "exp_avg", "exp_avg_sq");
      moved.state("weight").forEach((key, tensor) -> assertThat(tensor.is_meta()).as(key).isTrue());
    }
  }

  @Test
  void the_state_of_an_optimizer_begins_where_the_parameters_are() {
    try (var _ = new PointerScope();
        Device meta = new Device("meta")) {
      Tensor there = torch.ones(2, 3).to(meta, ScalarType.Float).requires_grad_(true);
      there.mutable_grad().put(torch.ones_like(there));
      Map<String, Tensor> parameters = Map.of("weight", there);
      Sgd sgd = Sgd.builder().momentum(0.9).over(parameters);
      AdamW adamW = AdamW.builder().over(parameters);

      sgd.step();
      // There is no fused kernel that computes nothing.
      assertThatThrownBy(adamW::step).hasMessageContaining("_fused_adamw_");

      for (Optimizer optimizer : List.of(sgd, adamW)) {
        assertThat(optimizer.state("weight")).isNotEmpty();
        optimizer
            .state("weight")
            .forEach((key, tensor) -> assertThat(tensor.is_meta()).as(key).isTrue());
      }
    }
  }

  @Test
  void averages_that_are_where_the_module_is_stay_as_they_are() {
    try (var _ = new PointerScope()) {
      var model = new Classifier(0.1, true);
      var averages = AveragedWeights.exponential(model.module(), 0.9);
      averages.update();
      StateDict before = HeapCopy.of(averages.stateDict());
      long address = averages.stateDict().tensor("module.hidden.weight").bytes().address();

      averages.follow();

      StateDict after = averages.stateDict();
      assertThat(after.tensor("module.hidden.weight").bytes().address()).isEqualTo(address);
      for (String name : before.names()) {
        assertThat(after.tensor(name).hasSameBytes(before.tensor(name))).as(name).isTrue();
      }
    }
  }
}
