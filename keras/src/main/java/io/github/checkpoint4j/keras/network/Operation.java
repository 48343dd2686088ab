package io.github.checkpoint4j.keras.network;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A function of {@code keras.ops} in a graph: what {@code x + y} is, and what Keras makes of masks.
 */
final class Operation extends Layer {
  private final Function function;

  /** Makes a tensor of the arguments. */
  @FunctionalInterface
  private interface Function {
    Tensor of(List<Tensor> arguments);
  }

  Operation(LayerSpec spec) throws UnsupportedFeatureException {
    super(spec);
    function = function(spec);
  }

  @Override
  List<MaskedTensor> call(CallArguments arguments) {
    List<Argument> operands = new ArrayList<>(arguments.positional());
    // The second operand may be given by name.
    arguments.find(operands.size(), "x2").ifPresent(operands::add);
    Tensor first =
        operands.stream()
            .flatMap(Argument::tensors)
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException(spec().layer().where() + "it has no tensor"))
            .tensor();
    List<Tensor> tensors = new ArrayList<>();
    operands.forEach(operand -> add(tensors, operand, first));
    return List.of(MaskedTensor.of(function.of(tensors)));
  }

  private static void add(List<Tensor> tensors, Argument argument, Tensor like) {
    switch (argument) {
      case Argument.Single(MaskedTensor value) -> tensors.add(value.tensor());
      case Argument.Several(List<Argument> items) ->
          items.forEach(item -> add(tensors, item, like));
      case Argument.Constant(Json.Num number) ->
          tensors.add(
              torch.full(new long[0], new Scalar(number.asDouble())).to(like.scalar_type()));
      case Argument.Constant _ -> {}
    }
  }

  private static Function function(LayerSpec spec) throws UnsupportedFeatureException {
    return switch (spec.className()) {
      case "Add" -> binary(Tensor::add);
      case "Subtract" -> binary(Tensor::sub);
      case "Multiply" -> binary(Tensor::mul);
      case "Divide", "TrueDivide" -> binary(Tensor::div);
      case "Power" -> binary(Tensor::pow);
      case "Maximum" -> binary(torch::maximum);
      case "Minimum" -> binary(torch::minimum);
      case "Matmul" -> binary(torch::matmul);
      case "Equal" -> binary(Tensor::eq);
      case "NotEqual" -> binary(Tensor::ne);
      case "Greater" -> binary(Tensor::gt);
      case "GreaterEqual" -> binary(Tensor::ge);
      case "Less" -> binary(Tensor::lt);
      case "LessEqual" -> binary(Tensor::le);
      case "LogicalAnd" -> binary(torch::logical_and);
      case "LogicalOr" -> binary(torch::logical_or);
      case "LogicalNot" -> unary(Tensor::logical_not);
      case "Negative" -> unary(Tensor::neg);
      case "Absolute", "Abs" -> unary(Tensor::abs);
      case "Exp" -> unary(Tensor::exp);
      case "Log" -> unary(Tensor::log);
      case "Sqrt" -> unary(Tensor::sqrt);
      case "Square" -> unary(Tensor::square);
      case "Sin" -> unary(Tensor::sin);
      case "Cos" -> unary(Tensor::cos);
      case "Tanh" -> unary(torch::tanh);
      case "Sigmoid" -> unary(torch::sigmoid);
      case "Relu" -> unary(torch::relu);
      case "ZerosLike" -> unary(zeros(spec));
      case "Any" -> any(spec);
      case "ExpandDims" -> {
        long axis = spec.integer("axis");
        yield unary(x -> x.unsqueeze(axis));
      }
      case "Concatenate" -> {
        long axis = spec.integer("axis");
        yield tensors -> torch.cat(new TensorVector(tensors.toArray(Tensor[]::new)), axis);
      }
      default ->
          throw spec.unsupported(
              "this function of keras.ops is not supported in a graph; put a layer in its place");
    };
  }

  private static Function unary(UnaryOperator<Tensor> operator) {
    return tensors -> operator.apply(tensors.getFirst());
  }

  private static Function binary(BinaryOperator<Tensor> operator) {
    return tensors -> operator.apply(tensors.get(0), tensors.get(1));
  }

  private static UnaryOperator<Tensor> zeros(LayerSpec spec) {
    boolean isMask = spec.isSet("dtype") && spec.text("dtype").equals("bool");
    return x -> isMask ? torch.zeros_like(x).to(torch.ScalarType.Bool) : torch.zeros_like(x);
  }

  private static Function any(LayerSpec spec) {
    long[] axes = spec.integers("axis");
    boolean keepsAxes = spec.flag("keepdims");
    return unary(x -> x.any(axes, keepsAxes));
  }
}
