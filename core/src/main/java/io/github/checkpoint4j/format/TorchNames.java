package io.github.checkpoint4j.format;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The names of classes and functions that a pickle of state may have. All others are refused.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/main/torch/_weights_only_unpickler.py">_weights_only_unpickler.py,
 *     _get_allowed_globals</a>
 */
final class TorchNames {
  private static final Set<String> CALLS =
      Set.of(
          "collections.OrderedDict",
          "collections.Counter",
          "collections.defaultdict",
          "torch.Size",
          "torch.device",
          "torch.Tensor",
          "torch.nn.parameter.Parameter",
          "torch.autograd.variable.Variable",
          "torch.serialization._get_layout",
          "torch._utils._rebuild_tensor",
          "torch._utils._rebuild_tensor_v2",
          "torch._utils._rebuild_tensor_v3",
          "torch._utils._rebuild_parameter",
          "torch._utils._rebuild_parameter_with_state",
          "torch._utils._rebuild_device_tensor_from_cpu_tensor",
          "torch._utils._rebuild_device_tensor_from_numpy",
          "torch._utils._rebuild_xla_tensor",
          "torch._tensor._rebuild_from_type",
          "torch._tensor._rebuild_from_type_v2",
          "_codecs.encode",
          "builtins.bytes",
          "builtins.bytearray",
          "builtins.complex",
          "builtins.set",
          "builtins.frozenset",
          "numpy.dtype",
          "numpy.ndarray",
          "numpy._core.multiarray._reconstruct",
          "numpy._core.multiarray.scalar",
          "numpy._core.numeric._frombuffer");

  /** What a defaultdict may make its values with; these are named and never called. */
  private static final Set<String> FACTORIES =
      Set.of(
          "builtins.list",
          "builtins.dict",
          "builtins.tuple",
          "builtins.int",
          "builtins.long",
          "builtins.float",
          "builtins.bool",
          "builtins.str",
          "builtins.unicode");

  /** What may be a value but not the dtype of a tensor that is read. */
  private static final Set<String> WORDS =
      Set.of(
          "torch.uint1",
          "torch.uint2",
          "torch.uint3",
          "torch.uint4",
          "torch.uint5",
          "torch.uint6",
          "torch.uint7",
          "torch.int1",
          "torch.int2",
          "torch.int3",
          "torch.int4",
          "torch.int5",
          "torch.int6",
          "torch.int7",
          "torch.bits8",
          "torch.bits16",
          "torch.bits1x8",
          "torch.bits2x4",
          "torch.bits4x2",
          "torch.qint8",
          "torch.qint32",
          "torch.quint8",
          "torch.quint4x2",
          "torch.quint2x4",
          "torch.per_tensor_affine",
          "torch.per_tensor_symmetric",
          "torch.per_channel_affine",
          "torch.per_channel_symmetric",
          "torch.per_channel_affine_float_qparams");

  /** Modules as older versions of Python, numpy and PyTorch name them. */
  private static final Map<String, String> RENAMED =
      Map.of(
          "__builtin__", "builtins",
          "numpy.core.multiarray", "numpy._core.multiarray",
          "numpy.core.numeric", "numpy._core.numeric",
          "torch.tensor", "torch._tensor");

  private TorchNames() {}

  /**
   * The global of this name.
   *
   * @throws UnsupportedFeatureException if it is not one of the allowed ones
   */
  static PickleObject.Global allowed(String module, String name)
      throws UnsupportedFeatureException {
    String full = RENAMED.getOrDefault(module, module) + "." + name;
    PickleObject.Global global = new PickleObject.Global(full);
    if (CALLS.contains(full)
        || FACTORIES.contains(full)
        || isWord(global)
        || isUntyped(global)
        || storageType(global).isPresent()
        || tensorType(global).isPresent()) {
      return global;
    }
    throw GlobalRefusal.of(module, full);
  }

  /** The dtype that a global names. */
  static Optional<TorchType> dtype(PickleObject.Global global) {
    return global.name().startsWith("torch.")
        ? TorchType.ofDtype(global.name().substring("torch.".length()))
        : Optional.empty();
  }

  /** Whether the global is a value that reads as its name: a dtype or a quantization scheme. */
  static boolean isWord(PickleObject.Global global) {
    return dtype(global).isPresent() || WORDS.contains(global.name());
  }

  /** Whether the global is the class of storages of raw bytes. */
  static boolean isUntyped(PickleObject.Global global) {
    return global.name().equals("torch.storage.UntypedStorage")
        || global.name().equals("torch.UntypedStorage");
  }

  /** The type of the elements of a storage class. */
  static Optional<TorchType> storageType(PickleObject.Global global) {
    return className(global).flatMap(TorchType::ofStorageClass);
  }

  /** The type of the elements of a tensor class, as files before 0.1.2 name it. */
  static Optional<TorchType> tensorType(PickleObject.Global global) {
    return className(global).flatMap(TorchType::ofTensorClass);
  }

  private static Optional<String> className(PickleObject.Global global) {
    for (String module : List.of("torch.cuda.", "torch.")) {
      if (global.name().startsWith(module)) {
        return Optional.of(global.name().substring(module.length()));
      }
    }
    return Optional.empty();
  }
}
