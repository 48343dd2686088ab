package io.github.checkpoint4j.bench;

import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.Collator;
import io.github.checkpoint4j.torch.NativeTensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;

/**
 * Pads the examples of a batch to the longest.
 *
 * @param padding the token that pads
 * @param oneLabel whether an example has one label, and not one a token
 */
record PaddedRows(long padding, boolean oneLabel) implements Collator<TokenRow> {
  private static final long NO_LABEL = -100;

  /** {@code input_ids}, {@code attention_mask} and {@code labels}. */
  @Override
  public Batch collate(List<TokenRow> rows) {
    try (var _ = new PointerScope()) {
      Map<String, org.bytedeco.pytorch.Tensor> tensors = new LinkedHashMap<>();
      tensors.put("input_ids", padded(rows, TokenRow::inputIds, padding));
      tensors.put(
          "attention_mask", padded(rows, row -> row.inputIds().stream().map(_ -> 1L).toList(), 0));
      var labels = padded(rows, TokenRow::labels, NO_LABEL);
      tensors.put("labels", oneLabel ? labels.view(-1) : labels);
      return Batch.of(tensors);
    }
  }

  private static org.bytedeco.pytorch.Tensor padded(
      List<TokenRow> rows, Function<TokenRow, List<Long>> numbers, long padding) {
    int length = rows.stream().mapToInt(row -> numbers.apply(row).size()).max().orElseThrow();
    long[] cells = new long[Math.multiplyExact(rows.size(), length)];
    Arrays.fill(cells, padding);
    int start = 0;
    for (TokenRow row : rows) {
      int at = start;
      for (long number : numbers.apply(row)) {
        cells[at++] = number;
      }
      start += length;
    }
    return NativeTensors.copyOf(Tensor.ofLongs(cells, rows.size(), length));
  }
}
