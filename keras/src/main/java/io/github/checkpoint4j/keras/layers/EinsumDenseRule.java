package io.github.checkpoint4j.keras.layers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.UnsupportedFeatureException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code EinsumDense} where it is {@code Linear}: the last dimension is multiplied by a matrix, as
 * in {@code ab,bc->ac} and {@code ...x,xy->...y}.
 */
final class EinsumDenseRule implements LayerRule {
  private static final Pattern LINEAR =
      Pattern.compile("(?<rest>(?:\\.\\.\\.)?[a-zA-Z]*)([a-zA-Z]),\\2([a-zA-Z])->\\k<rest>\\3");

  @Override
  public List<LayerVariable> variables(LayerConfig layer)
      throws CorruptFileException, UnsupportedFeatureException {
    LayerOptions options = layer.options();
    String equation = options.text("equation").replace(" ", "");
    Matcher linear = LINEAR.matcher(equation);
    String biasAxes = options.find("bias_axes").isPresent() ? options.text("bias_axes") : "";
    if (!linear.matches()
        || linear.group(2).equals(linear.group(3))
        || !(biasAxes.isEmpty() || biasAxes.equals(linear.group(3)))) {
      throw LayerRule.refusal(
          layer,
          "the equation '"
              + equation
              + "' with bias axes '"
              + biasAxes
              + "' is no Linear of PyTorch; only products of the last dimension by a matrix are,"
              + " such as 'abc,cd->abd'");
    }
    List<Long> output = options.integers("output_shape");
    long units = output.isEmpty() ? Shape.ANY : output.getLast();
    return OwnVariables.of(layer)
        .trained("kernel", Shape.of(Shape.ANY, units), Single.transposed("weight"))
        .trainedIf(!biasAxes.isEmpty(), "bias", Shape.of(units), Single.same("bias"))
        .list();
  }
}
