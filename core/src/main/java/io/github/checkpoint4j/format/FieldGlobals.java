package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Value;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the names in a pickled object of training arguments stand for: the object itself keeps its
 * attributes, its enumerations are their values, a path is its text, and every other object, of
 * whatever class, is a placeholder that makes nothing.
 */
final class FieldGlobals implements PickleGlobals {
  /** The classes whose fields are read, all of transformers. */
  private static final Set<String> CLASSES =
      Set.of(
          "transformers.training_args.TrainingArguments",
          "transformers.training_args_seq2seq.Seq2SeqTrainingArguments",
          "transformers.training_args_tf.TFTrainingArguments",
          "transformers.sagemaker.training_args_sm.SageMakerTrainingArguments");

  private static final Set<String> ENUMERATIONS =
      Set.of(
          "transformers.debug_utils.DebugOption",
          "transformers.training_args.OptimizerNames",
          "transformers.training_args.ParallelMode",
          "transformers.trainer_utils.EvaluationStrategy",
          "transformers.trainer_utils.FSDPOption",
          "transformers.trainer_utils.HubStrategy",
          "transformers.trainer_utils.IntervalStrategy",
          "transformers.trainer_utils.SaveStrategy",
          "transformers.trainer_utils.SchedulerType",
          "accelerate.utils.dataclasses.DistributedType");

  private static final Set<String> PATHS =
      Set.of(
          "pathlib.PosixPath",
          "pathlib.PurePosixPath",
          "pathlib.WindowsPath",
          "pathlib.PureWindowsPath",
          "pathlib._local.PosixPath",
          "pathlib._local.WindowsPath");

  /** Functions of plain values, which mean the same in every pickle. */
  private static final Set<String> PLAIN =
      Set.of(
          "collections.OrderedDict",
          "collections.defaultdict",
          "builtins.set",
          "builtins.frozenset",
          "builtins.complex",
          "builtins.bytes",
          "builtins.bytearray",
          "_codecs.encode",
          "torch.Size",
          "torch.device");

  private static final Map<String, String> RENAMED = Map.of("__builtin__", "builtins");

  private final TorchGlobals plain;

  /**
   * @param pickleSize bytes of the pickle, which bound what its calls may convert
   */
  FieldGlobals(long pickleSize) {
    this.plain =
        new TorchGlobals(
            (storage, type, offset, shape, strides) -> {
              throw new IllegalArgumentException("a tensor among the arguments of a call");
            },
            pickleSize);
  }

  /** Whether the fields of objects of this class are read. */
  static boolean isRead(String className) {
    return CLASSES.contains(className);
  }

  @Override
  public PickleObject named(String module, String name) {
    String full = RENAMED.getOrDefault(module, module) + "." + name;
    boolean isRead =
        CLASSES.contains(full)
            || ENUMERATIONS.contains(full)
            || PATHS.contains(full)
            || PLAIN.contains(full);
    return isRead ? new PickleObject.Global(full) : new PickleObject.Opaque(full);
  }

  @Override
  public PickleObject call(PickleObject callee, List<PickleObject> arguments)
      throws UnsupportedFeatureException {
    if (!(callee instanceof PickleObject.Global global)) {
      return new PickleObject.Opaque(name(callee));
    }
    if (CLASSES.contains(global.name())) {
      return new PickleObject.Instance(global.name());
    }
    if (ENUMERATIONS.contains(global.name())) {
      return new PickleArguments(arguments).get(0);
    }
    return PATHS.contains(global.name()) ? path(global, arguments) : plain.call(global, arguments);
  }

  private static PickleObject path(PickleObject.Global type, List<PickleObject> parts) {
    String separator = type.name().endsWith("WindowsPath") ? "\\" : "/";
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < parts.size(); i++) {
      String part = new PickleArguments(parts).text(i);
      boolean joined = path.isEmpty() || path.toString().endsWith(separator);
      path.append(joined ? "" : separator).append(part);
    }
    return new PickleObject.Leaf(Value.of(path.isEmpty() ? "." : path.toString()));
  }

  @Override
  public PickleObject build(PickleObject object, PickleObject state) {
    if (object instanceof PickleObject.Instance instance
        && state instanceof PickleObject.DictObject attributes) {
      instance.setAttributes(attributes);
    }
    return object;
  }

  /** A tensor's storage, in place of which nothing is made. */
  static PickleObject persistent(PickleObject id) {
    return new PickleObject.Opaque("torch.storage.UntypedStorage");
  }

  private static String name(PickleObject object) {
    return object instanceof PickleObject.Opaque opaque
        ? opaque.name()
        : PickleArguments.kind(object);
  }
}
