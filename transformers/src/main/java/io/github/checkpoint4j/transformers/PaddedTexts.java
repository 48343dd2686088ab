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
    List<long[]> ids = encodings.stream().map(Encoding::ids).toList();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("input_ids", padded(ids, padId));
    tensors.put("token_type_ids", padded(encodings.stream().map(Encoding::typeIds).toList(), 0));
    tensors.put("attention_mask", attentionMask(ids));
    return tensors;
  }

  /** The rows as int64 [rows, length of the longest], filled up with {@code padding}. */
  static Tensor padded(List<long[]> rows, long padding) {
    int length = rows.stream().mapToInt(row -> row.length).max().orElse(0);
    long[] cells = new long[Math.multiplyExact(rows.size(), length)];
    Arrays.fill(cells, padding);
    for (int i = 0; i < rows.size(); i++) {
      long[] row = rows.get(i);
      System.arraycopy(row, 0, cells, i * length, row.length);
    }
    return longs(cells, rows.size(), length);
  }

  /** 1 where a row has an element and 0 where it is filled up, of the shape of the padded rows. */
  static Tensor attentionMask(List<long[]> rows) {
    return padded(rows.stream().map(row -> filled(row.length, 1)).toList(), 0);
  }

  static Tensor longs(long[] values, long... shape) {
    return NativeTensors.copyOf(io.github.checkpoint4j.state.Tensor.ofLongs(values, shape));
  }

  private static long[] filled(int length, long value) {
    long[] row = new long[length];
    Arrays.fill(row, value);
    return row;
  }
}
