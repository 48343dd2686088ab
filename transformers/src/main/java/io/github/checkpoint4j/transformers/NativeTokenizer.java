package io.github.checkpoint4j.transformers;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.github.checkpoint4j.format.CorruptFileException;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.List;

/**
 * A tokenizer of Hugging Face's tokenizers library (Rust), by the native methods of DJL.
 *
 * <p>DJL's own {@code HuggingFaceTokenizer} is passed by, because its factories report their use
 * over the network. The native library comes out of the jar, and nothing is downloaded.
 */
final class NativeTokenizer implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final String OFFLINE = "ai.djl.offline";

  private final Handle handle;
  private final Cleaner.Cleanable cleanable;

  /** The most tokens that the library is set to give; 0 if it cuts nothing. */
  private int maxLength;

  private NativeTokenizer(Handle handle) {
    this.handle = handle;
    cleanable = CLEANER.register(this, handle);
  }

  /**
   * The tokenizer that a tokenizer.json describes, but for its padding and truncation.
   *
   * @param source what the text is, for messages
   * @throws CorruptFileException if the library refuses it
   */
  static NativeTokenizer parse(String json, String source) throws CorruptFileException {
    long address;
    try {
      address = Library.LOADED.createTokenizerFromString(json);
    } catch (RuntimeException e) {
      throw new CorruptFileException(
          source + ": not a tokenizer.json that the tokenizers library reads: " + e.getMessage(),
          e);
    }
    Library.LOADED.disablePadding(address);
    Library.LOADED.disableTruncation(address);
    return new NativeTokenizer(new Handle(address));
  }

  /**
   * The tokens of one text.
   *
   * @param special whether special tokens are put around it
   */
  synchronized Encoding encode(String text, boolean special) {
    truncate(0);
    return taken(Library.LOADED.encode(address(), wellFormed(text), special));
  }

  /** The tokens of one text, with special tokens, at most {@code maxTokens}. */
  synchronized Encoding encode(String text, int maxTokens) {
    truncate(maxTokens);
    return taken(Library.LOADED.encode(address(), wellFormed(text), true));
  }

  /** The tokens of two texts, with special tokens, at most {@code maxTokens}. */
  synchronized Encoding encode(String first, String second, int maxTokens) {
    truncate(maxTokens);
    return taken(Library.LOADED.encodeDual(address(), wellFormed(first), wellFormed(second), true));
  }

  /** The text that tokens stand for; ids that there are not stand for nothing. */
  synchronized String decode(long[] ids, boolean skipSpecialTokens) {
    return Library.LOADED.decode(address(), ids, skipSpecialTokens);
  }

  /** The words that the pre-tokenizer splits a text into, each as its tokens put together. */
  synchronized List<String> words(String text) {
    truncate(0);
    long encoding = Library.LOADED.encode(address(), wellFormed(text), false);
    try {
      String[] tokens = Library.LOADED.getTokens(encoding);
      long[] wordIds = Library.LOADED.getWordIds(encoding);
      List<String> words = new ArrayList<>();
      StringBuilder word = new StringBuilder();
      for (int i = 0; i < tokens.length; i++) {
        word.append(tokens[i]);
        if (i + 1 == tokens.length || wordIds[i + 1] != wordIds[i]) {
          words.add(word.toString());
          word.setLength(0);
        }
      }
      return words;
    } finally {
      Library.LOADED.deleteEncoding(encoding);
    }
  }

  @Override
  public synchronized void close() {
    cleanable.clean();
  }

  private void truncate(int maxTokens) {
    if (maxTokens == maxLength) {
      return;
    }
    if (maxTokens == 0) {
      Library.LOADED.disableTruncation(address());
    } else {
      Library.LOADED.setTruncation(address(), maxTokens, "LONGEST_FIRST", 0);
    }
    maxLength = maxTokens;
  }

  private static Encoding taken(long encoding) {
    try {
      return new Encoding(
          Library.LOADED.getTokenIds(encoding),
          Library.LOADED.getTypeIds(encoding),
          Library.LOADED.getSpecialTokenMask(encoding));
    } finally {
      Library.LOADED.deleteEncoding(encoding);
    }
  }

  private long address() {
    if (handle.closed) {
      throw new IllegalStateException("the tokenizer is closed");
    }
    return handle.address;
  }

  /** Half a surrogate pair has no UTF-8; the replacement character stands for it. */
  static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return text.codePoints()
            .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
      }
    }
    return text;
  }

  /** Frees the native tokenizer, by {@link #close} or when it is unreachable. */
  private static final class Handle implements Runnable {
    private final long address;
    private volatile boolean closed;

    Handle(long address) {
      this.address = address;
    }

    @Override
    public void run() {
      closed = true;
      Library.LOADED.deleteTokenizer(address);
    }
  }

  /** Loads the native library at first use, with DJL told to stay off the network. */
  private static final class Library {
    static final TokenizersLibrary LOADED = load();

    private static TokenizersLibrary load() {
      String before = System.getProperty(OFFLINE);
      System.setProperty(OFFLINE, "true");
      try {
        LibUtils.checkStatus();
        return TokenizersLibrary.LIB;
      } finally {
        if (before == null) {
          System.clearProperty(OFFLINE);
        } else {
          System.setProperty(OFFLINE, before);
        }
      }
    }
  }
}
