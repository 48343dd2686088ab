/**
 * Training on JavaCPP's PyTorch with state that can be saved: tensors to and from {@link
 * io.github.checkpoint4j.state state dicts}, optimizers, learning-rate schedules, data loaders and
 * random-number state, each laid out as Python's PyTorch and Hugging Face's Trainer write it.
 *
 * <p>Native memory: what an object here keeps, it keeps by a reference of its own, which no {@link
 * org.bytedeco.javacpp.PointerScope} of the caller closes. A {@code Tensor} handed out by value (a
 * method's result that is made by the call) belongs to the caller, and to the scope that is open
 * then.
 */
@NullMarked
package io.github.checkpoint4j.torch;

import org.jspecify.annotations.NullMarked;
