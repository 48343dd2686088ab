package io.github.checkpoint4j.torch;

import java.util.List;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorList;
import org.bytedeco.pytorch.TensorVector;

/**
 * An operator of libtorch that has no Java method, called by name through the dispatcher.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/native_functions.yaml">native_functions.yaml</a>
 */
final class NativeOperator {
  private final OperatorHandle handle;

  private NativeOperator(OperatorHandle handle) {
    this.handle = handle;
  }

  /**
   * The operator {@code aten::name.overload}.
   *
   * @param overload empty if it has only one
   */
  static NativeOperator named(String name, String overload) {
    return new NativeOperator(
        Dispatcher.realSingleton().findSchemaOrThrow("aten::" + name, overload).retainReference());
  }

  /**
   * Calls the operator. To be called in a {@link org.bytedeco.javacpp.PointerScope}, which frees
   * the arguments and the results.
   *
   * @param arguments all of the schema's, in its order
   * @return the results
   */
  IValueVector call(IValue... arguments) {
    var stack = new IValueVector(arguments);
    handle.callBoxed(stack);
    return stack;
  }

  /** An argument of type {@code Tensor[]}. */
  static IValue list(List<Tensor> tensors) {
    try (var none = new TensorVector();
        var empty = new TensorList(none)) {
      var list = new GenericList(empty.elementType());
      for (Tensor tensor : tensors) {
        list.push_back(new IValue(tensor));
      }
      return new IValue(list);
    }
  }

  /** The argument {@code None}. */
  static IValue none() {
    return new IValue();
  }
}
