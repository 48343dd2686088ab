package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
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
  private long convertible;

  /**
   * @param convertible how many characters and items calls may convert in all. A pickle converts
   *     each of its bytes once; one that refers to the same bytes again and again could take much
   *     memory.
   */
  PickleGlobals(TorchTensors tensors, long convertible) {
    this.tensors = tensors;
    this.convertible = convertible;
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
    throw new UnsupportedFeatureException(refusal(module, full, Excerpt.of(full)));
  }

  private static String refusal(String module, String full, String shown) {
    String advice = ADVICE.get(full);
    if (advice != null) {
      return "it holds a '" + shown + "', which is not read; in Python " + advice;
    }
    String outermost = module.contains(".") ? module.substring(0, module.indexOf('.')) : module;
    if (ACTING_MODULES.contains(outermost) || outermost.equals("__builtin__")) {
      return "it asks Python to call '"
          + shown
          + "' when it is loaded, which no state needs; nothing was run;"
          + " do not load this file in Python unless you trust where it comes from";
    }
    boolean inTorch = full.startsWith("torch.") && full.indexOf('.', "torch.".length()) < 0;
    if (inTorch || full.endsWith("Storage")) {
      return "it holds a '" + shown + "', a type that is not read; in Python convert it first";
    }
    if (full.startsWith("torch.nn.modules.") || module.equals("__main__")) {
      return "'"
          + shown
          + "' is a class: this is a whole pickled module;"
          + " in Python save model.state_dict() instead of the model";
    }
    return "'"
        + shown
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
    PickleArguments args = new PickleArguments(arguments);
    charge(args);
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

  private void charge(PickleArguments args) {
    if (args.size() > 0) {
      charge(
          switch (args.get(0)) {
            case PickleObject.Leaf leaf when leaf.value() instanceof Value.Text text ->
                text.value().length();
            case PickleObject.ListObject list -> list.items().size();
            default -> 0;
          });
    }
  }

  /**
   * Counts a conversion.
   *
   * @throws IllegalArgumentException if there were too many
   */
  void charge(long size) {
    convertible -= size;
    if (convertible < 0) {
      throw new IllegalArgumentException("it converts the same objects over and over");
    }
  }

  private static PickleObject dict() {
    return new PickleObject.DictObject();
  }

  private static PickleObject leaf(Value value) {
    return new PickleObject.Leaf(value);
  }

  /** A tensor of a subclass, or one with attributes; what it is besides a tensor is left out. */
  private PickleObject fromType(PickleArguments args) throws UnsupportedFeatureException {
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
  private PickleObject tensor(PickleArguments args, boolean untyped)
      throws UnsupportedFeatureException {
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
}
