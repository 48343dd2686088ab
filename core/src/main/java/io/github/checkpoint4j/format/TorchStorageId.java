package io.github.checkpoint4j.format;

import java.util.List;
import java.util.Optional;

/**
 * A persistent id by which a pickle refers to a storage.
 *
 * @param key the storage's key
 * @param type the type of its elements; empty for raw bytes
 * @param elements how many it has
 * @param view the part that is meant; empty for all of it. Files of PyTorch before 0.4 have them.
 */
record TorchStorageId(String key, Optional<TorchType> type, long elements, Optional<View> view) {

  /**
   * A part of a storage.
   *
   * @param offset the first element
   */
  record View(String key, long offset, long elements) {}

  // ("storage", storage class, key, location, number of elements), before 1.6 also the view or None
  static TorchStorageId parse(PickleObject id) {
    PickleArguments parts = new PickleArguments(new PickleArguments(List.of(id)).tuple(0).items());
    PickleObject.Global kind = parts.global(1);
    Optional<TorchType> type = TorchNames.storageType(kind);
    if (!parts.text(0).equals("storage") || (type.isEmpty() && !TorchNames.isUntyped(kind))) {
      throw new IllegalArgumentException("a persistent id that is not of a storage");
    }
    Optional<View> view =
        parts.size() < 6 || parts.isNone(5) ? Optional.empty() : Optional.of(view(parts));
    return new TorchStorageId(parts.key(2), type, parts.integer(4), view);
  }

  private static View view(PickleArguments parts) {
    PickleArguments view = new PickleArguments(parts.tuple(5).items());
    return new View(view.key(0), view.integer(1), view.integer(2));
  }

  /** The type of the elements; PyTorch takes raw bytes for those of {@code uint8}. */
  TorchType elementType() {
    return type.orElse(TorchType.UINT8);
  }

  int itemSize() {
    return elementType().itemSize();
  }

  /**
   * The storage that is meant.
   *
   * @param whole the storage of the key
   */
  PickleObject.Storage in(PickleObject.Storage whole) {
    return view.isEmpty()
        ? whole
        : part(whole, view.get().key(), view.get().offset(), view.get().elements());
  }

  /**
   * A part of a storage.
   *
   * @param offset the first element
   * @throws IllegalArgumentException if it does not lie in the storage
   */
  static PickleObject.Storage part(
      PickleObject.Storage whole, String name, long offset, long elements) {
    int item = whole.elementType().itemSize();
    long stored = whole.bytes().byteSize() / item;
    if (offset < 0 || elements < 0 || offset > stored || elements > stored - offset) {
      throw new IllegalArgumentException(
          "the view '"
              + Excerpt.of(name)
              + "' takes "
              + elements
              + " elements from "
              + offset
              + " of storage '"
              + Excerpt.of(whole.name())
              + "', which has "
              + stored);
    }
    return new PickleObject.Storage(
        name, whole.type(), whole.bytes().asSlice(offset * item, elements * item));
  }
}
