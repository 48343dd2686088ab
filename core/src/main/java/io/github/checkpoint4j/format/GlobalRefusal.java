package io.github.checkpoint4j.format;

import java.util.Map;
import java.util.Set;

/** Why a class or function that a pickle names is refused, and what to do about it. */
final class GlobalRefusal {
  private static final Set<String> ACTING_MODULES =
      Set.of(
          "posix",
          "nt",
          "os",
          "sys",
          "subprocess",
          "builtins",
          "__builtin__",
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
          "torch._utils._rebuild_wrapper_subclass",
              "convert the tensor of a subclass to a torch.Tensor before saving",
          "torch.storage._load_from_bytes", "use torch.save instead of pickle.dump",
          "builtins.range", "save list(values) instead",
          "builtins.xrange", "save list(values) instead",
          "builtins.slice", "save its start, stop and step instead",
          "argparse.Namespace", "save vars(args) instead");

  private GlobalRefusal() {}

  /**
   * The refusal of a name.
   *
   * @param module the module as the pickle names it
   * @param full module and name, as they are called today
   */
  static UnsupportedFeatureException of(String module, String full) {
    return new UnsupportedFeatureException(message(module, full, Excerpt.of(full)));
  }

  private static String message(String module, String full, String shown) {
    String advice = ADVICE.get(full);
    if (advice != null) {
      return "it holds a '" + shown + "', which is not read; in Python " + advice;
    }
    if (full.startsWith("torch._utils.torch.")) {
      return "it holds a memory format, '"
          + shown.substring("torch._utils.".length())
          + "', which is not read; in Python save str(value) instead";
    }
    if (FieldGlobals.isRead(full)) {
      return "'"
          + shown
          + "' is a class of training arguments and no state;"
          + " read its plain fields with PyTorch.readTrainingArguments";
    }
    String outermost = module.contains(".") ? module.substring(0, module.indexOf('.')) : module;
    if (ACTING_MODULES.contains(outermost)) {
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
}
