package io.github.checkpoint4j.format;

import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The weights in an ONNX model, and the nodes of its graph, from which to tell what an unnamed
 * weight is for. Graphs inside of nodes are not looked into.
 *
 * @see <a href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a>
 */
public final class Onnx {
  // The fields of ModelProto, in which writers put them in this order. 1: ir_version, 8:
  // opset_import, 2: producer_name, 3: producer_version, 4: domain, 5: model_version, 6:
  // doc_string, 14: metadata_props, 20: training_info, 25: functions, 26: configuration.
  private static final Set<Integer> MODEL_FIELDS = Set.of(1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26);
  private static final int MODEL_GRAPH = 7;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int GRAPH_SPARSE_INITIALIZER = 15;
  private static final int NODE_INPUT = 1;
  private static final int NODE_OUTPUT = 2;
  private static final int NODE_NAME = 3;
  private static final int NODE_OP_TYPE = 4;

  private final Map<String, Tensor> initializers;
  private final List<Node> nodes;

  private Onnx(Map<String, Tensor> initializers, List<Node> nodes) {
    this.initializers = Collections.unmodifiableMap(initializers);
    this.nodes = List.copyOf(nodes);
  }

  /**
   * A node of the graph: an operator applied to named values.
   *
   * @param name the node's name; often empty
   * @param operator the operator, {@code MatMul} for instance
   * @param inputs the values it takes: initializers, inputs of the graph, outputs of other nodes;
   *     an empty name is an input left out
   * @param outputs the values it gives
   */
  public record Node(String name, String operator, List<String> inputs, List<String> outputs) {
    public Node {
      inputs = List.copyOf(inputs);
      outputs = List.copyOf(outputs);
    }
  }

  /**
   * Reads a model.
   *
   * @param file the whole file. Tensors whose bytes are there as they are in memory, which is the
   *     rule, are windows on it and valid as long as it is; others are copies
   * @param source what the file is, for messages: its name
   * @throws CorruptFileException if it is not an ONNX model, cut short, a tensor does not have the
   *     size of its shape, or its elements are in another file
   * @throws UnsupportedFeatureException if a tensor is sparse, or of a type that {@link
   *     io.github.checkpoint4j.state.Dtype} does not have
   */
  public static Onnx parse(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    return parse(file, source, Map.of());
  }

  /**
   * The names of the files beside a model that hold elements of its weights. Nothing else is read
   * of the weights.
   *
   * @throws CorruptFileException if it is not an ONNX model, or cut short
   * @throws UnsupportedFeatureException if such a file is not in the model's own directory
   */
  public static Set<String> externalFiles(MemorySegment file, String source)
      throws CorruptFileException, UnsupportedFeatureException {
    Set<String> names = new LinkedHashSet<>();
    ProtobufReader model = new ProtobufReader(file, 0, source);
    while (model.next()) {
      if (model.field() != MODEL_GRAPH) {
        model.skip();
        continue;
      }
      ProtobufReader graph = model.message();
      while (graph.next()) {
        if (graph.field() == GRAPH_INITIALIZER) {
          OnnxExternalData.of(graph.message(), source)
              .map(OnnxExternalData::file)
              .ifPresent(names::add);
        } else {
          graph.skip();
        }
      }
    }
    return names;
  }

  /**
   * As {@link #parse(MemorySegment, String)}, with weights whose elements are in other files.
   *
   * @param external the files by name; those of {@link #externalFiles}
   * @throws CorruptFileException as there, and if such a file is missing or too short
   */
  public static Onnx parse(MemorySegment file, String source, Map<String, MemorySegment> external)
      throws CorruptFileException, UnsupportedFeatureException {
    if (!looksLike(file)) {
      throw Format.mistaken(file, source, Format.ONNX);
    }
    Map<String, Tensor> initializers = new LinkedHashMap<>();
    List<Node> nodes = new ArrayList<>();
    boolean found = false;
    ProtobufReader model = new ProtobufReader(file, 0, source);
    while (model.next()) {
      if (model.field() != MODEL_GRAPH) {
        model.skip();
      } else if (found) {
        throw model.problem("a second graph");
      } else {
        found = true;
        readGraph(model.message(), source, external, initializers, nodes);
      }
    }
    return new Onnx(initializers, nodes);
  }

  private static void readGraph(
      ProtobufReader graph,
      String source,
      Map<String, MemorySegment> external,
      Map<String, Tensor> initializers,
      List<Node> nodes)
      throws CorruptFileException, UnsupportedFeatureException {
    while (graph.next()) {
      switch (graph.field()) {
        case GRAPH_NODE -> nodes.add(node(graph.message()));
        case GRAPH_INITIALIZER -> {
          OnnxTensor tensor = OnnxTensor.read(graph.message(), source, external);
          if (initializers.putIfAbsent(tensor.name(), tensor.tensor()) != null) {
            throw graph.problem("a second initializer '" + Excerpt.of(tensor.name()) + "'");
          }
        }
        case GRAPH_SPARSE_INITIALIZER ->
            throw new UnsupportedFeatureException(
                source + ": the model has sparse initializers; export it with dense ones");
        default -> graph.skip();
      }
    }
  }

  private static Node node(ProtobufReader node) throws CorruptFileException {
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    String name = "";
    String operator = "";
    while (node.next()) {
      switch (node.field()) {
        case NODE_INPUT -> inputs.add(node.text());
        case NODE_OUTPUT -> outputs.add(node.text());
        case NODE_NAME -> name = node.text();
        case NODE_OP_TYPE -> operator = node.text();
        default -> node.skip();
      }
    }
    return new Node(name, operator, inputs, outputs);
  }

  /**
   * Whether a file begins as an ONNX model does. There is no magic number: all fields up to the
   * graph must be those of a model, the first its version.
   */
  static boolean looksLike(MemorySegment file) {
    if (file.byteSize() < 2 || file.get(ValueLayout.JAVA_BYTE, 0) != 0x08) {
      return false;
    }
    ProtobufReader model = new ProtobufReader(file, 0, "");
    try {
      while (model.next() && MODEL_FIELDS.contains(model.field())) {
        if (model.field() == MODEL_GRAPH) {
          return model.wireType() == ProtobufReader.BYTES;
        }
        model.skip();
      }
    } catch (CorruptFileException e) {
      return false;
    }
    return false;
  }

  /** The weights, in the order of the file. */
  public Map<String, Tensor> initializers() {
    return initializers;
  }

  /** The nodes of the graph, in the order of the file: each after those it depends on. */
  public List<Node> nodes() {
    return nodes;
  }
}
