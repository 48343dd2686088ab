/**
 * Transformer models with the parameter names, the arithmetic and the files of Hugging Face's
 * transformers: models, tokenizers, and pretrained weights.
 *
 * <p>Models are native memory. One made inside a {@link org.bytedeco.javacpp.PointerScope} is freed
 * with it; make it outside.
 */
@NullMarked
package io.github.checkpoint4j.transformers;

import org.jspecify.annotations.NullMarked;
