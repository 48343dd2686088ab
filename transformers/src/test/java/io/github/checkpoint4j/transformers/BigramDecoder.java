package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.torch.NativeTensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** A decoder whose logits depend on the last two tokens alone: that of bigrams.py. */
final class BigramDecoder implements Decoder {
  private final int vocabulary;
  private final float[] table;

  /** Of each row the last two tokens. */
  private List<long[]> rows = new ArrayList<>();

  int calls;

  BigramDecoder(int vocabulary, long seed) {
    this.vocabulary = vocabulary;
    this.table = new float[vocabulary * vocabulary * vocabulary];
    long state = seed * 2654435761L % (1L << 32);
    for (int i = 0; i < table.length; i++) {
      state = (1664525 * state + 1013904223) % (1L << 32);
      table[i] = (float) (((state >> 8) / (double) (1 << 24) - 0.5) * 2 * 2.0);
    }
  }

  @Override
  public Tensor advance(Tensor tokens) {
    calls++;
    int count = Math.toIntExact(tokens.size(0));
    int width = Math.toIntExact(tokens.size(1));
    long[] cells = NativeTensors.view(tokens).toLongs();
    if (rows.isEmpty()) {
      for (int row = 0; row < count; row++) {
        rows.add(new long[2]);
      }
    }
    if (rows.size() != count) {
      throw new IllegalStateException(count + " rows go on from " + rows.size());
    }
    float[] logits = new float[count * vocabulary];
    for (int row = 0; row < count; row++) {
      long[] last = rows.get(row);
      for (int i = 0; i < width; i++) {
        last[0] = last[1];
        last[1] = cells[row * width + i];
      }
      int start = Math.toIntExact((last[0] * vocabulary + last[1]) * vocabulary);
      System.arraycopy(table, start, logits, row * vocabulary, vocabulary);
    }
    return NativeTensors.copyOf(
        io.github.checkpoint4j.state.Tensor.ofFloats(logits, count, vocabulary));
  }

  @Override
  public void select(long[] from) {
    List<long[]> selected = new ArrayList<>();
    for (long row : from) {
      selected.add(rows.get(Math.toIntExact(row)).clone());
    }
    rows = selected;
  }

  @Override
  public long maxLength() {
    return 64;
  }

  @Override
  public void close() {
    rows.clear();
  }
}
