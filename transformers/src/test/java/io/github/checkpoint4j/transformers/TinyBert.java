package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** The small model of the tests and a batch for it. */
final class TinyBert {
  private TinyBert() {}

  static BertConfig config() {
    return config(0.1);
  }

  static BertConfig config(double dropout) {
    return config(dropout, 2);
  }

  static BertConfig config(double dropout, int layers) {
    return new BertConfig(
        100,
        32,
        layers,
        4,
        64,
        Activation.GELU,
        dropout,
        dropout,
        OptionalDouble.empty(),
        40,
        2,
        0.02,
        1e-12,
        OptionalLong.of(0),
        List.of("LABEL_0", "LABEL_1"),
        Optional.empty(),
        Json.object(Map.of()));
  }

  /** Four sequences of ten tokens, two of them padded. */
  static Batch batch() {
    long[] ids = new long[40];
    long[] mask = new long[40];
    for (int i = 0; i < 40; i++) {
      boolean padding = (i >= 16 && i < 20) || i >= 33;
      mask[i] = padding ? 0 : 1;
      ids[i] = padding ? 0 : i * 7 % 97 + 1;
    }
    Map<String, org.bytedeco.pytorch.Tensor> tensors = new LinkedHashMap<>();
    tensors.put("input_ids", NativeTensors.copyOf(Tensor.ofLongs(ids, 4, 10)));
    tensors.put("attention_mask", NativeTensors.copyOf(Tensor.ofLongs(mask, 4, 10)));
    tensors.put("labels", NativeTensors.copyOf(Tensor.ofLongs(new long[] {0, 1, 1, 0}, 4)));
    return Batch.of(tensors);
  }
}
