"""A model whose logits depend on the last two tokens alone, generated from by transformers itself."""

import torch
import transformers
from transformers.modeling_outputs import CausalLMOutput


class BigramConfig(transformers.PretrainedConfig):
    model_type = "bigrams"

    def __init__(self, vocab_size=1, **others):
        super().__init__(**others)
        self.vocab_size = vocab_size


class Bigrams(transformers.PreTrainedModel, transformers.GenerationMixin):
    config_class = BigramConfig

    def __init__(self, table):
        super().__init__(BigramConfig(vocab_size=table.shape[-1]))
        self.table = torch.nn.Parameter(table)

    def forward(self, input_ids, attention_mask=None, **ignored):
        before = torch.cat([torch.zeros_like(input_ids[:, :1]), input_ids[:, :-1]], dim=1)
        return CausalLMOutput(logits=self.table[before, input_ids])

    def prepare_inputs_for_generation(self, input_ids, attention_mask=None, **ignored):
        return {"input_ids": input_ids}


def table(vocabulary, seed, sharpness=2.0):
    """Logits as they come, without a generator that a platform could have otherwise."""
    cells = vocabulary**3
    state, values = seed * 2654435761 % 2**32, []
    for _ in range(cells):
        state = (1664525 * state + 1013904223) % 2**32
        values.append(((state >> 8) / 2**24 - 0.5) * 2 * sharpness)
    return torch.tensor(values, dtype=torch.float32).view(vocabulary, vocabulary, vocabulary)


def generate(case):
    """The tokens after each prompt, without what fills up the rows, and the scores of beams."""
    model = Bigrams(table(case["vocabulary"], case["table"])).eval()
    prompts = torch.tensor(case["prompts"])
    options = dict(case["options"])
    seed = options.pop("seed", None)
    if seed is not None:
        torch.manual_seed(seed)
    output = model.generate(
        prompts,
        attention_mask=torch.ones_like(prompts),
        use_cache=False,
        return_dict_in_generate=True,
        output_scores=True,
        output_logits=options.get("num_beams", 1) > 1,
        **options,
    )
    rows = []
    ends = options.get("eos_token_id") or []
    indices = getattr(output, "beam_indices", None)
    for row, sequence in enumerate(output.sequences[:, prompts.shape[1] :].tolist()):
        if indices is not None:
            sequence = sequence[: int((indices[row] >= 0).sum())]
        else:
            firsts = [sequence.index(end) + 1 for end in ends if end in sequence]
            sequence = sequence[: min(firsts, default=len(sequence))]
        rows.append(sequence)
    scores = getattr(output, "sequences_scores", None)
    return {"tokens": rows, "scores": [] if scores is None else scores.tolist()}


def cases(count, seed):
    """Options drawn at random from a generator of Python's own."""
    import random

    choose = random.Random(seed)
    made = []
    for _ in range(count):
        vocabulary = choose.choice([5, 9, 17])
        beams = choose.choice([1, 1, 2, 3, 5])
        sample = choose.random() < 0.4
        options = {
            "max_new_tokens": choose.randint(1, 14),
            "num_beams": beams,
            "do_sample": sample,
        }
        ends = choose.sample(range(1, vocabulary), choose.choice([0, 1, 1, 2]))
        if ends:
            options["eos_token_id"] = ends
            options["pad_token_id"] = 0
            if choose.random() < 0.3:
                options["min_new_tokens"] = choose.randint(0, options["max_new_tokens"])
        if choose.random() < 0.3:
            options["repetition_penalty"] = choose.choice([0.7, 1.2, 1.7])
        if choose.random() < 0.3:
            options["no_repeat_ngram_size"] = choose.choice([1, 2, 3]) if vocabulary > 5 else 3
        if beams > 1:
            options["num_return_sequences"] = choose.randint(1, beams)
            options["length_penalty"] = choose.choice([1.0, 1.0, 0.0, 2.0, -1.0])
            options["early_stopping"] = choose.choice([False, True, "never"])
        if sample:
            options["seed"] = choose.randint(0, 10**6)
            options["temperature"] = choose.choice([1.0, 0.7, 1.5])
            options["top_k"] = choose.choice([0, 3, 50])
            options["top_p"] = choose.choice([1.0, 0.9, 0.5])
            if beams == 1:
                options["num_return_sequences"] = choose.choice([1, 2])
        length = choose.randint(1, 3)
        prompts = [
            [choose.randrange(vocabulary) for _ in range(length)]
            for _ in range(choose.choice([1, 2, 3]))
        ]
        made.append(
            {"vocabulary": vocabulary, "table": choose.randint(1, 9), "prompts": prompts, "options": options}
        )
    return made


def generated(count, seed):
    """Cases with what is generated, but for those in which all tokens are forbidden: Python fails there."""
    made = []
    for case in cases(count, seed):
        try:
            made.append({**case, **generate(case)})
        except RuntimeError as error:
            if "probability tensor" not in str(error) and "invalid multinomial" not in str(error):
                raise
    return made
