package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Bytes;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.state.Value;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What calls of the functions and classes of {@link TorchNames} make: each stands for a few lines
 * here.
 *
 * @see <a href="https://github.com/pytorch/pytorch/blob/main/torch/_utils.py">torch/_utils.py</a>,
 *     the arguments
 */
final class TorchGlobals implements PickleGlobals {
  /** Makes a tensor of a storage. */
  interface Views {
    /**
     * A tensor over a storage.
     *
     * @param offset the first element's index in the storage
     * @param strides for each dimension the distance, in elements, of neighbours
     * @throws IllegalArgumentException if it does not lie in the storage; the message says so
     * @throws UnsupportedFeatureException if it asks for more memory than the file warrants
     */
    Tensor view(
        PickleObject.Storage storage, TorchType type, long offset, long[] shape, long[] strides)
        throws UnsupportedFeatureException;
  }

  private final Views views;
  private long convertible;

  /**
   * @param convertible how many characters and items calls may convert in all. A pickle converts
   *     each of its bytes once; one that refers to the same bytes again and again could take much
   *     memory.
   */
  TorchGlobals(Views views, long convertible) {
    this.views = views;
    this.convertible = convertible;
  }

  @Override
  public PickleObject.Global named(String module, String name) throws UnsupportedFeatureException {
    return TorchNames.allowed(module, name);
  }

  @Override
  public PickleObject call(PickleObject callee, List<PickleObject> arguments)
      throws UnsupportedFeatureException {
    PickleObject.Global global = new PickleArguments(List.of(callee)).global(0);
    PickleArguments args = new PickleArguments(arguments);
    charge(args);
    return switch (global.name()) {
      case "collections.OrderedDict" -> args.size() == 0 ? dict() : args.pairs(0);
      case "collections.Counter" -> args.size() == 0 ? dict() : args.dict(0);
      case "collections.defaultdict" -> {
        if (args.size() > 0 && !args.isNone(0)) {
          args.global(0); // what would make a missing value
        }
        yield dict();
      }
      case "builtins.set" -> set(args, false);
      case "builtins.frozenset" -> set(args, true);
      case "builtins.complex" -> leaf(new Value.Complex(args.real(0), args.real(1)));
      case "_codecs.encode" -> leaf(Bytes.of(args.latin1(0)));
      case "builtins.bytes", "builtins.bytearray" ->
          leaf(
              args.size() == 0
                  ? Bytes.of(new byte[0])
                  : args.size() == 1 ? args.bytes(0) : Bytes.of(args.latin1(0)));
      case "numpy.dtype" -> NumpyPickle.type(args);
      case "numpy._core.multiarray._reconstruct" -> new PickleObject.NumpyArray();
      case "numpy._core.multiarray.scalar" -> leaf(NumpyPickle.scalar(args));
      case "numpy._core.numeric._frombuffer" -> NumpyPickle.fromBuffer(args, this);
      default -> callTorch(global, args);
    };
  }

  private PickleObject callTorch(PickleObject.Global global, PickleArguments args)
      throws UnsupportedFeatureException {
    return switch (global.name()) {
      case "torch.Size" -> args.tuple(0);
      case "torch.device" -> leaf(Value.of(args.device()));
      case "torch.serialization._get_layout" -> leaf(Value.of(args.text(0)));
      case "torch._utils._rebuild_tensor",
          "torch._utils._rebuild_tensor_v2",
          "torch._utils._rebuild_tensor_v3" ->
          tensor(args, global.name().endsWith("_v3"));
      case "torch._utils._rebuild_parameter",
          "torch._utils._rebuild_parameter_with_state",
          "torch.nn.parameter.Parameter",
          "torch.autograd.variable.Variable" ->
          args.tensor(0);
      case "torch._utils._rebuild_device_tensor_from_cpu_tensor" ->
          ofDtype((Tensor) args.tensor(0).value(), args);
      case "torch._utils._rebuild_device_tensor_from_numpy", "torch._utils._rebuild_xla_tensor" ->
          ofDtype(NumpyPickle.elements(args.numpyArray(0)), args);
      case "torch._tensor._rebuild_from_type", "torch._tensor._rebuild_from_type_v2" ->
          fromType(args);
      default ->
          throw new UnsupportedFeatureException(
              "it calls '" + global.name() + "', which is not read; in Python convert it first");
    };
  }

  @Override
  public PickleObject build(PickleObject object, PickleObject state)
      throws UnsupportedFeatureException {
    switch (object) {
      // The attributes of an OrderedDict: PyTorch keeps version numbers of modules there.
      case PickleObject.DictObject dict -> {}
      case PickleObject.NumpyType type -> NumpyPickle.setState(type, stateTuple(state));
      case PickleObject.NumpyArray array -> NumpyPickle.setState(array, stateTuple(state), this);
      // A parameter's (requires_grad, volatile, hooks), which PyTorch pickled before 0.4.
      case PickleObject.Leaf leaf
          when leaf.value() instanceof Tensor
              && state instanceof PickleObject.TupleObject tuple
              && tuple.items().size() == 3 -> {}
      default ->
          throw new UnsupportedFeatureException(
              "it sets the attributes of "
                  + PickleArguments.kind(object)
                  + ", which is not read; in Python save plain values");
    }
    return object;
  }

  private static PickleArguments stateTuple(PickleObject state) {
    return new PickleArguments(new PickleArguments(List.of(state)).tuple(0).items());
  }

  private void charge(PickleArguments args) {
    if (args.size() > 0) {
      charge(
          switch (args.get(0)) {
            case PickleObject.Leaf leaf when leaf.value() instanceof Value.Text text ->
                text.value().length();
            case PickleObject.ByteString bytes -> bytes.size();
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

  private static PickleObject set(PickleArguments args, boolean frozen) {
    PickleObject.SetObject set = new PickleObject.SetObject(frozen);
    if (args.size() > 0) {
      set.items().addAll(args.list(0).items());
    }
    return set;
  }

  private static PickleObject leaf(Value value) {
    return new PickleObject.Leaf(value);
  }

  // _rebuild_from_type_v2(function, type, arguments, attributes): a tensor of a subclass, or one
  // with attributes; what it is besides a tensor is left out.
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

  // _rebuild_device_tensor_from_...(data, dtype, device, requires_grad)
  private static PickleObject ofDtype(Tensor tensor, PickleArguments args)
      throws UnsupportedFeatureException {
    TorchType type = tensorDtype(args.global(1));
    if (tensor.dtype() != type.dtype()) {
      throw new UnsupportedFeatureException(
          "it holds a tensor of "
              + tensor.dtype()
              + " that Python would convert to '"
              + type.dtypeName()
              + "', which is not done here; in Python save tensor.cpu() instead");
    }
    return leaf(tensor);
  }

  private static TorchType tensorDtype(PickleObject.Global global)
      throws UnsupportedFeatureException {
    Optional<TorchType> type = TorchNames.dtype(global);
    if (type.isEmpty() && TorchNames.isWord(global)) {
      throw new UnsupportedFeatureException(
          "it holds a tensor of dtype '"
              + global.name()
              + "', whose elements are not read; in Python save tensor.view(torch.uint8) instead");
    }
    return type.orElseThrow(
        () ->
            new IllegalArgumentException(
                "a dtype is expected and is " + PickleArguments.kind(global)));
  }

  // _rebuild_tensor(storage, offset, size, stride),
  // _rebuild_tensor_v2(..., requires_grad, backward_hooks, metadata=None),
  // _rebuild_tensor_v3(..., requires_grad, backward_hooks, dtype, metadata=None)
  private PickleObject tensor(PickleArguments args, boolean untyped)
      throws UnsupportedFeatureException {
    PickleObject.Storage storage = args.storage(0);
    TorchType type = untyped ? tensorDtype(args.global(6)) : storage.elementType();
    int metadata = untyped ? 7 : 6;
    if (args.size() > metadata && args.isFilledDict(metadata)) {
      throw new UnsupportedFeatureException(
          "it holds a tensor that is to be conjugated or negated on use;"
              + " in Python save tensor.resolve_conj().resolve_neg() instead");
    }
    return leaf(views.view(storage, type, args.integer(1), args.integers(2), args.integers(3)));
  }
}
