package io.github.checkpoint4j.torch;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * A step of the way back through a model whose graph is in pieces. Steps are done in the reverse
 * order of the forward pass, so all the gradients that one goes from are there.
 */
sealed interface BackwardStep extends AutoCloseable {
  /** Takes gradients one piece further back. */
  void run(DefaultGenerators generators, TiedGradients tied);

  /** Whether gradients came here and were not taken further. */
  boolean isPending();

  /** Frees what the step was made with and no earlier one needs. */
  @Override
  void close();

  /**
   * A segment, run again for its gradients.
   *
   * @param inputs what it was given; those that need gradients are leaves
   * @param states those of the generators when it was run first
   * @param autocast in which types it computed then
   * @param output what it made then, as a leaf
   */
  record OfSegment(
      Recomputation.Segment segment,
      List<Tensor> inputs,
      List<Tensor> states,
      AutocastState autocast,
      Tensor output)
      implements BackwardStep {

    @Override
    public void run(DefaultGenerators generators, TiedGradients tied) {
      try (var _ = new PointerScope()) {
        BackwardPass.takeGradient(output)
            .ifPresent(
                gradient -> {
                  generators.restore(states);
                  var pass = new BackwardPass();
                  pass.from(again(), gradient);
                  inputs.forEach(pass::goOnAt);
                  pass.run();
                });
      }
    }

    private Tensor again() {
      AutocastState before = AutocastState.now();
      autocast.restore();
      try {
        return segment.forward(inputs);
      } finally {
        before.restore();
      }
    }

    @Override
    public boolean isPending() {
      return output.grad().defined();
    }

    @Override
    public void close() {
      states.forEach(Tensor::close);
      output.close();
    }
  }

  /** The graphs of a segment's inputs, of which the segment was cut off. */
  record OfCuts(List<Cut> cuts) implements BackwardStep {

    @Override
    public void run(DefaultGenerators generators, TiedGradients tied) {
      try (var _ = new PointerScope()) {
        var pass = new BackwardPass();
        for (Cut cut : cuts) {
          BackwardPass.takeGradient(cut.leaf())
              .ifPresent(gradient -> pass.from(cut.graph(), gradient));
        }
        if (!pass.isEmpty()) {
          tied.goOnIn(pass);
          pass.run();
        }
      }
    }

    @Override
    public boolean isPending() {
      return cuts.stream().anyMatch(cut -> cut.leaf().grad().defined());
    }

    @Override
    public void close() {
      for (Cut cut : cuts) {
        cut.graph().close();
        cut.leaf().close();
      }
    }
  }

  /**
   * Where a graph was cut.
   *
   * @param graph a tensor that has the graph
   * @param leaf the same elements without it: gathers the gradients of all segments that got it
   */
  record Cut(Tensor graph, Tensor leaf) {}
}
