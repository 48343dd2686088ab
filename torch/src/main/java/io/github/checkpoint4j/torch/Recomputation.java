package io.github.checkpoint4j.torch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Gradient checkpointing of a forward and a backward pass: what autograd keeps of a segment of the
 * model, a layer for instance, is let go after the forward pass, and made again by running the
 * segment once more when its gradients are due. In between its output alone is held. It costs about
 * one more forward pass.
 *
 * <pre>{@code
 * try (var scope = new PointerScope();
 *     var recomputation = Recomputation.of(weights)) {
 *   Tensor loss = model.forward(batch, recomputation).requireLoss();
 *   recomputation.backward(loss); // in place of loss.backward()
 * }
 * }</pre>
 *
 * <p>A segment that runs again draws the random numbers it drew before, computes in the types of
 * {@code torch.autocast} that it computed in, and afterwards libtorch's default generators go on as
 * if it had not. Loss, gradients and random numbers are bit for bit those of the pass without
 * recomputation: the terms of a sum of gradients are added in autograd's order, also those of tied
 * weights, parameters that have several names. Only a parameter that has one name, and is used more
 * than once in a segment and again elsewhere, may get a gradient that is rounded otherwise.
 *
 * <p>Not for use by several threads at once.
 *
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/main/torch/utils/checkpoint.py">torch/utils/checkpoint.py</a>
 */
public final class Recomputation implements AutoCloseable {
  private static final Recomputation NONE = new Recomputation(Optional.empty());

  /** A part of a model that makes a tensor of others, and the same of the same. */
  @FunctionalInterface
  public interface Segment {
    Tensor forward(List<Tensor> inputs);
  }

  private record Model(TiedGradients tied, DefaultGenerators generators) {}

  /** Empty if nothing is run again. */
  private final Optional<Model> model;

  private final List<BackwardStep> steps = new ArrayList<>();

  /** The inputs as segments see them, by the identity of what was given. */
  private final Map<Long, Tensor> entered = new HashMap<>();

  private final List<Tensor> owned = new ArrayList<>();

  private Recomputation(Optional<Model> model) {
    this.model = model;
  }

  /**
   * No recomputation: a segment runs as any part of the model, and autograd keeps what it needs.
   */
  public static Recomputation none() {
    return NONE;
  }

  /** For one pass of the module that has these weights. */
  public static Recomputation of(ModuleState weights) {
    return new Recomputation(
        Optional.of(
            new Model(new TiedGradients(weights.tied()), new DefaultGenerators(weights.device()))));
  }

  /**
   * Runs a segment.
   *
   * @param inputs what the segment is given and may need a gradient, parameters of its own layers
   *     apart. Several segments may be given the same. What has a graph that began outside of the
   *     segments is from then on to be used in segments only
   * @param segment is run now and again in {@link #backward}; until then, nothing it depends on may
   *     change but the default generators. What it changes itself, as batch normalisation changes
   *     its running statistics, it changes twice: leave that outside
   * @return its output, which is not to be closed and lives until {@link #backward} or {@link
   *     #close}
   */
  public Tensor segment(List<Tensor> inputs, Segment segment) {
    if (model.isEmpty()) {
      return segment.forward(inputs);
    }
    List<BackwardStep.Cut> cuts = new ArrayList<>();
    List<Tensor> leaves = inputs.stream().map(input -> enter(input, cuts)).toList();
    if (!cuts.isEmpty()) {
      steps.add(new BackwardStep.OfCuts(cuts));
    }
    List<Tensor> states = model.get().generators().states();
    // Autograd records, so that the operators are those of the second run, and then lets go.
    try (var _ = new PointerScope()) {
      Tensor made = segment.forward(leaves);
      if (!made.requires_grad()) {
        states.forEach(Tensor::close);
        return own(made);
      }
      Tensor output = leaf(made);
      entered.put(NativeTensors.identity(output), output);
      steps.add(new BackwardStep.OfSegment(segment, leaves, states, AutocastState.now(), output));
      return output;
    }
  }

  /**
   * Adds the gradients of all that a loss depends on, as {@code loss.backward()} does. Once only.
   *
   * @param loss a scalar that was made with this
   */
  public void backward(Tensor loss) {
    if (model.isEmpty()) {
      loss.backward();
      return;
    }
    TiedGradients tied = model.get().tied();
    DefaultGenerators generators = model.get().generators();
    try (var _ = new PointerScope()) {
      List<Optional<Tensor>> earlier = tied.take();
      loss.backward();
      List<Tensor> states = generators.states();
      try {
        while (!steps.isEmpty()) {
          try (BackwardStep step = steps.removeLast()) {
            step.run(generators, tied);
          }
        }
      } finally {
        generators.restore(states);
        states.forEach(Tensor::close);
      }
      tied.addTo(earlier);
    }
  }

  /**
   * Frees what is held.
   *
   * @throws IllegalStateException if gradients went back from a loss to the segments and no
   *     further, because another method than {@link #backward} was called
   */
  @Override
  public void close() {
    boolean pending = steps.stream().anyMatch(BackwardStep::isPending);
    steps.forEach(BackwardStep::close);
    steps.clear();
    owned.forEach(Tensor::close);
    owned.clear();
    entered.clear();
    if (pending) {
      throw new IllegalStateException(
          "the gradients end at the segments of the model: call Recomputation.backward(loss) in"
              + " place of loss.backward()");
    }
  }

  private Tensor enter(Tensor input, List<BackwardStep.Cut> cuts) {
    Tensor known = entered.get(NativeTensors.identity(input));
    if (known != null) {
      return known;
    }
    if (!input.requires_grad()) {
      Tensor kept = own(input);
      entered.put(NativeTensors.identity(kept), kept);
      return kept;
    }
    var cut = new BackwardStep.Cut(NativeTensors.kept(input), leaf(input));
    cuts.add(cut);
    entered.put(NativeTensors.identity(input), cut.leaf());
    return cut.leaf();
  }

  private static Tensor leaf(Tensor made) {
    try (Tensor detached = made.detach()) {
      return NativeTensors.kept(detached.requires_grad_(true));
    }
  }

  private Tensor own(Tensor tensor) {
    Tensor kept = NativeTensors.kept(tensor);
    owned.add(kept);
    return kept;
  }
}
