package io.github.checkpoint4j.cli.serve;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;

/** The secret by which the server knows the one it serves: 128 random bits in hexadecimal. */
public final class Token {
  private static final int BYTES = 16;

  private final String text;

  private Token(String text) {
    this.text = text;
  }

  /** A new one. */
  public static Token random() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return new Token(HexFormat.of().formatHex(bytes));
  }

  /** Whether {@code other} is the same; takes as long wherever they differ. */
  boolean matches(String other) {
    return MessageDigest.isEqual(
        text.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
  }

  /** The secret itself. */
  public String text() {
    return text;
  }

  /** Not the secret, which must not get into a log by accident. */
  @Override
  public String toString() {
    return "Token";
  }
}
