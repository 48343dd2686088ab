package io.github.checkpoint4j.transformers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Rows of tokens of one length, each a prompt and what was written after it. */
final class PromptRows {
  private final int prompt;
  private final int capacity;
  private long[][] rows;
  private int length;

  /**
   * @param prompts of one length
   * @param copies rows for each prompt, one after another
   * @param more tokens that may be appended
   */
  PromptRows(long[][] prompts, int copies, int more) {
    prompt = prompts[0].length;
    capacity = Math.addExact(prompt, more);
    length = prompt;
    rows = new long[Math.multiplyExact(prompts.length, copies)][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = Arrays.copyOf(prompts[row / copies], capacity);
    }
  }

  int count() {
    return rows.length;
  }

  int prompt() {
    return prompt;
  }

  /** Tokens of each row. */
  int length() {
    return length;
  }

  /** Tokens after the prompt. */
  int written() {
    return length - prompt;
  }

  /** The tokens of a row, and after them others without meaning. */
  long[] row(int row) {
    return rows[row];
  }

  /** Row {@code i} becomes a copy of what row {@code from[i]} was, with {@code tokens[i]}. */
  void append(int[] from, long[] tokens) {
    long[][] next = new long[from.length][];
    for (int row = 0; row < from.length; row++) {
      next[row] = extended(from[row], tokens[row]);
    }
    rows = next;
    length++;
  }

  /** Appends a token to each row. */
  void append(long[] tokens) {
    for (int row = 0; row < rows.length; row++) {
      rows[row][length] = tokens[row];
    }
    length++;
  }

  /** The tokens of a row and one more. */
  long[] extended(int row, long token) {
    long[] longer = Arrays.copyOf(rows[row], capacity);
    longer[length] = token;
    return longer;
  }

  /** What was written after the prompt, up to {@code end} tokens of the row. */
  static List<Long> written(long[] row, int prompt, int end) {
    List<Long> tokens = new ArrayList<>(end - prompt);
    for (int i = prompt; i < end; i++) {
      tokens.add(row[i]);
    }
    return tokens;
  }

  /** All tokens, int64 [rows, length]. */
  Tensor all() {
    return tensor(0);
  }

  /** The last token of each row, int64 [rows, 1]. */
  Tensor last() {
    return tensor(length - 1);
  }

  private Tensor tensor(int from) {
    int width = length - from;
    long[] cells = new long[Math.multiplyExact(rows.length, width)];
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(rows[row], from, cells, row * width, width);
    }
    return PaddedTexts.longs(cells, rows.length, width);
  }
}
