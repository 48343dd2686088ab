package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.state.Tensor;
import io.github.checkpoint4j.torch.Batch;
import io.github.checkpoint4j.torch.NativeTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** The files of golden/transformers/text, and comparisons with what interop.py there prints. */
final class GoldenText {
  private GoldenText() {}

  static Path path(String name) {
    return Golden.path("text").resolve(name);
  }

  static Json.Obj expected() throws IOException {
    return Golden.json("text/expected.json");
  }

  static List<String> texts() throws IOException {
    return strings(expected().array("texts"));
  }

  static List<TextPair> pairs() throws IOException {
    return expected().array("pairs").items().stream()
        .map(pair -> strings((Json.Arr) pair))
        .map(pair -> new TextPair(pair.getFirst(), pair.getLast()))
        .toList();
  }

  /** The tokenizer does what Python's did: ids, special tokens, decoding. */
  static void agrees(Tokenizer tokenizer, Json.Obj expected) {
    assertThat(tokenizer.vocabularySize()).isEqualTo(expected.integer("size"));
    Json.Obj special = expected.object("special");
    for (SpecialToken token : SpecialToken.values()) {
      assertThat(tokenizer.id(token).isPresent())
          .as(token.key())
          .isEqualTo(special.find(token.key()).isPresent());
      tokenizer
          .id(token)
          .ifPresent(id -> assertThat(id).as(token.key()).isEqualTo(special.integer(token.key())));
    }
    List<Json> texts = expected.array("texts").items();
    assertThat(texts).hasSizeGreaterThan(5);
    for (Json item : texts) {
      Json.Obj row = (Json.Obj) item;
      String text = row.text("text");
      Encoding encoding = tokenizer.encode(text);
      assertThat(encoding.ids()).as(text).containsExactly(longs(row.array("ids")));
      assertThat(encoding.specialTokensMask())
          .as(text)
          .containsExactly(longs(row.array("special_tokens_mask")));
      assertThat(tokenizer.encodeWithoutSpecialTokens(text).ids())
          .as(text)
          .containsExactly(longs(row.array("plain")));
      assertThat(tokenizer.decode(encoding.ids(), false)).isEqualTo(row.text("decoded"));
      assertThat(tokenizer.decode(encoding.ids(), true)).isEqualTo(row.text("skipped"));
    }
  }

  /** The batch has these tensors, and no others. */
  static void agrees(Batch batch, Json.Obj expected) {
    assertThat(batch.names()).containsExactlyInAnyOrderElementsOf(expected.members().keySet());
    for (String name : batch.names()) {
      List<long[]> rows =
          expected.array(name).items().stream().map(row -> longs((Json.Arr) row)).toList();
      Tensor tensor = NativeTensors.view(batch.get(name));
      assertThat(tensor.shape()).as(name).containsExactly(rows.size(), rows.getFirst().length);
      assertThat(tensor.toLongs())
          .as(name)
          .containsExactly(rows.stream().flatMapToLong(Arrays::stream).toArray());
    }
  }

  /** The tokenizer.json of a tokenizer. */
  static Json.Obj json(Tokenizer tokenizer) throws IOException {
    FileContent file = Objects.requireNonNull(tokenizer.files().get("tokenizer.json"));
    assertThat(file.parts()).hasSize(1);
    return (Json.Obj) Json.parse(file.parts().getFirst().bytes(), "tokenizer.json");
  }

  static Json.Arr json(List<String> texts) {
    return Json.array(texts.stream().map(Json::of).toList());
  }

  static long[] longs(Json.Arr numbers) {
    return numbers.items().stream().mapToLong(number -> ((Json.Num) number).asLong()).toArray();
  }

  static List<String> strings(Json.Arr texts) {
    return texts.items().stream().map(text -> ((Json.Str) text).value()).toList();
  }
}
