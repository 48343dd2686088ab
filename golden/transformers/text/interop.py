"""The Python side of TextInteropTest. Prints one JSON document.

    python interop.py encode DIR FILE                  what the tokenizer of DIR makes of each text
    python interop.py train KIND DIR FILE              trains a tokenizer of the texts, or pairs, and saves it to DIR:
                                                       "characters", "transcription", "bytes SIZE FREQUENCY", "unigram"
    python interop.py merges FILE                      for each corpus: the vocabulary and merges of BpeTrainer
    python interop.py causal DIR LENGTH BLOCK FILE     batches of DataCollatorForLanguageModeling(mlm=False), of texts and of
                                                       blocks
    python interop.py masked DIR LENGTH SEED FILE      two batches of DataCollatorForLanguageModeling, and a random number
    python interop.py seq2seq DIR SOURCE TARGET FILE   a batch of DataCollatorForSeq2Seq

FILE is a JSON list: of texts; of pairs for "transcription" and seq2seq; of {texts, size, frequency} for merges.
"""

import json
import os
import sys
from collections import Counter

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    DataCollatorForSeq2Seq,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging

logging.set_verbosity_error()
torch.set_num_threads(1)

SPECIAL = ["pad_token", "bos_token", "eos_token", "unk_token", "cls_token", "sep_token", "mask_token"]
INPUTS = ["input_ids", "attention_mask"]


def opened(folder):
    return AutoTokenizer.from_pretrained(folder)


def encode(folder, texts):
    tokenizer = opened(folder)
    rows = []
    for text in texts:
        encoding = tokenizer(text, return_special_tokens_mask=True)
        ids = encoding["input_ids"]
        rows.append(
            {
                "text": text,
                "ids": ids,
                "plain": tokenizer(text, add_special_tokens=False)["input_ids"],
                "special_tokens_mask": encoding["special_tokens_mask"],
                "decoded": tokenizer.decode(ids),
                "skipped": tokenizer.decode(ids, skip_special_tokens=True),
            }
        )
    special = {name: getattr(tokenizer, name + "_id") for name in SPECIAL if getattr(tokenizer, name) is not None}
    return {"size": len(tokenizer), "special": special, "inputs": tokenizer.model_input_names, "texts": rows}


def saved(tokenizer, folder, **special):
    tokenizer.add_special_tokens(list(dict.fromkeys(special.values())))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_input_names=INPUTS, **special)
    fast.save_pretrained(folder)
    return {"size": len(fast)}


def beginning():
    return processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B:0", special_tokens=[("<s>", 1)])


def word_level(vocabulary):
    return models.WordLevel({token: i for i, token in enumerate(vocabulary)}, unk_token="<unk>")


def train_characters(folder, texts):
    counts = Counter(character for text in texts for character in text)
    characters = sorted(counts, key=lambda character: (-counts[character], ord(character)))
    tokenizer = Tokenizer(word_level(["<pad>", "<s>", "</s>", "<unk>"] + characters))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.post_processor = beginning()
    tokenizer.decoder = decoders.Fuse()
    return saved(tokenizer, folder, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>")


def train_transcription(folder, pairs):
    characters = sorted({character for source, _ in pairs for character in source if not character.isspace()})
    symbols = sorted({symbol for _, target in pairs for symbol in target.split()})
    longest = sorted((symbol for symbol in symbols if len(symbol) > 1), key=lambda symbol: -len(symbol))
    tokenizer = Tokenizer(word_level(["<pad>", "</s>", "<unk>"] + list(dict.fromkeys(characters + symbols))))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex("|".join(longest + [r"[\s\S]"])), "isolated")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B:0 </s>", special_tokens=[("</s>", 1)]
    )
    return saved(tokenizer, folder, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")


def bytes_of(texts, size, frequency):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=frequency,
        special_tokens=["<pad>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = beginning()
    return tokenizer


def train_bytes(folder, texts, size, frequency):
    tokenizer = bytes_of(texts, int(size), int(frequency))
    return saved(tokenizer, folder, pad_token="<pad>", bos_token="<s>", eos_token="</s>")


def train_unigram(folder, texts):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return saved(tokenizer, folder, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")


def train(kind, folder, examples, *options):
    return globals()["train_" + kind](folder, examples, *options)


def merges(corpora):
    models_ = []
    for corpus in corpora:
        tokenizer = bytes_of(corpus["texts"], corpus["size"], corpus["frequency"])
        model = json.loads(tokenizer.to_str())["model"]
        models_.append({"vocab": sorted(model["vocab"], key=model["vocab"].get), "merges": model["merges"]})
    return {"models": models_}


def tensors(batch):
    return {name: tensor.tolist() for name, tensor in batch.items()}


def group_texts(examples, block_size):
    """Of transformers' examples/pytorch/language-modeling/run_clm.py and run_mlm.py."""
    concatenated_examples = {k: sum((example[k] for example in examples), []) for k in examples[0]}
    total_length = len(concatenated_examples["input_ids"])
    total_length = (total_length // block_size) * block_size
    return [
        {k: t[i : i + block_size] for k, t in concatenated_examples.items()} for i in range(0, total_length, block_size)
    ]


def causal(folder, length, block, texts):
    tokenizer = opened(folder)
    collator = DataCollatorForLanguageModeling(tokenizer, mlm=False)
    ended = [tokenizer(text + tokenizer.eos_token) for text in texts]
    cut = [{name: values[: int(length)] for name, values in example.items()} for example in ended]
    return {"padded": tensors(collator(cut)), "packed": tensors(collator(group_texts(ended, int(block))))}


def masked(folder, length, seed, texts):
    tokenizer = opened(folder)
    examples = [
        tokenizer(text, max_length=int(length), truncation=True, return_special_tokens_mask=True) for text in texts
    ]
    collator = DataCollatorForLanguageModeling(tokenizer)
    torch.manual_seed(int(seed))
    batches = [tensors(collator(examples)), tensors(collator(group_texts(examples, 8)))]
    return {"batches": batches, "random": torch.rand(1).item()}


def seq2seq(folder, source, target, pairs):
    tokenizer = opened(folder)
    examples = []
    for first, second in pairs:
        example = tokenizer(first, max_length=int(source), truncation=True)
        example["labels"] = tokenizer(text_target=second, max_length=int(target), truncation=True)["input_ids"]
        examples.append(example)
    return tensors(DataCollatorForSeq2Seq(tokenizer)(examples))


def main(verb, *arguments):
    with open(arguments[-1], encoding="utf-8") as file:
        examples = json.load(file)
    if verb == "train":
        kind, *options = arguments[0].split()
        result = train(kind, arguments[1], examples, *options)
    else:
        result = globals()[verb](*arguments[:-1], examples)
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
