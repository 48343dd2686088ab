package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.NativeTensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Encoded texts as the tensors of a model, padded on the right to the longest. */
final class PaddedTexts {
  private PaddedTexts() {}

  /**
   * {@code input_ids}, {@code token_type_ids} and {@code attention_mask}, each int64 [texts, length
   * of the longest].
   *
   * @param padId the id of the padding token
   */
  static Map<String, Tensor> tensors(List<Encoding> encodings, long padId) {
    int rows = encodings.size();
    int length = encodings.stream().mapToInt(Encoding::length).max().orElse(0);
    int cells = Math.multiplyExact(rows, length);
    long[] ids = new long[cells];
    long[] types = new long[cells];
    long[] mask = new long[cells];
    Arrays.fill(ids, padId);
    for (int row = 0; row < rows; row++) {
      Encoding encoding = encodings.get(row);
      int start = row * length;
      encoding.copyTo(ids, types, start);
      Arrays.fill(mask, start, start + encoding.length(), 1);
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("input_ids", longs(ids, rows, length));
    tensors.put("token_type_ids", longs(types, rows, length));
    tensors.put("attention_mask", longs(mask, rows, length));
    return tensors;
  }

  static Tensor longs(long[] values, long... shape) {
    return NativeTensors.copyOf(io.github.checkpoint4j.state.Tensor.ofLongs(values, shape));
  }
}
