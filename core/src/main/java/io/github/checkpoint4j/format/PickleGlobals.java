package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The classes and functions that a pickle of state may name, and what a call of each makes. None is
 * ever loaded or run: each name stands for a few lines here. All others are refused by name.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/main/torch/_weights_only_unpickler.py">_weights_only_unpickler.py,
 *     _get_allowed_globals</a> and torch/_utils.py for the arguments
 */
final class PickleGlobals {
  private static final Set<String> CALLS =
      Set.of(
          "collections.OrderedDict",
          "collections.Counter",
          "torch.Size",
          "torch.device",
          "torch.Tensor",
          "torch.nn.parameter.Parameter",
          "torch._utils._rebuild_tensor",
          "torch._utils._rebuild_tensor_v2",
          "torch._utils._rebuild_tensor_v3",
          "torch._utils._rebuild_parameter",
          "torch._utils._rebuild_parameter_with_state",
          "torch._tensor._rebuild_from_type_v2",
          "_codecs.encode",
          "builtins.bytes",
          "builtins.bytearray",
          "numpy.dtype",
          "numpy.ndarray",
          "numpy._core.multiarray._reconstruct",
          "numpy._core.multiarray.scalar");

  /** Modules as older Python and numpy name them. */
  private static final Map<String, String> RENAMED =
      Map.of("__builtin__", "builtins", "numpy.core.multiarray", "numpy._core.multiarray");

  private static final Set<String> ACTING_MODULES =
      Set.of(
          "posix",
          "nt",
          "os",
          "sys",
          "subprocess",
          "builtins",
          "runpy",
          "shutil",
          "socket",
          "importlib",
          "pty",
          "ctypes",
          "webbrowser",
          "code",
          "timeit",
          "pickle",
          "operator");

  private static final Map<String, String> ADVICE =
      Map.of(
          "torch._utils._rebuild_qtensor", "save tensor.dequantize() instead",
          "torch._utils._rebuild_sparse_tensor", "save tensor.to_dense() instead",
          "torch._utils._rebuild_nested_tensor", "save tensor.unbind() instead",
          "torch._utils._rebuild_meta_tensor_no_storage",
              "a tensor on device 'meta' has no elements: load the weights before saving",
          "builtins.set", "save sorted(values) instead",
          "builtins.frozenset", "save sorted(values) instead",
          "builtins.complex", "save the real and the imaginary part instead",
          "argparse.Namespace", "save vars(args) instead",
          "collections.defaultdict", "save dict(values) instead");

  private final TorchTensors tensors;

  PickleGlobals(TorchTensors tensors) {
    this.tensors = tensors;
  }

  /**
   * The global of this name.
   *
   * @throws UnsupportedFeatureException if it is not one of the allowed ones
   */
  static PickleObject.Global named(String module, String name) throws UnsupportedFeatureException {
    String full = RENAMED.getOrDefault(module, module) + "." + name;
    PickleObject.Global global = new PickleObject.Global(full);
    if (CALLS.contains(full) || dtype(global).isPresent() || isStorage(global)) {
      return global;
    }
    throw new UnsupportedFeatureException(refusal(module, full));
  }

  private static String refusal(String module, String full) {
    String advice = ADVICE.get(full);
    if (advice != null) {
      return "it holds a '" + full + "', which is not read; in Python " + advice;
    }
    String outermost = module.contains(".") ? module.substring(0, module.indexOf('.')) : module;
    if (ACTING_MODULES.contains(outermost) || outermost.equals("__builtin__")) {
      return "it asks Python to call '"
          + full
          + "' when it is loaded, which no state needs; nothing was run;"
          + " do not load this file in Python unless you trust where it comes from";
    }
    boolean inTorch = full.startsWith("torch.") && full.indexOf('.', "torch.".length()) < 0;
    if (inTorch || full.endsWith("Storage")) {
      return "it holds a '" + full + "', a type that is not read; in Python convert it first";
    }
    if (full.startsWith("torch.nn.modules.") || module.equals("__main__")) {
      return "'"
          + full
          + "' is a class: this is a whole pickled module;"
          + " in Python save model.state_dict() instead of the model";
    }
    return "'"
        + full
        + "' is a class or function, and only plain state is read: dicts, lists, numbers, strings"
        + " and tensors; in Python save model.state_dict() instead of a whole pickled module,"
        + " and vars(object) instead of an object";
  }

  /** The dtype that a global names. */
  static Optional<TorchType> dtype(PickleObject.Global global) {
    return global.name().startsWith("torch.")
        ? TorchType.ofDtype(global.name().substring("torch.".length()))
        : Optional.empty();
  }

  private static boolean isStorage(PickleObject.Global global) {
    return isUntyped(global) || storageType(global).isPresent();
  }

  /** Whether the global is the class of storages of raw bytes. */
  static boolean isUntyped(PickleObject.Global global) {
    return global.name().equals("torch.storage.UntypedStorage")
        || global.name().equals("torch.UntypedStorage");
  }

  /** The type of the elements of a storage class. */
  static Optional<TorchType> storageType(PickleObject.Global global) {
    for (String module : List.of("torch.", "torch.cuda.")) {
      if (global.name().startsWith(module)) {
        Optional<TorchType> type =
            TorchType.ofStorageClass(global.name().substring(module.length()));
        if (type.isPresent()) {
          return type;
        }
      }
    }
    return Optional.empty();
  }

  /**
   * What Python's {@code global(*arguments)} makes.
   *
   * @throws IllegalArgumentException if the arguments are not those that the function takes, or ask
   *     for a tensor outside its storage
   * @throws UnsupportedFeatureException if the result is something that is not read here
   */
  PickleObject call(PickleObject.Global global, List<PickleObject> arguments)
      throws UnsupportedFeatureException {
    Arguments args = new Arguments(arguments);
    return switch (global.name()) {
      case "collections.OrderedDict" -> args.size() == 0 ? dict() : args.pairs(0);
      case "collections.Counter" -> args.size() == 0 ? dict() : args.dict(0);
      case "torch.Size" -> args.tuple(0);
      case "torch.device" -> leaf(Value.of(args.device()));
      case "torch._utils._rebuild_tensor",
          "torch._utils._rebuild_tensor_v2",
          "torch._utils._rebuild_tensor_v3" ->
          tensor(args, global.name().endsWith("_v3"));
      case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state" ->
          args.tensor(0);
      case "torch._tensor._rebuild_from_type_v2" -> fromType(args);
      case "_codecs.encode" -> leaf(Bytes.of(args.latin1(0)));
      case "builtins.bytes", "builtins.bytearray" ->
          leaf(
              args.size() == 0
                  ? Bytes.of(new byte[0])
                  : args.size() == 1 ? args.bytes(0) : Bytes.of(args.latin1(0)));
      case "numpy.dtype" -> NumpyPickle.type(args);
      case "numpy._core.multiarray._reconstruct" -> new PickleObject.NumpyArray();
      case "numpy._core.multiarray.scalar" -> leaf(NumpyPickle.scalar(args));
      default ->
          throw new UnsupportedFeatureException(
              "it calls '" + global.name() + "', which is not read; in Python convert it first");
    };
  }

  private static PickleObject dict() {
    return new PickleObject.DictObject();
  }

  private static PickleObject leaf(Value value) {
    return new PickleObject.Leaf(value);
  }

  /** A tensor of a subclass, or one with attributes; what it is besides a tensor is left out. */
  private PickleObject fromType(Arguments args) throws UnsupportedFeatureException {
    PickleObject.Global function = args.global(0);
    PickleObject.Global type = args.global(1);
    if (!function.name().startsWith("torch._utils._rebuild_")
        || !Set.of("torch.Tensor", "torch.nn.parameter.Parameter").contains(type.name())) {
      throw new UnsupportedFeatureException(
          "it holds a tensor of class '"
              + type.name()
              + "' made by '"
              + function.name()
              + "', which is not read; in Python convert it to a torch.Tensor first");
    }
    return call(function, args.tuple(2).items());
  }

  // _rebuild_tensor(storage, offset, size, stride),
  // _rebuild_tensor_v2(..., requires_grad, backward_hooks, metadata=None),
  // _rebuild_tensor_v3(..., requires_grad, backward_hooks, dtype, metadata=None)
  private PickleObject tensor(Arguments args, boolean untyped) throws UnsupportedFeatureException {
    PickleObject.Storage storage = args.storage(0);
    TorchType type =
        untyped
            ? dtype(args.global(6))
                .orElseThrow(() -> new IllegalArgumentException("a dtype is expected"))
            : storage.type().orElse(TorchType.UINT8);
    int metadata = untyped ? 7 : 6;
    if (args.size() > metadata && args.isFilledDict(metadata)) {
      throw new UnsupportedFeatureException(
          "it holds a tensor that is to be conjugated or negated on use;"
              + " in Python save tensor.resolve_conj().resolve_neg() instead");
    }
    Tensor tensor =
        tensors.view(storage, type, args.integer(1), args.integers(2), args.integers(3));
    return leaf(tensor);
  }

  /** The arguments of a call. */
  static final class Arguments {
    private final List<PickleObject> arguments;

    Arguments(List<PickleObject> arguments) {
      this.arguments = arguments;
    }

    int size() {
      return arguments.size();
    }

    PickleObject get(int index) {
      if (index >= arguments.size()) {
        throw new IllegalArgumentException(
            "more than the " + arguments.size() + " arguments found are expected");
      }
      return arguments.get(index);
    }

    private <T> T require(int index, Class<T> kind, String expected) {
      PickleObject argument = get(index);
      Object object = argument instanceof PickleObject.Leaf leaf ? leaf.value() : argument;
      if (!kind.isInstance(object)) {
        throw new IllegalArgumentException(
            "argument " + (index + 1) + " should be " + expected + " and is " + kind(argument));
      }
      return kind.cast(object);
    }

    /** Python's name for the kind of an object. */
    static String kind(PickleObject object) {
      return switch (object) {
        case PickleObject.Leaf leaf ->
            switch (leaf.value()) {
              case Value.Text text -> "a string";
              case Value.Int number -> "the number " + number.value();
              default -> leaf.value().getClass().getSimpleName();
            };
        case PickleObject.Global global -> "'" + global.name() + "'";
        default -> object.getClass().getSimpleName();
      };
    }

    PickleObject.Global global(int index) {
      return require(index, PickleObject.Global.class, "a class or function");
    }

    PickleObject.Storage storage(int index) {
      return require(index, PickleObject.Storage.class, "a storage");
    }

    PickleObject.TupleObject tuple(int index) {
      return require(index, PickleObject.TupleObject.class, "a tuple");
    }

    PickleObject.DictObject dict(int index) {
      return require(index, PickleObject.DictObject.class, "a dict");
    }

    PickleObject.Leaf tensor(int index) {
      require(index, Tensor.class, "a tensor");
      return (PickleObject.Leaf) get(index);
    }

    boolean isFilledDict(int index) {
      return get(index) instanceof PickleObject.DictObject dict && !dict.keysAndValues().isEmpty();
    }

    Bytes bytes(int index) {
      return require(index, Bytes.class, "bytes");
    }

    String text(int index) {
      return require(index, Value.Text.class, "a string").value();
    }

    long integer(int index) {
      return exact(require(index, Value.Int.class, "a whole number").value());
    }

    long[] integers(int index) {
      List<PickleObject> items = tuple(index).items();
      long[] numbers = new long[items.size()];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = new Arguments(items).integer(i);
      }
      return numbers;
    }

    private static long exact(BigInteger number) {
      if (number.bitLength() > 63) {
        throw new IllegalArgumentException("a number of more than 64 bits: not a size");
      }
      return number.longValue();
    }

    /** The bytes of a string that Python wrote as Latin-1 characters, for want of bytes. */
    byte[] latin1(int index) {
      String text = text(index);
      String encoding = text(index + 1).replace("-", "").replace("_", "");
      if (!encoding.equals("latin1") || text.chars().anyMatch(c -> c > 0xFF)) {
        throw new IllegalArgumentException("bytes as Latin-1 characters are expected");
      }
      return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    String device() {
      return size() > 1 ? text(0) + ":" + integer(1) : text(0);
    }

    /** A dict from a list of pairs, as older Pythons write an OrderedDict. */
    PickleObject.DictObject pairs(int index) {
      List<PickleObject> entries = new ArrayList<>();
      for (PickleObject pair :
          require(index, PickleObject.ListObject.class, "a list of pairs").items()) {
        List<PickleObject> keyAndValue =
            switch (pair) {
              case PickleObject.TupleObject tuple -> tuple.items();
              case PickleObject.ListObject list -> list.items();
              default -> List.of();
            };
        if (keyAndValue.size() != 2) {
          throw new IllegalArgumentException("a list of pairs is expected");
        }
        entries.addAll(keyAndValue);
      }
      return new PickleObject.DictObject(entries);
    }
  }
}
