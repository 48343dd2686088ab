package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Onnx;
import io.github.checkpoint4j.state.StateDict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Small graphs, in the wire format of protocol buffers, with the fields of onnx.proto. */
final class OnnxWeightsTest {
  private final ByteArrayOutputStream graph = new ByteArrayOutputStream();

  @Test
  void a_transposed_weight_has_the_name_of_the_bias_it_is_added_to() throws IOException {
    node("MatMul", "product", "x", "onnx::MatMul_1");
    node("Add", "sum", "layer.bias", "product");
    initializer("layer.bias", new float[] {7, 8, 9}, 3);
    initializer("onnx::MatMul_1", new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

    StateDict state = OnnxWeights.stateDict(model());

    assertThat(state.names()).containsExactly("layer.bias", "layer.weight");
    assertThat(state.tensor("layer.weight").shape()).containsExactly(3, 2);
    assertThat(state.tensor("layer.weight").toFloats()).containsExactly(1, 4, 2, 5, 3, 6);
  }

  @Test
  void the_order_of_weights_and_nodes_does_not_matter() throws IOException {
    initializer("onnx::MatMul_2", new float[] {10, 20}, 1, 2);
    initializer("onnx::MatMul_1", new float[] {1, 2}, 1, 2);
    initializer("a.bias", new float[] {0, 0}, 2);
    initializer("b.bias", new float[] {0, 0}, 2);
    node("Add", "s2", "p2", "b.bias");
    node("Add", "s1", "a.bias", "p1");
    node("MatMul", "p1", "x", "onnx::MatMul_1");
    node("MatMul", "p2", "x", "onnx::MatMul_2");

    StateDict state = OnnxWeights.stateDict(model());

    assertThat(state.tensor("a.weight").toFloats()).containsExactly(1, 2);
    assertThat(state.tensor("b.weight").toFloats()).containsExactly(10, 20);
  }

  @Test
  void a_named_weight_stays_as_it_is() throws IOException {
    node("Gather", "words", "embeddings.weight", "ids");
    initializer("embeddings.weight", new float[] {1, 2, 3, 4}, 2, 2);

    StateDict state = OnnxWeights.stateDict(model());

    assertThat(state.tensor("embeddings.weight").toFloats()).containsExactly(1, 2, 3, 4);
  }

  @Test
  void a_weight_whose_name_the_graph_does_not_tell_keeps_its_own() throws IOException {
    node("MatMul", "p1", "x", "without_bias");
    node("MatMul", "p2", "x", "shared");
    node("MatMul", "p3", "y", "shared");
    node("Add", "s2", "p2", "a.bias");
    node("MatMul", "p4", "left", "x");
    node("Add", "s4", "p4", "b.bias");
    initializer("without_bias", new float[] {1, 2}, 1, 2);
    initializer("shared", new float[] {3, 4}, 1, 2);
    initializer("left", new float[] {5, 6}, 1, 2);
    initializer("a.bias", new float[] {0, 0}, 2);
    initializer("b.bias", new float[] {0, 0}, 2);

    StateDict state = OnnxWeights.stateDict(model());

    assertThat(state.names()).containsExactly("without_bias", "shared", "left", "a.bias", "b.bias");
    assertThat(state.tensor("shared").shape()).containsExactly(1, 2);
  }

  @Test
  void a_name_that_is_taken_is_not_taken_again() throws IOException {
    node("MatMul", "p1", "x", "onnx::MatMul_1");
    node("Add", "s1", "p1", "a.bias");
    initializer("onnx::MatMul_1", new float[] {1, 2}, 1, 2);
    initializer("a.weight", new float[] {3, 4}, 1, 2);
    initializer("a.bias", new float[] {0, 0}, 2);

    StateDict state = OnnxWeights.stateDict(model());

    assertThat(state.names()).containsExactly("onnx::MatMul_1", "a.weight", "a.bias");
    assertThat(state.tensor("a.weight").toFloats()).containsExactly(3, 4);
  }

  private Onnx model() throws IOException {
    var model = new ByteArrayOutputStream();
    model.writeBytes(new byte[] {0x08, 6}); // ModelProto.ir_version
    field(model, 7, graph.toByteArray());
    return Onnx.parse(MemorySegment.ofArray(model.toByteArray()), "small.onnx");
  }

  private void node(String operator, String output, String... inputs) {
    var node = new ByteArrayOutputStream();
    for (String input : inputs) {
      field(node, 1, input.getBytes(StandardCharsets.UTF_8));
    }
    field(node, 2, output.getBytes(StandardCharsets.UTF_8));
    field(node, 4, operator.getBytes(StandardCharsets.UTF_8));
    field(graph, 1, node.toByteArray());
  }

  private void initializer(String name, float[] values, int... shape) {
    var tensor = new ByteArrayOutputStream();
    for (int dimension : shape) {
      tensor.write(0x08); // TensorProto.dims
      tensor.write(dimension);
    }
    tensor.writeBytes(new byte[] {0x10, 1}); // TensorProto.data_type FLOAT
    field(tensor, 8, name.getBytes(StandardCharsets.UTF_8));
    ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      raw.putFloat(value);
    }
    field(tensor, 9, raw.array());
    field(graph, 5, tensor.toByteArray());
  }

  /** A field of bytes, with its tag and its size as a varint. */
  private static void field(ByteArrayOutputStream message, int number, byte[] content) {
    message.write((number << 3) | 2);
    int size = content.length;
    while (size >= 0x80) {
      message.write((size & 0x7f) | 0x80);
      size >>>= 7;
    }
    message.write(size);
    message.writeBytes(content);
  }
}
