package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.Value;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.List;

/**
 * The stack machine of Python's pickles, for plain state of protocols 1 to 5. No name is looked up
 * outside {@link PickleGlobals}, nothing is run, and memory is taken only for bytes that are there.
 *
 * @see <a href="https://github.com/python/cpython/blob/main/Lib/pickletools.py">pickletools.py</a>,
 *     the meaning of each opcode
 */
final class Pickle {
  private static final PickleObject NONE = new PickleObject.Leaf(Value.none());
  private static final PickleObject TRUE = new PickleObject.Leaf(Value.of(true));
  private static final PickleObject FALSE = new PickleObject.Leaf(Value.of(false));
  private static final PickleObject EMPTY = new PickleObject.TupleObject(List.of());

  /** Finds what a persistent id names. */
  interface Persistent {
    /**
     * The storage, or in files before 0.1.2 the tensor, of this id.
     *
     * @throws IllegalArgumentException if the id names none
     * @throws UnsupportedFeatureException if it cannot be read
     */
    PickleObject find(PickleObject id) throws UnsupportedFeatureException;
  }

  /**
   * What a pickle made.
   *
   * @param end where the byte after the pickle is
   */
  record Read(PickleObject object, long end) {}

  /** A step that reports what is wrong without saying where. */
  private interface Step {
    PickleObject run() throws UnsupportedFeatureException;
  }

  private final PickleBytes bytes;
  private final PickleGlobals globals;
  private final Persistent persistent;
  private final PickleStack stack = new PickleStack();

  private Pickle(PickleBytes bytes, PickleGlobals globals, Persistent persistent) {
    this.bytes = bytes;
    this.globals = globals;
    this.persistent = persistent;
  }

  /**
   * Reads the pickle that starts at {@code at}; other bytes may follow it.
   *
   * @param source the names of the file and the entry, for messages
   * @throws CorruptFileException if it is cut short, or its opcodes do not fit together
   * @throws UnsupportedFeatureException if it holds anything but plain state
   */
  static Read read(
      MemorySegment bytes, long at, String source, PickleGlobals globals, Persistent persistent)
      throws CorruptFileException, UnsupportedFeatureException {
    return new Pickle(new PickleBytes(bytes, at, source), globals, persistent).run();
  }

  /** Reads the pickle that {@code bytes} are, and nothing else. */
  static PickleObject readAll(
      MemorySegment bytes, String source, PickleGlobals globals, Persistent persistent)
      throws CorruptFileException, UnsupportedFeatureException {
    Read read = read(bytes, 0, source, globals, persistent);
    if (read.end != bytes.byteSize()) {
      throw new CorruptFileException(
          source
              + ", byte "
              + (read.end - 1)
              + ": the pickle ends here, and bytes are left over; the file is damaged or made by"
              + " hand: save it again");
    }
    return read.object;
  }

  private Read run() throws CorruptFileException, UnsupportedFeatureException {
    while (true) {
      int opcode = bytes.opcode();
      try {
        if (opcode == '.') { // STOP
          PickleObject result = stack.pop();
          if (!stack.isEmpty()) {
            throw bytes.corrupt("the pickle ends here, and objects are left over");
          }
          return new Read(result, bytes.position());
        }
        if (!makesConstant(opcode) && !makesContainer(opcode) && !usesMemo(opcode)) {
          act(opcode);
        }
      } catch (IllegalArgumentException e) {
        throw bytes.corrupt(e);
      }
    }
  }

  private boolean makesConstant(int opcode)
      throws CorruptFileException, UnsupportedFeatureException {
    switch (opcode) {
      case 'N' -> stack.push(NONE); // NONE
      case 0x88 -> stack.push(TRUE); // NEWTRUE
      case 0x89 -> stack.push(FALSE); // NEWFALSE
      case 'K' -> push(Value.of(bytes.u8())); // BININT1
      case 'M' -> push(Value.of(bytes.u16())); // BININT2
      case 'J' -> push(Value.of(bytes.i32())); // BININT
      case 0x8a -> push(new Value.Int(bytes.integer(bytes.u8()))); // LONG1
      case 0x8b -> push(new Value.Int(bytes.integer(bytes.u32()))); // LONG4
      case 'I' -> push(integer(bytes.line())); // INT, which Python 2 writes for 64 bits
      case 'L' -> push(decimal(bytes.line())); // LONG
      case 'G' -> push(Value.of(bytes.bigEndianDouble())); // BINFLOAT
      case 'X' -> push(Value.of(bytes.utf8(bytes.u32()))); // BINUNICODE
      case 0x8c -> push(Value.of(bytes.utf8(bytes.u8()))); // SHORT_BINUNICODE
      case 0x8d -> push(Value.of(bytes.utf8(bytes.u64()))); // BINUNICODE8
      case 'U' -> stack.push(new PickleObject.ByteString(bytes.raw(bytes.u8()))); // SHORT_BINSTRING
      case 'T' -> stack.push(new PickleObject.ByteString(bytes.raw(bytes.u32()))); // BINSTRING
      case 'C' -> push(Bytes.of(bytes.raw(bytes.u8()))); // SHORT_BINBYTES
      case 'B' -> push(Bytes.of(bytes.raw(bytes.u32()))); // BINBYTES
      case 0x8e, 0x96 -> push(Bytes.of(bytes.raw(bytes.u64()))); // BINBYTES8, BYTEARRAY8
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean makesContainer(int opcode) {
    switch (opcode) {
      case ')' -> stack.push(EMPTY); // EMPTY_TUPLE
      case 0x85 -> stack.push(new PickleObject.TupleObject(stack.popLast(1))); // TUPLE1
      case 0x86 -> stack.push(new PickleObject.TupleObject(stack.popLast(2))); // TUPLE2
      case 0x87 -> stack.push(new PickleObject.TupleObject(stack.popLast(3))); // TUPLE3
      case 't' -> stack.push(new PickleObject.TupleObject(stack.popMarked())); // TUPLE
      case ']' -> stack.push(new PickleObject.ListObject()); // EMPTY_LIST
      case '}' -> stack.push(new PickleObject.DictObject()); // EMPTY_DICT
      case 0x8f -> stack.push(new PickleObject.SetObject(false)); // EMPTY_SET
      case 'l' -> stack.push(new PickleObject.ListObject(stack.popMarked())); // LIST
      case 'd' -> { // DICT
        List<PickleObject> items = stack.popMarked();
        stack.push(new PickleObject.DictObject());
        stack.put(items);
      }
      case 0x91 -> stack.push(new PickleObject.SetObject(stack.popMarked(), true)); // FROZENSET
      case 'a' -> stack.append(stack.popLast(1)); // APPEND
      case 'e' -> stack.append(stack.popMarked()); // APPENDS
      case 0x90 -> stack.addToSet(stack.popMarked()); // ADDITEMS
      case 's' -> stack.put(stack.popLast(2)); // SETITEM
      case 'u' -> stack.put(stack.popMarked()); // SETITEMS
      case '(' -> stack.mark(); // MARK
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean usesMemo(int opcode) throws CorruptFileException {
    switch (opcode) {
      case 'q' -> stack.memorize(bytes.u8()); // BINPUT
      case 'r' -> stack.memorize(bytes.u32()); // LONG_BINPUT
      case 0x94 -> stack.memorize(stack.memoSize()); // MEMOIZE
      case 'h' -> stack.recall(bytes.u8()); // BINGET
      case 'j' -> stack.recall(bytes.u32()); // LONG_BINGET
      default -> {
        return false;
      }
    }
    return true;
  }

  private void act(int opcode) throws CorruptFileException, UnsupportedFeatureException {
    switch (opcode) {
      case 0x80 -> { // PROTO
        int protocol = bytes.u8();
        if (protocol > 5) {
          throw bytes.unsupported(
              "the pickle has protocol "
                  + protocol
                  + "; expected at most 5; save it with torch.save as it is by default");
        }
      }
      case 0x95 -> bytes.u64(); // FRAME
      case 'c' -> { // GLOBAL
        String module = bytes.line();
        String name = bytes.line();
        stack.push(placed(() -> globals.named(module, name)));
      }
      case 0x93 -> { // STACK_GLOBAL
        PickleArguments names = new PickleArguments(stack.popLast(2));
        stack.push(placed(() -> globals.named(names.text(0), names.text(1))));
      }
      case 'R', 0x81 -> { // REDUCE, NEWOBJ
        PickleArguments call = new PickleArguments(stack.popLast(2));
        stack.push(placed(() -> globals.call(call.get(0), call.tuple(1).items())));
      }
      case 'b' -> { // BUILD
        PickleObject state = stack.pop();
        PickleObject object = stack.top();
        placed(() -> globals.build(object, state));
      }
      case 'Q' -> { // BINPERSID
        PickleObject id = stack.pop();
        stack.push(placed(() -> persistent.find(id)));
      }
      case 'F', 'P', 'S', 'V', 'g', 'p' -> // FLOAT, PERSID, STRING, UNICODE, GET, PUT
          throw bytes.unsupported(
              "the pickle has protocol 0, which is text; expected 1 to 5;"
                  + " save it with torch.save as it is by default");
      default ->
          throw bytes.unsupported(
              String.format(
                  "the opcode 0x%02x is none of those that plain state needs;"
                      + " save the state with torch.save as it is by default",
                  opcode));
    }
  }

  /** Runs a step; what it says is wrong gets the place, and the key as far as it is known. */
  private PickleObject placed(Step step) throws UnsupportedFeatureException {
    try {
      return step.run();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(stack.nearestKey() + e.getMessage(), e);
    } catch (UnsupportedFeatureException e) {
      throw bytes.unsupported(stack.nearestKey() + e.getMessage());
    }
  }

  private void push(Value value) {
    stack.push(new PickleObject.Leaf(value));
  }

  /** Protocols 0 and 1 write booleans as whole numbers of two digits. */
  private static Value integer(String line) {
    return switch (line) {
      case "00" -> Value.of(false);
      case "01" -> Value.of(true);
      default -> decimal(line);
    };
  }

  private static Value decimal(String line) {
    String digits = line.endsWith("L") ? line.substring(0, line.length() - 1) : line;
    if (!digits.matches("-?[0-9]+")) {
      throw new IllegalArgumentException("'" + Excerpt.of(line) + "' is not a whole number");
    }
    return new Value.Int(new BigInteger(digits));
  }
}
