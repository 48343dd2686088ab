"""Makes defaults/NAME.json: generation_config.json as transformers 5.23.0 saves it. Run: python defaults.py"""

import pathlib
import shutil
import tempfile

import transformers
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel

assert transformers.__version__ == "5.23.0", transformers.__version__
here = pathlib.Path(__file__).parent / "defaults"


def keep(name, saved):
    with tempfile.TemporaryDirectory() as directory:
        saved.save_pretrained(directory)
        shutil.copy(pathlib.Path(directory) / "generation_config.json", here / f"{name}.json")


keep("none", GenerationConfig())
keep(
    "beams",
    GenerationConfig(
        num_beams=4,
        num_return_sequences=2,
        early_stopping="never",
        length_penalty=0.5,
        max_new_tokens=12,
        min_new_tokens=3,
        eos_token_id=[2, 5],
        pad_token_id=0,
    ),
)
keep(
    "drawn",
    GenerationConfig(
        do_sample=True,
        temperature=0.7,
        top_k=5,
        top_p=0.9,
        repetition_penalty=1.2,
        no_repeat_ngram_size=3,
        max_length=15,
        min_length=8,
        eos_token_id=2,
    ),
)
keep("at_once", GenerationConfig(num_beams=2, early_stopping=True))
model = GPT2LMHeadModel(
    GPT2Config(
        vocab_size=11,
        n_positions=8,
        n_embd=4,
        n_layer=1,
        n_head=2,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
)
keep("of_a_model", model)
