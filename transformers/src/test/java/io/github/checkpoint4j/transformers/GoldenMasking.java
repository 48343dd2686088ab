package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.Batch;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Compares what is hidden with what Python hid: of texts, then of blocks of 8 tokens. */
final class GoldenMasking {
  private GoldenMasking() {}

  static void agrees(
      Tokenizer tokenizer, List<String> texts, int maxLength, long seed, Json.Obj expected) {
    List<Encoding> encodings = LanguageModelTexts.masked(tokenizer, texts, maxLength);
    var collator = new MaskedLMCollator(tokenizer, 0.15);
    torch.manual_seed(seed);
    List<Json> batches = expected.array("batches").items();
    assertThat(batches).hasSize(2);
    try (Batch batch = collator.collate(encodings)) {
      GoldenText.agrees(batch, (Json.Obj) batches.getFirst());
    }
    try (Batch batch = collator.collate(LanguageModelTexts.packed(encodings, 8))) {
      GoldenText.agrees(batch, (Json.Obj) batches.getLast());
    }
    try (Tensor next = torch.rand(1)) {
      assertThat(next.item_float()).isEqualTo((float) expected.real("random"));
    }
  }
}
