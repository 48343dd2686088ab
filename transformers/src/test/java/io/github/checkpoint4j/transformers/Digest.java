package io.github.checkpoint4j.transformers;

import io.github.checkpoint4j.state.Tensor;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What the elements of tensors are known by in the files that Python makes. */
final class Digest {
  private Digest() {}

  /** Of the elements, row-major, as hashlib writes it. */
  static String sha256(Tensor tensor) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update(tensor.bytes().asByteBuffer());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
