"""Makes models.json: what transformers 5.23.0 generates with the models of ../language. Run: python models.py"""

import json
import pathlib
import random
import warnings

import torch
import transformers

assert transformers.__version__ == "5.23.0", transformers.__version__
transformers.logging.set_verbosity_error()
warnings.simplefilter("ignore")
torch.set_num_threads(1)

HERE = pathlib.Path(__file__).parent
OPTIONS = [
    {"max_new_tokens": 8},
    {"max_new_tokens": 8, "num_beams": 4, "num_return_sequences": 2},
    {"max_new_tokens": 6, "num_beams": 3, "early_stopping": True, "length_penalty": 2.0},
    {"max_new_tokens": 8, "repetition_penalty": 1.3, "no_repeat_ngram_size": 2},
    {"max_new_tokens": 8, "do_sample": True, "top_k": 0, "seed": 7},
    {"max_new_tokens": 8, "do_sample": True, "temperature": 0.7, "top_p": 0.8, "num_return_sequences": 2, "seed": 8},
    {"max_new_tokens": 5, "do_sample": True, "num_beams": 2, "seed": 9},
]


def generate(directory, seed):
    """The options, inputs and tokens of each case; of GPT-2 without the prompt."""
    choose = random.Random(seed)
    config = transformers.AutoConfig.from_pretrained(directory)
    encoder = config.is_encoder_decoder
    kind = transformers.T5ForConditionalGeneration if encoder else transformers.GPT2LMHeadModel
    model = kind.from_pretrained(directory).eval()
    cases = []
    for options in OPTIONS:
        rows = choose.choice([1, 2, 3])
        length = choose.randint(2, 5)
        inputs = [[choose.randrange(3, config.vocab_size) for _ in range(length)] for _ in range(rows)]
        mask = [[1] * length for _ in range(rows)]
        if encoder and rows > 1:
            mask[-1] = [1] * (length - 1) + [0]
        ends = [choose.randrange(3, config.vocab_size)]
        given = {key: value for key, value in options.items() if key != "seed"}
        if "seed" in options:
            torch.manual_seed(options["seed"])
        tokens = model.generate(
            torch.tensor(inputs),
            attention_mask=torch.tensor(mask),
            eos_token_id=ends,
            pad_token_id=0,
            **given,
        )
        skipped = 1 if encoder else length
        written = []
        for row in tokens[:, skipped:].tolist():
            firsts = [row.index(end) + 1 for end in ends if end in row]
            written.append(row[: min(firsts, default=len(row))])
        cases.append({"inputs": inputs, "mask": mask, "options": {**options, "eos_token_id": ends, "pad_token_id": 0}, "tokens": written})
    return cases


if __name__ == "__main__":
    language = HERE.parent / "language"
    made = {name: generate(language / name, 3) for name in ("gpt2", "gpt2-untied", "t5", "t5-gated")}
    with open(HERE / "models.json", "w") as file:
        json.dump(made, file, indent=None)
        file.write("\n")
    print({name: len(cases) for name, cases in made.items()})
