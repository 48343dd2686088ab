package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensors of a state dict, each once: a tied weight has several names and one memory. It is
 * kept under its first name, which in transformers is that of the embeddings rather than of the
 * head.
 *
 * @param tensors the tensors under the names they are kept under, in the order of the state dict
 * @param aliases the other names, each with the one that is kept
 * @see <a href="https://huggingface.co/docs/safetensors/torch_shared_tensors">Shared tensors</a>
 */
public record TiedTensors(Map<String, Tensor> tensors, Map<String, String> aliases) {
  /** The name of what transformers keeps in the metadata of a file, which is thus no alias. */
  static final String FORMAT = "format";

  public TiedTensors {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    aliases = Collections.unmodifiableMap(new LinkedHashMap<>(aliases));
  }

  private record Span(int order, String name, Tensor tensor) {
    long start() {
      return tensor.bytes().address();
    }

    long end() {
      return start() + tensor.byteSize();
    }

    /** The array that it lies in; all memory outside the heap is one. */
    Object array() {
      MemorySegment bytes = tensor.bytes();
      return bytes.isNative() ? "" : bytes.scope();
    }

    boolean isSameAs(Span other) {
      return start() == other.start()
          && end() == other.end()
          && tensor.dtype() == other.tensor.dtype()
          && Arrays.equals(tensor.shape(), other.tensor.shape());
    }

    @Override
    public String toString() {
      return "'" + name + "', " + tensor;
    }
  }

  /**
   * Those of a state dict: tensors without elements have no memory to share.
   *
   * @throws IllegalArgumentException if an entry is not a tensor; or if two tensors share memory
   *     and are not of the same place, dtype and shape
   */
  public static TiedTensors of(StateDict state) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<Object, List<Span>> arrays = new LinkedHashMap<>();
    for (Map.Entry<String, Value> entry : state.entries().entrySet()) {
      String name = entry.getKey();
      if (!(entry.getValue() instanceof Tensor tensor)) {
        throw new IllegalArgumentException(
            "entry '" + name + "' is not a tensor; a safetensors file holds nothing else");
      }
      if (tensor.byteSize() > 0) {
        Span span = new Span(tensors.size(), name, tensor);
        arrays.computeIfAbsent(span.array(), array -> new ArrayList<>()).add(span);
      }
      tensors.put(name, tensor);
    }
    Map<String, String> aliases = aliases(arrays.values());
    tensors.keySet().removeAll(aliases.keySet());
    return new TiedTensors(tensors, aliases);
  }

  private static Map<String, String> aliases(Collection<List<Span>> arrays) {
    Map<String, String> aliases = new LinkedHashMap<>();
    for (List<Span> spans : arrays) {
      spans.sort(Comparator.comparingLong(Span::start).thenComparingInt(Span::order));
      Span kept = spans.getFirst();
      for (Span span : spans.subList(1, spans.size())) {
        if (span.start() >= kept.end()) {
          kept = span;
        } else if (!span.isSameAs(kept)) {
          throw new IllegalArgumentException(
              "tensors %s, and %s share memory and are not the same tensor; safetensors has no views: copy one of them, or save them in a PyTorch file"
                  .formatted(kept, span));
        } else if (!span.name().equals(FORMAT)) {
          aliases.put(span.name(), kept.name());
        }
      }
    }
    return aliases;
  }

  /** The same tensors, with these of the kept names alone. */
  public StateDict only(Collection<String> names) {
    StateDict.Builder part = StateDict.builder();
    for (String name : names) {
      Tensor tensor = tensors.get(name);
      if (tensor == null) {
        throw new IllegalArgumentException("no tensor is kept as '" + name + "'");
      }
      part.put(name, tensor);
    }
    aliases.forEach(
        (alias, name) -> {
          Tensor tensor = tensors.get(name);
          if (tensor != null && names.contains(name)) {
            part.put(alias, tensor);
          }
        });
    return part.build();
  }
}
