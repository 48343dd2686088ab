package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.StateDict;
import io.github.checkpoint4j.state.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns what a pickle made into a {@link Value}, without recursion. An object that lies in several
 * places becomes one value; the result is small enough to be walked as a tree all the same, and not
 * too deep for a recursive walk.
 */
final class PickleResult {
  /** Containers in one another: more than any state has, few enough for recursive walks. */
  static final int DEEPEST = 256;

  /** Values of a tree that any pickle may have, however small it is. */
  static final long SMALL_TREE = 1_000_000;

  private record Done(Value value, int depth, long treeSize) {}

  /** A container, some of whose parts are done. */
  private static final class Frame {
    final PickleObject object;
    final List<PickleObject> children;
    final List<Value> values = new ArrayList<>();
    int depth = 1;
    long treeSize = 1;

    Frame(PickleObject object, List<PickleObject> children) {
      this.object = object;
      this.children = children;
    }

    void accept(Done child) {
      values.add(child.value);
      depth = Math.max(depth, child.depth + 1);
      treeSize = Math.min(treeSize + child.treeSize, Long.MAX_VALUE / 2);
    }
  }

  private final String source;
  private final long largestTree;
  private final TorchGlobals.Views views;
  private final PickleKeys keys;
  private final IdentityHashMap<PickleObject, Done> done = new IdentityHashMap<>();
  private final IdentityHashMap<PickleObject, Frame> open = new IdentityHashMap<>();
  private final Deque<Frame> stack = new ArrayDeque<>();

  private PickleResult(String source, long pickleSize, TorchGlobals.Views views) {
    this.source = source;
    this.largestTree = SMALL_TREE + 16 * pickleSize;
    this.views = views;
    this.keys = new PickleKeys(source, largestTree);
  }

  /**
   * The value of {@code root}.
   *
   * @param source the names of the file and the entry, for messages
   * @param pickleSize bytes of the pickle
   */
  static Value of(PickleObject root, String source, long pickleSize, TorchGlobals.Views views)
      throws CorruptFileException, UnsupportedFeatureException {
    return new PickleResult(source, pickleSize, views).run(root);
  }

  /**
   * The value of {@code root}, which has no tensors.
   *
   * @throws UnsupportedFeatureException if it has anything but plain values
   */
  static Value plain(PickleObject root, String source, long pickleSize)
      throws CorruptFileException, UnsupportedFeatureException {
    return of(
        root,
        source,
        pickleSize,
        (storage, type, offset, shape, strides) -> {
          throw new UnsupportedFeatureException("a storage");
        });
  }

  private Value run(PickleObject root) throws CorruptFileException, UnsupportedFeatureException {
    Frame top = new Frame(root, List.of(root));
    stack.push(top);
    while (true) {
      Frame frame = stack.element();
      if (frame.values.size() == frame.children.size()) {
        stack.pop();
        if (frame == top) {
          return top.values.getFirst();
        }
        open.remove(frame.object);
        Done finished = finish(frame);
        done.put(frame.object, finished);
        stack.element().accept(finished);
        continue;
      }
      PickleObject child = frame.children.get(frame.values.size());
      Done known = done.get(child);
      if (known != null) {
        frame.accept(known);
        continue;
      }
      switch (child) {
        case PickleObject.Leaf leaf -> frame.accept(new Done(leaf.value(), 0, 1));
        case PickleObject.ByteString bytes -> frame.accept(new Done(bytes.value(), 0, 1));
        case PickleObject.Global global -> frame.accept(new Done(text(global), 0, 1));
        case PickleObject.Storage storage -> frame.accept(new Done(tensor(storage), 0, 1));
        case PickleObject.NumpyArray array -> frame.accept(new Done(elements(array), 0, 1));
        case PickleObject.NumpyType type -> throw unsupported("a numpy dtype as a value");
        case PickleObject.Opaque opaque -> throw unsupported("a '" + opaque.name() + "'");
        case PickleObject.Instance object -> throw unsupported("a '" + object.name() + "'");
        case PickleObject.TupleObject tuple -> push(new Frame(tuple, tuple.items()));
        case PickleObject.ListObject list -> push(new Frame(list, list.items()));
        case PickleObject.SetObject set -> push(new Frame(set, set.items()));
        case PickleObject.DictObject dict -> push(new Frame(dict, dict.keysAndValues()));
      }
    }
  }

  private void push(Frame frame) throws UnsupportedFeatureException {
    if (open.put(frame.object, frame) != null) {
      throw new UnsupportedFeatureException(
          source
              + ": a list or dict that contains itself; expected state without cycles;"
              + " save it without the cycle");
    }
    if (stack.size() > DEEPEST) {
      throw tooDeep();
    }
    stack.push(frame);
  }

  private Done finish(Frame frame) throws CorruptFileException, UnsupportedFeatureException {
    if (frame.depth > DEEPEST) {
      throw tooDeep();
    }
    if (frame.treeSize > largestTree) {
      throw new UnsupportedFeatureException(
          source
              + ": a few objects that lie in many places would make more than "
              + largestTree
              + " values; save the state without such sharing");
    }
    return new Done(value(frame), frame.depth, frame.treeSize);
  }

  private UnsupportedFeatureException tooDeep() {
    return new UnsupportedFeatureException(
        source + ": containers more than " + DEEPEST + " deep in one another; save flatter state");
  }

  private Value value(Frame frame) throws CorruptFileException, UnsupportedFeatureException {
    return switch (frame.object) {
      case PickleObject.TupleObject tuple -> new Value.Tuple(frame.values);
      case PickleObject.DictObject dict -> dict(frame.values);
      case PickleObject.SetObject set when set.frozen() ->
          new Value.FrozenSet(distinct(frame.values));
      case PickleObject.SetObject set -> new Value.ItemSet(distinct(frame.values));
      default -> new Value.Items(frame.values);
    };
  }

  private Set<Value> distinct(List<Value> items)
      throws CorruptFileException, UnsupportedFeatureException {
    keys.check(items);
    Set<Value> distinct = new LinkedHashSet<>();
    for (Value item : items) {
      if (!distinct.add(item)) {
        throw twice("set", "item", item);
      }
    }
    return distinct;
  }

  private Value dict(List<Value> keysAndValues)
      throws CorruptFileException, UnsupportedFeatureException {
    List<Value> names = new ArrayList<>(keysAndValues.size() / 2);
    boolean named = true;
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      names.add(keysAndValues.get(i));
      named &= keysAndValues.get(i) instanceof Value.Text;
    }
    return named ? named(keysAndValues) : keyed(names, keysAndValues);
  }

  private StateDict named(List<Value> keysAndValues) throws CorruptFileException {
    Map<String, Value> entries = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      Value.Text key = (Value.Text) keysAndValues.get(i);
      if (entries.putIfAbsent(key.value(), keysAndValues.get(i + 1)) != null) {
        throw twice("dict", "key", key);
      }
    }
    return StateDict.of(entries);
  }

  private Value.Dict keyed(List<Value> names, List<Value> keysAndValues)
      throws CorruptFileException, UnsupportedFeatureException {
    keys.check(names);
    Map<Value, Value> entries = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      if (entries.putIfAbsent(names.get(i), keysAndValues.get(2 * i + 1)) != null) {
        throw twice("dict", "key", names.get(i));
      }
    }
    return new Value.Dict(entries);
  }

  private CorruptFileException twice(String container, String part, Value value) {
    return new CorruptFileException(
        source
            + ": a "
            + container
            + " has the "
            + part
            + " "
            + shown(value)
            + " twice; save it again");
  }

  private static String shown(Value key) {
    return key instanceof Value.Text name
        ? "'" + Excerpt.of(name.value()) + "'"
        : Excerpt.of(key.toString());
  }

  /** A dtype that is itself a value reads as Python prints it, for instance "torch.float16". */
  private Value text(PickleObject.Global global) throws UnsupportedFeatureException {
    if (!TorchNames.isWord(global)) {
      throw unsupported("the class or function '" + global.name() + "' as a value");
    }
    return Value.of(global.name());
  }

  private UnsupportedFeatureException unsupported(String what) {
    return new UnsupportedFeatureException(
        source
            + ": "
            + what
            + "; expected dicts, lists, numbers, strings and tensors; save it as a string");
  }

  private Value tensor(PickleObject.Storage storage) throws UnsupportedFeatureException {
    TorchType type = storage.elementType();
    long elements = storage.bytes().byteSize() / type.itemSize();
    try {
      return views.view(storage, type, 0, new long[] {elements}, new long[] {1});
    } catch (IllegalArgumentException e) {
      throw new UnsupportedFeatureException(
          source + ": the storage '" + Excerpt.of(storage.name()) + "': " + e.getMessage());
    }
  }

  private Value elements(PickleObject.NumpyArray array) throws CorruptFileException {
    if (array.elements.isEmpty()) {
      throw new CorruptFileException(
          source + ": a numpy array without elements; save the file again");
    }
    return array.elements.get();
  }
}
