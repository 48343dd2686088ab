package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.state.Cast;
import io.github.checkpoint4j.state.Dtype;
import io.github.checkpoint4j.state.QuantizedTensor;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import io.github.checkpoint4j.torch.LoadRules;
import io.github.checkpoint4j.torch.NamePattern;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What happens to tensors between source and target: some are chosen, then renamed, then cast.
 *
 * @param only patterns of names, of which a tensor has to match one; all are taken if there is none
 * @param rules what names become
 * @param dtype what floating-point tensors become; they stay as they are if empty
 */
record Conversion(List<NamePattern> only, LoadRules rules, Optional<Dtype> dtype) {
  Conversion {
    only = List.copyOf(only);
  }

  /**
   * What became of the tensors.
   *
   * @param tensors by their new names, in the source's order
   * @param notChosen names of tensors that no pattern chose
   * @param notes what the user should know: numbers that became infinite, rules that were for no
   *     name, tensors that are not cast
   */
  record Result(Map<String, Tensor> tensors, List<String> notChosen, List<String> notes) {
    /** With further notes, after these. */
    Result with(List<String> more) {
      List<String> all = new ArrayList<>(notes);
      all.addAll(more);
      return new Result(tensors, notChosen, all);
    }
  }

  /** Whether every tensor stays as it is, under its name. */
  boolean changesNothing() {
    return only.isEmpty() && rules.isEmpty() && dtype.isEmpty();
  }

  /**
   * Converts.
   *
   * @param spool memory for tensors that are made anew
   * @param progress is told of the bytes that are cast
   * @throws RefusedException if no tensor is left, or the numbers of a quantized one are not
   *     computed here
   * @throws io.github.checkpoint4j.state.StateMismatchException if two names become one
   * @throws IOException if there is no space for what is made anew
   */
  Result apply(Map<String, ? extends Value> source, Spool spool, Progress progress)
      throws IOException {
    List<String> chosen = new ArrayList<>();
    List<String> notChosen = new ArrayList<>();
    for (String name : source.keySet()) {
      (isChosen(name) ? chosen : notChosen).add(name);
    }
    if (chosen.isEmpty()) {
      throw new RefusedException(
          source.isEmpty()
              ? "there are no tensors to convert"
              : "none of %d tensors matches --only; ckpt tensors lists them"
                  .formatted(source.size()));
    }
    LoadRules.Applied renamed = rules.apply(chosen);
    List<String> notes = new ArrayList<>();
    renamed.unused().forEach(rule -> notes.add("no tensor's name was changed by " + rule));
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    // A tensor under several names stays one, so that it is written once.
    Map<MemorySegment, Tensor> made = new LinkedHashMap<>();
    int quantized = 0;
    progress.begin("casting", dtype.isEmpty() ? 0 : bytes(source, chosen));
    for (Map.Entry<String, String> name : renamed.names().entrySet()) {
      Value value = Objects.requireNonNull(source.get(name.getValue()));
      quantized += value instanceof QuantizedTensor ? 1 : 0;
      Tensor tensor = NumericArray.plain(name.getValue(), value, spool);
      tensors.put(name.getKey(), cast(name.getKey(), tensor, spool, made, notes));
      progress.add(dtype.isEmpty() ? 0 : bytes(value));
    }
    if (quantized > 0) {
      notes.add(
          "%s written as the numbers that they stand for"
              .formatted(Quantities.count(quantized, "quantized tensor")));
    }
    return new Result(tensors, notChosen, notes);
  }

  private static long bytes(Map<String, ? extends Value> source, List<String> chosen) {
    return chosen.stream().mapToLong(name -> bytes(Objects.requireNonNull(source.get(name)))).sum();
  }

  private static long bytes(Value value) {
    return NumericArray.of(value).orElseThrow().bytes().byteSize();
  }

  private boolean isChosen(String name) {
    return only.isEmpty() || only.stream().anyMatch(pattern -> pattern.matches(name));
  }

  private Tensor cast(
      String name, Tensor tensor, Spool spool, Map<MemorySegment, Tensor> made, List<String> notes)
      throws IOException {
    if (dtype.isEmpty() || tensor.dtype() == dtype.get() || isWhole(tensor.dtype())) {
      return tensor;
    }
    if (!Cast.isFloating(tensor.dtype())) {
      notes.add("'%s' stays %s, which is not cast".formatted(name, tensor.dtype()));
      return tensor;
    }
    Tensor known = made.get(tensor.bytes());
    if (known != null && known.elementCount() == tensor.elementCount()) {
      return Tensor.of(known.dtype(), tensor.shape(), known.bytes());
    }
    MemorySegment target = spool.allocate(dtype.get().byteSize(tensor.elementCount()));
    long overflows = Cast.between(tensor.dtype(), dtype.get()).apply(tensor.bytes(), target);
    if (overflows > 0) {
      notes.add(
          "%s of '%s' became infinite: too large for %s"
              .formatted(Quantities.count(overflows, "number"), name, dtype.get()));
    }
    Tensor cast = Tensor.of(dtype.get(), tensor.shape(), target);
    made.put(tensor.bytes(), cast);
    return cast;
  }

  /** Whole numbers and truth values are not weights: they are left. */
  private static boolean isWhole(Dtype dtype) {
    return switch (dtype) {
      case BOOL, U8, I8, I16, U16, I32, U32, I64, U64 -> true;
      default -> false;
    };
  }
}
