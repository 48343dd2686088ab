package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.state.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrainerLossTest {
  private static final TrainerLoss PLAIN = new TrainerLoss(false, Optional.empty(), false);
  private static final TrainerLoss NEXT = new TrainerLoss(true, Optional.empty(), false);
  private static final TrainerLoss SMOOTHED =
      new TrainerLoss(false, Optional.of(new LabelSmoother(0.25)), false);
  private static final TrainerLoss SMOOTHED_NEXT =
      new TrainerLoss(true, Optional.of(new LabelSmoother(0.25)), false);

  private final PointerScope scope = new PointerScope();

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
    torch.manual_seed(1);
  }

  @AfterEach
  void free() {
    scope.close();
  }

  private static Batch rows(long... labels) {
    return labels(Tensor.ofLongs(labels, 1, labels.length));
  }

  private static Batch labels(Tensor labels) {
    return Batch.of(Map.of("labels", NativeTensors.copyOf(labels)));
  }

  private static org.bytedeco.pytorch.Tensor logits(float[] values, long... shape) {
    return NativeTensors.copyOf(Tensor.ofFloats(values, shape)).requires_grad_(true);
  }

  /** The mean over the tokens that are predicted from the one before, as a model makes it. */
  private static ModelOutput output(org.bytedeco.pytorch.Tensor logits, Batch batch) {
    long last = logits.size(1) - 1;
    return new ModelOutput(
        Optional.of(
            torch.cross_entropy_loss(
                logits.narrow(1, 0, last).reshape(-1, logits.size(2)),
                batch.get("labels").narrow(1, 1, last).reshape(-1))),
        logits);
  }

  @Test
  void labels_are_counted_where_the_loss_is_a_sum_over_them() {
    List<Batch> step = List.of(rows(1, 2, -100), rows(-100, 3, -100));

    assertThat(PLAIN.items(step)).isEmpty();
    assertThat(NEXT.items(step)).hasValue(3);
    assertThat(SMOOTHED.items(step)).hasValue(3);
    assertThat(NEXT.items(List.of(Batch.of(Map.of("x", torch.ones(2)))))).isEmpty();
  }

  @Test
  void a_batch_has_its_share_of_the_losses_of_a_step() {
    org.bytedeco.pytorch.Tensor logits = torch.rand(1, 4, 5).requires_grad_(true);
    Batch batch = rows(1, 2, 3, -100);
    ModelOutput own = output(logits, batch);

    float loss = NEXT.of(batch, OptionalLong.of(10), () -> own).requireLoss().item_float();
    assertThat(loss).isCloseTo(own.requireLoss().item_float() * 2 / 10, within(1e-6f));
    assertThat(PLAIN.of(batch, OptionalLong.empty(), () -> own)).isSameAs(own);
  }

  @Test
  void a_batch_without_targets_adds_nothing_to_a_step() {
    org.bytedeco.pytorch.Tensor logits = torch.rand(1, 2, 5).requires_grad_(true);
    Batch batch = rows(4, -100);
    ModelOutput own = output(logits, batch);
    assertThat(own.requireLoss().item_float()).isNaN();

    org.bytedeco.pytorch.Tensor loss = NEXT.of(batch, OptionalLong.of(10), () -> own).requireLoss();
    loss.backward();
    assertThat(loss.item_float()).isZero();
    assertThat(logits.grad().abs().sum().item_float()).isZero();
  }

  @Test
  void a_smoothed_loss_is_shared_by_all_labels() {
    // Probabilities of 1/4 and 3/4.
    org.bytedeco.pytorch.Tensor logits = logits(new float[] {0, (float) Math.log(3), 5, 6}, 2, 2);
    Batch batch = labels(Tensor.ofLongs(new long[] {1, -100}, 2));
    double right = -Math.log(0.75);
    double all = (-Math.log(0.75) - Math.log(0.25)) / 2;

    float loss =
        SMOOTHED
            .of(batch, OptionalLong.of(4), () -> new ModelOutput(Optional.of(torch.ones()), logits))
            .requireLoss()
            .item_float();
    assertThat((double) loss).isCloseTo((0.75 * right + 0.25 * all) / 4, within(1e-6));
  }

  @Test
  void the_smoothed_loss_of_the_next_token_is_that_of_labels_after_the_first() {
    org.bytedeco.pytorch.Tensor logits = torch.rand(2, 4, 5).requires_grad_(true);
    Batch batch = labels(Tensor.ofLongs(new long[] {1, 2, 3, 4, 2, 1, -100, -100}, 2, 4));
    Batch later = labels(Tensor.ofLongs(new long[] {2, 3, 4, 1, -100, -100}, 2, 3));

    float loss =
        SMOOTHED_NEXT
            .of(batch, OptionalLong.of(6), () -> output(logits, batch))
            .requireLoss()
            .item_float();
    assertThat(loss)
        .isEqualTo(
            SMOOTHED
                .of(
                    later,
                    OptionalLong.of(6),
                    () -> new ModelOutput(Optional.of(torch.ones()), logits.narrow(1, 0, 3)))
                .requireLoss()
                .item_float());
  }

  @Test
  void labels_that_are_not_one_of_several_cannot_be_smoothed() {
    Batch batch = labels(Tensor.ofFloats(new float[] {0, 1, 1, 0}, 2, 2));

    assertThatThrownBy(
            () ->
                SMOOTHED.of(
                    batch,
                    SMOOTHED.items(List.of(batch)),
                    () -> new ModelOutput(Optional.of(torch.ones()), torch.rand(2, 2))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "labels are Float[2, 2] and logits [2, 2]: labelSmoothingFactor is for labels that are"
                + " one of several, whole numbers of the shape [2]; set it to 0 for others");
  }

  @Test
  void in_bfloat16_the_model_is_applied_and_nothing_else() {
    var model = new Classifier(0, false);
    var bf16 = new TrainerLoss(false, Optional.empty(), true);
    try (Batch batch = Classifier.collate(Classifier.examples(8, 1))) {
      ModelOutput exact = PLAIN.of(batch, OptionalLong.empty(), () -> model.forward(batch));
      ModelOutput rounded = bf16.of(batch, OptionalLong.empty(), () -> model.forward(batch));

      float[] logits = NativeTensors.heapCopy(rounded.logits().detach()).toFloats();
      for (float logit : logits) {
        assertThat(Float.floatToRawIntBits(logit) & 0xFFFF).isZero();
      }
      assertThat(rounded.requireLoss().scalar_type().intern()).isEqualTo(ScalarType.Float);
      assertThat(rounded.requireLoss().item_float())
          .isNotEqualTo(exact.requireLoss().item_float())
          .isCloseTo(exact.requireLoss().item_float(), within(0.02f));
      rounded.requireLoss().backward();
      ModuleState.of(model.module())
          .parameters()
          .values()
          .forEach(
              parameter ->
                  assertThat(parameter.grad().scalar_type().intern()).isEqualTo(ScalarType.Float));
    }
  }

  @Test
  void bfloat16_ends_with_the_model_even_if_that_fails() {
    var bf16 = new TrainerLoss(false, Optional.empty(), true);

    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                bf16.of(
                    rows(1),
                    OptionalLong.empty(),
                    () -> {
                      assertThat(torch.is_autocast_enabled(DeviceType.CPU)).isTrue();
                      throw new IllegalStateException("the model's");
                    }));
    assertThat(torch.is_autocast_enabled(DeviceType.CPU)).isFalse();
    assertThat(torch.is_autocast_cache_enabled()).isTrue();
  }
}
