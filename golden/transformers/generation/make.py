"""Makes cases.json: options, prompts, and what transformers 5.23.0 generates. Run: python make.py"""

import json
import pathlib
import warnings

import torch
import transformers

import bigrams

assert transformers.__version__ == "5.23.0", transformers.__version__
transformers.logging.set_verbosity_error()
warnings.simplefilter("ignore")
torch.set_num_threads(1)
made = bigrams.generated(300, seed=11)
here = pathlib.Path(__file__).parent
with open(here / "cases.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case) for case in made) + "\n]\n")
print(len(made), "cases")
