package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class BatchTest {

  @Test
  void its_size_is_the_first_dimension() {
    try (Batch batch = Batch.of(Map.of("input_ids", torch.zeros(4, 7)))) {
      assertThat(batch.size()).isEqualTo(4);
      assertThat(batch.contains("input_ids")).isTrue();
      assertThat(batch.contains("labels")).isFalse();
      assertThat(batch.find("input_ids")).containsSame(batch.get("input_ids"));
      assertThat(batch.find("labels")).isEmpty();
      assertThat(batch.names()).containsExactly("input_ids");
    }
  }

  @Test
  void it_outlives_the_scope_it_was_made_in() {
    Batch batch;
    try (var _ = new PointerScope()) {
      batch = Batch.of(Map.of("x", torch.ones(2)));
    }
    assertThat(NativeTensors.view(batch.get("x")).toFloats()).containsExactly(1, 1);
    batch.close();
  }

  @Test
  void a_name_that_is_not_there_is_refused_with_the_names_that_are() {
    try (Batch batch = Batch.of(Map.of("x", torch.ones(2)))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> batch.get("labels"))
          .withMessage("the batch has no 'labels'; it has x");
    }
  }

  @Test
  void a_batch_without_tensors_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Batch.of(Map.of()))
        .withMessage("a batch without tensors");
  }

  @Test
  void a_scalar_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Batch.of(Map.of("x", torch.zeros())))
        .withMessage("batch tensor 'x' is a scalar: it has no dimension of examples");
  }

  @Test
  void different_numbers_of_examples_are_refused() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("x", torch.zeros(2));
    tensors.put("labels", torch.zeros(3));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Batch.of(tensors))
        .withMessage("batch tensor 'x' has 2 examples and 'labels' has 3");
  }

  @Test
  void a_loss_is_a_scalar() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ModelOutput(Optional.of(torch.zeros(1)), torch.zeros(1, 2)))
        .withMessage("the loss has 1 dimensions; it has to be a scalar");
  }

  @Test
  void a_missing_loss_is_refused_when_it_is_needed() {
    assertThatIllegalStateException()
        .isThrownBy(() -> new ModelOutput(Optional.empty(), torch.zeros(1, 2)).requireLoss())
        .withMessage("the model made no loss: the batch has no labels");
  }
}
