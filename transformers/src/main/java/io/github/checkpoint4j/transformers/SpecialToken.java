package io.github.checkpoint4j.transformers;

import java.util.List;

/** What a special token is for, by the names of tokenizer_config.json. */
public enum SpecialToken {
  /** Fills up the shorter texts of a batch. */
  PAD("pad_token"),
  /** Begins a text that is generated. */
  BOS("bos_token"),
  /** Ends one. */
  EOS("eos_token"),
  /** Stands for what the vocabulary lacks. */
  UNK("unk_token"),
  /** Begins a text that a BERT reads. */
  CLS("cls_token"),
  /** Ends one. */
  SEP("sep_token"),
  /** Hides a token that the model has to guess. */
  MASK("mask_token");

  private final String key;

  SpecialToken(String key) {
    this.key = key;
  }

  /** The member of tokenizer_config.json that names the token. */
  String key() {
    return key;
  }

  /** The tokens that BERT, T5, GPT-2 and their kin use for it, if no file says which. */
  List<String> usual() {
    return switch (this) {
      case PAD -> List.of("[PAD]", "<pad>");
      case BOS -> List.of("<s>", "<|endoftext|>");
      case EOS -> List.of("</s>", "<|endoftext|>");
      case UNK -> List.of("[UNK]", "<unk>", "<|endoftext|>");
      case CLS -> List.of("[CLS]");
      case SEP -> List.of("[SEP]");
      case MASK -> List.of("[MASK]", "<mask>");
    };
  }
}
