package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The stack of a pickle's machine, its marks and its memo. What does not fit is an {@link
 * IllegalArgumentException}, to which the machine adds the place.
 */
final class PickleStack {
  private static final PickleObject UNSET = new PickleObject.Global("");

  /** How far down the key is looked for whose value is being made. */
  private static final int KEY_DEPTH = 8;

  /** The first items of persistent ids, which are no keys. */
  private static final Set<String> ID_KINDS = Set.of("storage", "module");

  private final List<PickleObject> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final List<PickleObject> memo = new ArrayList<>();

  void push(PickleObject object) {
    stack.add(object);
  }

  void mark() {
    marks.add(stack.size());
  }

  boolean isEmpty() {
    return stack.isEmpty() && marks.isEmpty();
  }

  PickleObject top() {
    return below(0);
  }

  /** The object under the last {@code above}. */
  private PickleObject below(int above) {
    int floor = marks.isEmpty() ? 0 : marks.getLast();
    if (stack.size() - above <= floor) {
      throw new IllegalArgumentException("the opcode needs more objects than are on the stack");
    }
    return stack.get(stack.size() - 1 - above);
  }

  PickleObject pop() {
    PickleObject top = top();
    stack.removeLast();
    return top;
  }

  List<PickleObject> popLast(int count) {
    below(count - 1);
    return cut(stack.size() - count);
  }

  List<PickleObject> popMarked() {
    if (marks.isEmpty()) {
      throw new IllegalArgumentException("the opcode needs a mark on the stack");
    }
    return cut(marks.removeLast());
  }

  private List<PickleObject> cut(int from) {
    List<PickleObject> last = stack.subList(from, stack.size());
    List<PickleObject> popped = new ArrayList<>(last);
    last.clear();
    return popped;
  }

  /** Adds items to the list on top. */
  void append(List<PickleObject> items) {
    switch (top()) {
      case PickleObject.ListObject list -> list.items().addAll(items);
      case PickleObject.Opaque opaque -> {}
      case PickleObject other ->
          throw new IllegalArgumentException(
              "items are added to " + PickleArguments.kind(other) + ", not a list");
    }
  }

  /** Adds items to the set on top. */
  void addToSet(List<PickleObject> items) {
    if (!(top() instanceof PickleObject.SetObject set)) {
      throw new IllegalArgumentException(
          "items are added to " + PickleArguments.kind(top()) + ", not a set");
    }
    set.items().addAll(items);
  }

  /** Puts keys and values, in turn, into the dict on top. */
  void put(List<PickleObject> keysAndValues) {
    if (keysAndValues.size() % 2 != 0) {
      throw new IllegalArgumentException("a dict gets a key without a value");
    }
    switch (top()) {
      case PickleObject.DictObject dict -> dict.keysAndValues().addAll(keysAndValues);
      case PickleObject.Opaque opaque -> {}
      case PickleObject other ->
          throw new IllegalArgumentException(
              "items are set in " + PickleArguments.kind(other) + ", not a dict");
    }
  }

  int memoSize() {
    return memo.size();
  }

  /** Keeps the object on top under {@code index}. */
  void memorize(long index) {
    // Python counts up from 0, Python 2 from 1; any gap would let a few bytes ask for a long list.
    if (index > memo.size() + 1L) {
      throw new IllegalArgumentException("memo " + index + " is set before memo " + memo.size());
    }
    while (memo.size() <= index) {
      memo.add(UNSET);
    }
    memo.set((int) index, top());
  }

  /** Pushes the object that was kept under {@code index}. */
  void recall(long index) {
    if (index >= memo.size() || UNSET.equals(memo.get((int) index))) {
      throw new IllegalArgumentException("memo " + index + " is used before it is set");
    }
    stack.add(memo.get((int) index));
  }

  /** The key whose value is being made, as far as the stack shows it, as a start of a message. */
  String nearestKey() {
    for (int i = stack.size() - 1; i >= Math.max(0, stack.size() - KEY_DEPTH); i--) {
      if (stack.get(i) instanceof PickleObject.Leaf leaf
          && leaf.value() instanceof Value.Text key
          && !ID_KINDS.contains(key.value())) {
        return "in '" + Excerpt.of(key.value()) + "': ";
      }
    }
    return "";
  }
}
