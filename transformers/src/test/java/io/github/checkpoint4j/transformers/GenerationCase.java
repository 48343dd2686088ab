package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** What transformers generated from {@code bigrams.py}, with which options. */
record GenerationCase(Json.Obj json) {

  static List<GenerationCase> all(Json cases) {
    List<GenerationCase> all = new ArrayList<>();
    for (Json each : ((Json.Arr) cases).items()) {
      all.add(new GenerationCase((Json.Obj) each));
    }
    return all;
  }

  BigramDecoder decoder() {
    return new BigramDecoder(Math.toIntExact(json.integer("vocabulary")), json.integer("table"));
  }

  GenerationConfig config() {
    return config(json.object("options"));
  }

  /** Options by the names they have in Python. */
  static GenerationConfig config(Json.Obj options) {
    GenerationConfig.Builder builder;
    try {
      builder = GenerationDefaults.of(options, "options").forPrompt(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    options.find("seed").ifPresent(seed -> builder.seed(((Json.Num) seed).asLong()));
    return builder.build();
  }

  long[][] prompts() {
    return rows(json.array("prompts"));
  }

  static long[][] rows(Json.Arr rows) {
    return rows.items().stream()
        .map(row -> longs(row).stream().mapToLong(Long::longValue).toArray())
        .toArray(long[][]::new);
  }

  void check() {
    List<Generated> texts;
    try (BigramDecoder decoder = decoder()) {
      texts = TextGeneration.generate(decoder, prompts(), config());
    }
    List<List<Long>> expected =
        json.array("tokens").items().stream().map(GenerationCase::longs).toList();
    assertThat(texts.stream().map(Generated::tokens).toList())
        .as(json.toText())
        .isEqualTo(expected);
    List<Json> scores = json.array("scores").items();
    for (int i = 0; i < scores.size(); i++) {
      double score = real(scores.get(i));
      assertThat(texts.get(i).score())
          .as(json.toText())
          .isEqualTo(score, within(1e-6 * Math.max(1, Math.abs(score))));
    }
  }

  private static double real(Json value) {
    return ((Json.Num) value).asDouble();
  }

  static List<Long> longs(Json value) {
    return ((Json.Arr) value).items().stream().map(item -> ((Json.Num) item).asLong()).toList();
  }
}
