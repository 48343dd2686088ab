package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The stack machine of Python's pickles, for plain state of protocols 2 to 5. No name is looked up
 * outside {@link PickleGlobals}, nothing is run, and memory is taken only for bytes that are there.
 *
 * @see <a href="https://github.com/python/cpython/blob/main/Lib/pickletools.py">pickletools.py</a>,
 *     the meaning of each opcode
 */
final class Pickle {
  private static final PickleObject NONE = new PickleObject.Leaf(Value.none());
  private static final PickleObject TRUE = new PickleObject.Leaf(Value.of(true));
  private static final PickleObject FALSE = new PickleObject.Leaf(Value.of(false));
  private static final PickleObject UNSET = new PickleObject.Global("");
  private static final PickleObject EMPTY = new PickleObject.TupleObject(List.of());

  /** Bytes of the largest whole number: more than any state has, few enough to print it. */
  private static final int LARGEST_INTEGER = 1 << 16;

  /** Finds the memory that a persistent id names. */
  interface Storages {
    /**
     * The storage of this id.
     *
     * @throws IllegalArgumentException if the id names none
     * @throws UnsupportedFeatureException if it cannot be read
     */
    PickleObject.Storage find(PickleObject id) throws UnsupportedFeatureException;
  }

  /** A step that reports what is wrong without saying where. */
  private interface Step {
    PickleObject run() throws UnsupportedFeatureException;
  }

  private final MemorySegment bytes;
  private final String source;
  private final PickleGlobals globals;
  private final Storages storages;
  private final List<PickleObject> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final List<PickleObject> memo = new ArrayList<>();
  private long at;
  private long opcodeAt;

  private Pickle(MemorySegment bytes, String source, PickleGlobals globals, Storages storages) {
    this.bytes = bytes;
    this.source = source;
    this.globals = globals;
    this.storages = storages;
  }

  /**
   * What the pickle makes.
   *
   * @param source the names of the file and the entry, for messages
   * @throws CorruptFileException if it is cut short, or its opcodes do not fit together
   * @throws UnsupportedFeatureException if it holds anything but plain state
   */
  static PickleObject read(
      MemorySegment bytes, String source, PickleGlobals globals, Storages storages)
      throws CorruptFileException, UnsupportedFeatureException {
    return new Pickle(bytes, source, globals, storages).run();
  }

  private PickleObject run() throws CorruptFileException, UnsupportedFeatureException {
    while (true) {
      opcodeAt = at;
      int opcode = u8();
      if (opcode == '.') { // STOP
        PickleObject result = pop();
        if (!stack.isEmpty() || !marks.isEmpty() || at != bytes.byteSize()) {
          throw corrupt("the pickle ends here, and objects or bytes are left over");
        }
        return result;
      }
      if (!makesConstant(opcode) && !makesContainer(opcode) && !usesMemo(opcode)) {
        act(opcode);
      }
    }
  }

  private boolean makesConstant(int opcode)
      throws CorruptFileException, UnsupportedFeatureException {
    switch (opcode) {
      case 'N' -> stack.add(NONE); // NONE
      case 0x88 -> stack.add(TRUE); // NEWTRUE
      case 0x89 -> stack.add(FALSE); // NEWFALSE
      case 'K' -> push(Value.of(u8())); // BININT1
      case 'M' -> push(Value.of(LittleEndian.unsignedShort(bytes, take(2)))); // BININT2
      case 'J' -> push(Value.of(bytes.get(LittleEndian.INT, take(4)))); // BININT
      case 0x8a -> push(integer(u8())); // LONG1
      case 0x8b -> push(integer(u32())); // LONG4
      case 'G' -> // BINFLOAT
          push(
              Value.of(
                  Double.longBitsToDouble(
                      Long.reverseBytes(LittleEndian.signedLong(bytes, take(8))))));
      case 'X' -> push(Value.of(utf8(u32()))); // BINUNICODE
      case 0x8c -> push(Value.of(utf8(u8()))); // SHORT_BINUNICODE
      case 0x8d -> push(Value.of(utf8(u64()))); // BINUNICODE8
      case 'U', 'C' -> push(Bytes.of(raw(u8()))); // SHORT_BINSTRING, SHORT_BINBYTES
      case 'T', 'B' -> push(Bytes.of(raw(u32()))); // BINSTRING, BINBYTES
      case 0x8e, 0x96 -> push(Bytes.of(raw(u64()))); // BINBYTES8, BYTEARRAY8
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean makesContainer(int opcode) throws CorruptFileException {
    switch (opcode) {
      case ')' -> stack.add(EMPTY); // EMPTY_TUPLE
      case 0x85 -> stack.add(new PickleObject.TupleObject(popLast(1))); // TUPLE1
      case 0x86 -> stack.add(new PickleObject.TupleObject(popLast(2))); // TUPLE2
      case 0x87 -> stack.add(new PickleObject.TupleObject(popLast(3))); // TUPLE3
      case 't' -> stack.add(new PickleObject.TupleObject(popMarked())); // TUPLE
      case ']' -> stack.add(new PickleObject.ListObject()); // EMPTY_LIST
      case '}' -> stack.add(new PickleObject.DictObject()); // EMPTY_DICT
      case 'l' -> stack.add(new PickleObject.ListObject(popMarked())); // LIST
      case 'd' -> putAll(new PickleObject.DictObject(), popMarked(), true); // DICT
      case 'a' -> addAll(popLast(1)); // APPEND
      case 'e' -> addAll(popMarked()); // APPENDS
      case 's' -> putAll(target(2), popLast(2), false); // SETITEM
      case 'u' -> { // SETITEMS
        List<PickleObject> items = popMarked();
        putAll(top(), items, false);
      }
      case '(' -> marks.add(stack.size()); // MARK
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean usesMemo(int opcode) throws CorruptFileException {
    switch (opcode) {
      case 'q' -> memorize(u8()); // BINPUT
      case 'r' -> memorize(u32()); // LONG_BINPUT
      case 0x94 -> memorize(memo.size()); // MEMOIZE
      case 'h' -> stack.add(recall(u8())); // BINGET
      case 'j' -> stack.add(recall(u32())); // LONG_BINGET
      default -> {
        return false;
      }
    }
    return true;
  }

  private void act(int opcode) throws CorruptFileException, UnsupportedFeatureException {
    switch (opcode) {
      case 0x80 -> { // PROTO
        int protocol = u8();
        if (protocol > 5) {
          throw unsupported(
              "the pickle has protocol "
                  + protocol
                  + "; expected at most 5; save it with torch.save as it is by default");
        }
      }
      case 0x95 -> u64(); // FRAME
      case 'c' -> { // GLOBAL
        String module = line();
        String name = line();
        stack.add(placed(() -> PickleGlobals.named(module, name)));
      }
      case 0x93 -> { // STACK_GLOBAL
        PickleArguments names = new PickleArguments(popLast(2));
        stack.add(placed(() -> PickleGlobals.named(names.text(0), names.text(1))));
      }
      case 'R', 0x81 -> { // REDUCE, NEWOBJ
        List<PickleObject> call = popLast(2);
        PickleArguments parts = new PickleArguments(call);
        stack.add(placed(() -> globals.call(parts.global(0), parts.tuple(1).items())));
      }
      case 'b' -> build(pop()); // BUILD
      case 'Q' -> { // BINPERSID
        PickleObject id = pop();
        stack.add(placed(() -> storages.find(id)));
      }
      case 0x8f, 0x90, 0x91 -> // EMPTY_SET, ADDITEMS, FROZENSET
          throw unsupported("it holds a set, which is not read; in Python save sorted(values)");
      default ->
          throw unsupported(
              String.format(
                  "the opcode 0x%02x is none of those that plain state needs;"
                      + " save the state with torch.save as it is by default",
                  opcode));
    }
  }

  private void build(PickleObject state) throws CorruptFileException, UnsupportedFeatureException {
    PickleObject object = top();
    switch (object) {
      // The attributes of an OrderedDict: PyTorch keeps version numbers of modules there.
      case PickleObject.DictObject dict -> {}
      case PickleObject.NumpyType type ->
          placed(
              () -> {
                NumpyPickle.setState(type, stateTuple(state));
                return type;
              });
      case PickleObject.NumpyArray array ->
          placed(
              () -> {
                NumpyPickle.setState(array, stateTuple(state), globals);
                return array;
              });
      default ->
          throw unsupported(
              "it sets the attributes of "
                  + PickleArguments.kind(object)
                  + ", which is not read; in Python save plain values");
    }
  }

  private static List<PickleObject> stateTuple(PickleObject state) {
    return new PickleArguments(List.of(state)).tuple(0).items();
  }

  private PickleObject placed(Step step) throws CorruptFileException, UnsupportedFeatureException {
    try {
      return step.run();
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException(
          place()
              + nearestKey()
              + e.getMessage()
              + "; the file is damaged or made by hand: save it again",
          e);
    } catch (UnsupportedFeatureException e) {
      throw new UnsupportedFeatureException(place() + nearestKey() + e.getMessage());
    }
  }

  /** The key whose value is being made, as far as the stack shows it. */
  private String nearestKey() {
    for (int i = stack.size() - 1; i >= Math.max(0, stack.size() - 8); i--) {
      if (stack.get(i) instanceof PickleObject.Leaf leaf
          && leaf.value() instanceof Value.Text key
          && !key.value().equals("storage")) {
        return "in '" + Excerpt.of(key.value()) + "': ";
      }
    }
    return "";
  }

  private void push(Value value) {
    stack.add(new PickleObject.Leaf(value));
  }

  private int floor() {
    return marks.isEmpty() ? 0 : marks.getLast();
  }

  private PickleObject top() throws CorruptFileException {
    return target(0);
  }

  /** The object under the last {@code above}. */
  private PickleObject target(int above) throws CorruptFileException {
    if (stack.size() - above <= floor()) {
      throw corrupt("the opcode needs more objects than are on the stack");
    }
    return stack.get(stack.size() - 1 - above);
  }

  private PickleObject pop() throws CorruptFileException {
    PickleObject top = top();
    stack.removeLast();
    return top;
  }

  private List<PickleObject> popLast(int count) throws CorruptFileException {
    target(count - 1);
    List<PickleObject> last = stack.subList(stack.size() - count, stack.size());
    List<PickleObject> popped = new ArrayList<>(last);
    last.clear();
    return popped;
  }

  private List<PickleObject> popMarked() throws CorruptFileException {
    if (marks.isEmpty()) {
      throw corrupt("the opcode needs a mark on the stack");
    }
    int mark = marks.removeLast();
    List<PickleObject> last = stack.subList(mark, stack.size());
    List<PickleObject> popped = new ArrayList<>(last);
    last.clear();
    return popped;
  }

  private void addAll(List<PickleObject> items) throws CorruptFileException {
    if (!(top() instanceof PickleObject.ListObject list)) {
      throw corrupt("items are added to " + PickleArguments.kind(top()) + ", not a list");
    }
    list.items().addAll(items);
  }

  private void putAll(PickleObject target, List<PickleObject> items, boolean push)
      throws CorruptFileException {
    if (!(target instanceof PickleObject.DictObject dict)) {
      throw corrupt("items are set in " + PickleArguments.kind(target) + ", not a dict");
    }
    if (items.size() % 2 != 0) {
      throw corrupt("a dict gets a key without a value");
    }
    dict.keysAndValues().addAll(items);
    if (push) {
      stack.add(dict);
    }
  }

  private void memorize(long index) throws CorruptFileException {
    // Python counts up from 0, Python 2 from 1; any gap would let a few bytes ask for a long list.
    if (index > memo.size() + 1L) {
      throw corrupt("memo " + index + " is set before memo " + memo.size());
    }
    while (memo.size() <= index) {
      memo.add(UNSET);
    }
    memo.set((int) index, top());
  }

  private PickleObject recall(long index) throws CorruptFileException {
    if (index >= memo.size() || UNSET.equals(memo.get((int) index))) {
      throw corrupt("memo " + index + " is used before it is set");
    }
    return memo.get((int) index);
  }

  private int u8() throws CorruptFileException {
    return LittleEndian.unsignedByte(bytes, take(1));
  }

  private long u32() throws CorruptFileException {
    return LittleEndian.unsignedInt(bytes, take(4));
  }

  private long u64() throws CorruptFileException {
    return LittleEndian.signedLong(bytes, take(8));
  }

  /** Where the next {@code size} bytes start, having passed them. */
  private long take(long size) throws CorruptFileException {
    if (size < 0 || size > bytes.byteSize() - at) {
      throw corrupt(
          "it needs "
              + Long.toUnsignedString(size)
              + " bytes here, and "
              + (bytes.byteSize() - at)
              + " are left: cut short?");
    }
    long start = at;
    at += size;
    return start;
  }

  private byte[] raw(long size) throws CorruptFileException, UnsupportedFeatureException {
    long start = take(size);
    if (size > Integer.MAX_VALUE - 8) {
      throw unsupported(
          "it holds a string or bytes of "
              + size
              + " bytes; expected less than 2 GiB; in Python save it as a tensor");
    }
    return bytes.asSlice(start, size).toArray(ValueLayout.JAVA_BYTE);
  }

  private String utf8(long size) throws CorruptFileException, UnsupportedFeatureException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(raw(size))).toString();
    } catch (CharacterCodingException e) {
      throw new CorruptFileException(
          place() + "a string is not UTF-8; the file is damaged: save it again", e);
    }
  }

  private Value integer(long size) throws CorruptFileException, UnsupportedFeatureException {
    if (size > LARGEST_INTEGER) {
      throw unsupported(
          "it holds a whole number of "
              + size
              + " bytes; expected at most "
              + LARGEST_INTEGER
              + "; in Python save it as a string");
    }
    if (size == 0) {
      return Value.of(0);
    }
    byte[] bigEndian = new byte[(int) size];
    long start = take(size);
    for (int i = 0; i < bigEndian.length; i++) {
      bigEndian[i] = bytes.get(ValueLayout.JAVA_BYTE, start + bigEndian.length - 1 - i);
    }
    return new Value.Int(new BigInteger(bigEndian));
  }

  private String line() throws CorruptFileException, UnsupportedFeatureException {
    long start = at;
    while (u8() != '\n') {
      if (at - start > 1000) {
        throw corrupt("a name of more than 1000 bytes");
      }
    }
    long end = at;
    at = start;
    String line = utf8(end - 1 - start);
    at = end;
    return line;
  }

  private String place() {
    return source + ", byte " + opcodeAt + ": ";
  }

  private CorruptFileException corrupt(String what) {
    return new CorruptFileException(
        place() + what + "; the file is damaged or made by hand: save it again");
  }

  private UnsupportedFeatureException unsupported(String what) {
    return new UnsupportedFeatureException(place() + what);
  }
}
