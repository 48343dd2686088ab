package io.github.checkpoint4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.torch.Batch;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokenizers and collators next to the real ones, on the data that the program has built in. */
@Tag("interop")
final class TextInteropTest {
  private static final Path DATA =
      Path.of(
          System.getProperty("checkpoint4j.root"),
          "cli/src/main/resources/io/github/checkpoint4j/cli");

  @TempDir Path directory;

  @BeforeEach
  void one_thread() {
    torch.set_num_threads(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "t5", "bert", ""})
  void python_opens_a_tokenizer_of_the_characters_of_poems(String modelType) throws Exception {
    List<String> poems = TextFile.lines(DATA.resolve("poems-train.txt"));
    try (Tokenizer tokenizer = TokenizerTraining.characters(poems)) {
      assertThat(tokenizer.vocabularySize()).isGreaterThan(2000);
      List<String> others = TextFile.lines(DATA.resolve("poems-eval.txt"));
      GoldenText.agrees(
          tokenizer, interop("encode", saved(tokenizer, modelType), file(GoldenText.json(others))));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", ""})
  void python_opens_a_tokenizer_of_letters_and_phonemes(String modelType) throws Exception {
    List<TextPair> pairs = TextPair.read(DATA.resolve("pronunciation-train.tsv"));
    try (Tokenizer tokenizer = TokenizerTraining.transcription(pairs)) {
      assertThat(tokenizer.vocabularySize()).isEqualTo(3 + 27 + 39);
      List<String> texts = new ArrayList<>();
      for (TextPair pair : TextPair.read(DATA.resolve("pronunciation-eval.tsv"))) {
        assertThat(tokenizer.encode(pair.source()).length()).isEqualTo(pair.source().length() + 1);
        assertThat(tokenizer.decode(tokenizer.encode(pair.target()).ids(), true))
            .isEqualTo(pair.target());
        texts.add(pair.source());
        texts.add(pair.target());
      }
      GoldenText.agrees(
          tokenizer, interop("encode", saved(tokenizer, modelType), file(GoldenText.json(texts))));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", ""})
  void python_opens_a_tokenizer_of_subwords(String modelType) throws Exception {
    List<String> reviews = TextFile.lines(DATA.resolve("reviews-eval.tsv"));
    try (Tokenizer tokenizer = TokenizerTraining.bytePairs(reviews, 2000, 2)) {
      List<String> texts = new ArrayList<>(reviews);
      texts.addAll(TextFile.lines(DATA.resolve("poems-eval.txt")));
      texts.addAll(List.of("", " ", "\uD83C\uDF89</s>", "tab\tand\nlines  "));
      GoldenText.agrees(
          tokenizer, interop("encode", saved(tokenizer, modelType), file(GoldenText.json(texts))));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"characters", "bytes 400 2", "unigram"})
  void java_opens_what_python_trained(String kind) throws Exception {
    List<String> reviews = TextFile.lines(DATA.resolve("reviews-eval.tsv"));
    Path saved = directory.resolve("saved");
    interop("train", kind, saved.toString(), file(GoldenText.json(reviews)));
    List<String> others = TextFile.lines(DATA.resolve("reviews-train.tsv")).subList(0, 300);
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(saved)) {
      GoldenText.agrees(
          tokenizer, interop("encode", saved.toString(), file(GoldenText.json(others))));
    }
  }

  @Test
  void merges_are_those_of_the_tokenizers_library() throws Exception {
    record Corpus(List<String> texts, int size, int frequency) {}
    List<Corpus> corpora = new ArrayList<>();
    List<String> reviews = TextFile.lines(DATA.resolve("reviews-train.tsv"));
    List<String> poems = TextFile.lines(DATA.resolve("poems-train.txt"));
    corpora.add(new Corpus(reviews, 8000, 2));
    corpora.add(new Corpus(reviews.subList(0, 500), 100_000, 0));
    corpora.add(new Corpus(poems, 5000, 0));
    Random random = new Random(3);
    for (int i = 0; i < 200; i++) {
      List<String> texts = new ArrayList<>();
      for (int j = random.nextInt(1, 30); j > 0; j--) {
        StringBuilder text = new StringBuilder();
        int letters = random.nextInt(1, 5);
        for (int k = random.nextInt(60); k > 0; k--) {
          text.append(random.nextInt(9) == 0 ? ' ' : (char) ('a' + random.nextInt(letters)));
        }
        texts.add(text.toString());
      }
      corpora.add(new Corpus(texts, random.nextInt(259, 400), random.nextInt(4)));
    }
    Json.Obj expected =
        interop(
            "merges",
            file(
                Json.array(
                    corpora.stream()
                        .map(
                            corpus ->
                                Json.object()
                                    .put("texts", GoldenText.json(corpus.texts()))
                                    .put("size", corpus.size())
                                    .put("frequency", corpus.frequency())
                                    .build())
                        .toList())));

    for (int i = 0; i < corpora.size(); i++) {
      Corpus corpus = corpora.get(i);
      Json.Obj model = (Json.Obj) expected.array("models").items().get(i);
      try (Tokenizer tokenizer =
          TokenizerTraining.bytePairs(corpus.texts(), corpus.size(), corpus.frequency())) {
        Json.Obj ours = GoldenText.json(tokenizer).object("model");
        assertThat(ours.object("vocab").members().keySet())
            .as("corpus %d", i)
            .containsExactlyElementsOf(GoldenText.strings(model.array("vocab")));
        assertThat(ours.array("merges").items())
            .as("corpus %d", i)
            .isEqualTo(model.array("merges").items());
      }
    }
  }

  @Test
  void batches_of_a_language_model_are_those_of_transformers() throws Exception {
    List<String> poems = TextFile.lines(DATA.resolve("poems-eval.txt"));
    try (Tokenizer tokenizer = TokenizerTraining.characters(poems)) {
      Json.Obj expected =
          interop("causal", saved(tokenizer, "gpt2"), "48", "64", file(GoldenText.json(poems)));
      var collator = new CausalLMCollator(tokenizer);
      try (Batch batch = collator.collate(LanguageModelTexts.causal(tokenizer, poems, 48))) {
        GoldenText.agrees(batch, expected.object("padded"));
      }
      List<Encoding> whole = LanguageModelTexts.causal(tokenizer, poems, 1000);
      try (Batch batch = collator.collate(LanguageModelTexts.packed(whole, 64))) {
        GoldenText.agrees(batch, expected.object("packed"));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 42, 12345678901L})
  void one_seed_hides_the_same_tokens_in_both(long seed) throws Exception {
    List<String> texts = TextFile.lines(DATA.resolve("reviews-eval.tsv"));
    Path tiny = Golden.path("tiny");
    Json.Obj expected =
        interop(
            "masked",
            tiny.toString(),
            "40",
            Long.toString(seed),
            file(GoldenText.json(texts.subList(0, 200))));
    try (Tokenizer tokenizer = Tokenizer.fromDirectory(tiny)) {
      GoldenMasking.agrees(tokenizer, texts.subList(0, 200), 40, seed, expected);
    }
  }

  @Test
  void batches_of_pairs_are_those_of_transformers() throws Exception {
    List<TextPair> pairs = TextPair.read(DATA.resolve("pronunciation-eval.tsv"));
    try (Tokenizer tokenizer = TokenizerTraining.transcription(pairs);
        Batch batch = new Seq2SeqCollator(tokenizer, 12, 10).collate(pairs)) {
      Json examples =
          Json.array(
              pairs.stream()
                  .map(pair -> GoldenText.json(List.of(pair.source(), pair.target())))
                  .toList());
      GoldenText.agrees(
          batch, interop("seq2seq", saved(tokenizer, "t5"), "12", "10", file(examples)));
    }
  }

  /** The tokenizer's files, beside the configuration of a model, if one is given. */
  private String saved(Tokenizer tokenizer, String modelType) throws IOException {
    Path saved = directory.resolve("tokenizer");
    tokenizer.save(saved);
    if (!modelType.isEmpty()) {
      Files.writeString(
          saved.resolve("config.json"),
          Json.object().put("model_type", modelType).build().toText());
    }
    return saved.toString();
  }

  private String file(Json content) throws IOException {
    Path file = directory.resolve("examples.json");
    Files.writeString(file, content.toText());
    return file.toString();
  }

  private Json.Obj interop(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(GoldenText.path("interop.py").toString()));
    command.addAll(List.of(arguments));
    byte[] printed = new Python(directory).run(command);
    return (Json.Obj) Json.parsePython(MemorySegment.ofArray(printed), "interop.py");
  }
}
