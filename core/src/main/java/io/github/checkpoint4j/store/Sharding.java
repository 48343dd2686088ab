package io.github.checkpoint4j.store;

import io.github.checkpoint4j.state.Tensor;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a model is split into shards. Immutable; begins at {@link #DEFAULT}.
 *
 * @param frozen the names of the tensors that do not change from checkpoint to checkpoint: they are
 *     in shards of their own
 * @param maxShardSize what the tensors of a shard take at most, in bytes; a tensor that takes more
 *     has a shard to itself
 * @param parameters the number of parameters that the index tells; it tells none if empty
 */
public record Sharding(Set<String> frozen, long maxShardSize, OptionalLong parameters) {
  /** 50 GB, as {@code save_pretrained} of transformers has it. */
  public static final long DEFAULT_MAX_SHARD_SIZE = 50_000_000_000L;

  /** Nothing is frozen, and shards have at most {@link #DEFAULT_MAX_SHARD_SIZE} bytes. */
  public static final Sharding DEFAULT =
      new Sharding(Set.of(), DEFAULT_MAX_SHARD_SIZE, OptionalLong.empty());

  private static final Pattern SIZE = Pattern.compile("(\\d+(?:\\.\\d*)?|\\.\\d+)\\s*([KMGT])B");

  /**
   * Makes one of all of them.
   *
   * @throws IllegalArgumentException if the size is not positive, or the number of parameters
   *     negative
   */
  public Sharding {
    frozen = Set.copyOf(frozen);
    if (maxShardSize <= 0) {
      throw new IllegalArgumentException(
          "the maximal size of a shard is %d bytes; give one of at least 1 byte"
              .formatted(maxShardSize));
    }
    if (parameters.isPresent() && parameters.getAsLong() < 0) {
      throw new IllegalArgumentException("there are not " + parameters.getAsLong() + " parameters");
    }
  }

  /** With these tensors in shards of their own. */
  public Sharding withFrozen(Set<String> names) {
    return new Sharding(names, maxShardSize, parameters);
  }

  /**
   * With shards of at most this many bytes.
   *
   * @throws IllegalArgumentException if that is not positive
   */
  public Sharding withMaxShardSize(long bytes) {
    return new Sharding(frozen, bytes, parameters);
  }

  /** With this number of parameters in the index, one that has several names counted once. */
  public Sharding withParameters(OptionalLong count) {
    return new Sharding(frozen, maxShardSize, count);
  }

  /**
   * The bytes that a text such as {@code 5GB} or {@code 0.5 mb} means. The units are those of
   * {@code max_shard_size} in Python, and decimal: KB, MB, GB, TB; a fraction of a byte is left
   * out.
   *
   * @throws IllegalArgumentException if it is another text, or over {@link Long#MAX_VALUE}
   */
  public static long bytes(String size) {
    Matcher matcher = SIZE.matcher(size.strip().toUpperCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'%s' is not the size of a shard; give a number and one of KB, MB, GB and TB, such as 5GB"
              .formatted(size));
    }
    int thousands = 1 + "KMGT".indexOf(matcher.group(2));
    try {
      // The product is one of doubles in Python, and rounded so.
      double bytes = Double.parseDouble(matcher.group(1)) * Math.pow(10, 3 * thousands);
      return new BigDecimal(bytes).toBigInteger().longValueExact();
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException(
          "'%s' is more bytes than a long holds; give a smaller size".formatted(size), e);
    }
  }

  /**
   * The names of the tensors of each shard: in the given order a shard takes tensors until the next
   * would make it larger than allowed. Those without elements are all where the first of them is.
   * This is the rule of {@code split_torch_state_dict_into_shards} of huggingface_hub.
   */
  List<Set<String>> split(Map<String, Tensor> tensors) {
    List<Set<String>> shards = new ArrayList<>();
    Set<String> current = new LinkedHashSet<>();
    Set<String> ofEmpty = Set.of();
    long size = 0;
    for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
      long bytes = tensor.getValue().byteSize();
      if (bytes == 0 && !ofEmpty.isEmpty()) {
        ofEmpty.add(tensor.getKey());
        continue;
      }
      if (bytes > maxShardSize) {
        shards.add(Set.of(tensor.getKey()));
        continue;
      }
      if (bytes > maxShardSize - size) {
        shards.add(current);
        current = new LinkedHashSet<>();
        size = 0;
      }
      current.add(tensor.getKey());
      size += bytes;
      if (bytes == 0) {
        ofEmpty = current;
      }
    }
    if (!current.isEmpty()) {
      shards.add(current);
    }
    return shards;
  }
}
