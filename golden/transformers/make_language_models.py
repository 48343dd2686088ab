"""Makes language/: tiny language models, and what transformers makes of a few batches with them.

Made with torch 2.10.0, transformers 5.23.0:

    OMP_NUM_THREADS=1 python make_language_models.py

Of each model there are its directory as save_pretrained writes it, NAME.safetensors with the batches and what
comes of them, and NAME.json with the digests of the weights that it starts from after torch.manual_seed(7).
"""

import hashlib
import json
import pathlib
import shutil

import torch
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    T5Config,
    T5ForConditionalGeneration,
)

HERE = pathlib.Path(__file__).parent / "language"
VOCABULARY = 40


def digests(model):
    return {
        name: hashlib.sha256(parameter.detach().contiguous().numpy().tobytes()).hexdigest()
        for name, parameter in model.named_parameters()
    }


def new(name, make):
    """A model whose every weight counts, saved; and how it began."""
    torch.manual_seed(7)
    model = make()
    initial = {"sha256": digests(model), "random": float(torch.rand(1))}
    (HERE / (name + ".json")).write_text(json.dumps(initial, indent=1) + "\n")
    torch.manual_seed(43)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(HERE / name)
    (HERE / name / "generation_config.json").unlink(missing_ok=True)
    return model.eval()


def ids(seed, *shape):
    return torch.randint(1, VOCABULARY, shape, generator=torch.Generator().manual_seed(seed))


def case(model, batch):
    tensors = {"input/" + key: value for key, value in batch.items()}
    for mode in ("eval", "train"):
        model.train(mode == "train")
        model.zero_grad()
        torch.manual_seed(1234)
        # Without a cache, as the Trainer runs models: only then are packed sequences told apart.
        output = model(**batch, **({} if isinstance(model, BertForMaskedLM) else {"use_cache": False}))
        output.loss.backward()
        tensors[mode + "/loss"] = output.loss.detach()
        tensors[mode + "/logits"] = output.logits.detach()
        tensors[mode + "/next_random"] = torch.rand(1)
        for key, parameter in model.named_parameters():
            tensors[mode + "/gradient/" + key] = parameter.grad
    model.eval()
    return tensors


def write(name, cases):
    tensors = {f"{case}/{key}": value for case, values in cases.items() for key, value in values.items()}
    save_file({key: value.detach().contiguous().clone() for key, value in tensors.items()}, HERE / (name + ".safetensors"))


def masked(labels, mask):
    return labels.masked_fill(mask == 0, -100)


MASK = torch.tensor([[1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1, 1]])


def gpt2():
    def config(**changes):
        return GPT2Config(
            vocab_size=VOCABULARY, n_positions=16, n_embd=16, n_layer=2, n_head=2, initializer_range=0.2,
            bos_token_id=1, eos_token_id=2, pad_token_id=0, **changes,
        )

    model = new("gpt2", lambda: GPT2LMHeadModel(config()))
    tokens = ids(1, 3, 7)
    positions = (MASK.cumsum(-1) - 1).clamp(min=0)
    packed = ids(3, 1, 8)
    steps = {"input/input_ids": tokens, "input/attention_mask": MASK, "input/position_ids": positions}
    with torch.no_grad():
        past = None
        for start, end in ((0, 4), (4, 6), (6, 7)):
            output = model(
                tokens[:, start:end], attention_mask=MASK[:, :end], position_ids=positions[:, start:end],
                past_key_values=past, use_cache=True,
            )
            past = output.past_key_values
            steps[f"logits/{start}-{end}"] = output.logits
    write("gpt2", {
        "plain": case(model, {"input_ids": ids(2, 2, 6), "labels": ids(2, 2, 6)}),
        "padded": case(model, {"input_ids": tokens, "attention_mask": MASK, "position_ids": positions, "labels": masked(tokens, MASK)}),
        "packed": case(model, {"input_ids": packed, "position_ids": torch.tensor([[0, 1, 2, 0, 1, 2, 3, 4]]), "labels": packed}),
        "typed": case(model, {"input_ids": tokens, "token_type_ids": ids(4, 3, 7), "labels": tokens}),
        "cached": steps,
    })
    other = new("gpt2-untied", lambda: GPT2LMHeadModel(config(
        tie_word_embeddings=False, scale_attn_by_inverse_layer_idx=True, n_inner=24, activation_function="relu",
        attn_pdrop=0.3, embd_pdrop=0.0,
    )))
    write("gpt2-untied", {"plain": case(other, {"input_ids": ids(2, 2, 6), "labels": ids(2, 2, 6)})})


def bert():
    model = new("bert-mlm", lambda: BertForMaskedLM(BertConfig(
        vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=16, initializer_range=0.2,
    )))
    tokens = ids(1, 3, 7)
    labels = tokens.masked_fill(ids(5, 3, 7) % 3 != 0, -100)
    write("bert-mlm", {
        "plain": case(model, {"input_ids": tokens, "labels": labels}),
        "padded": case(model, {"input_ids": tokens * MASK, "attention_mask": MASK, "labels": masked(labels, MASK)}),
    })


def t5():
    def config(**changes):
        return T5Config(
            vocab_size=VOCABULARY, d_model=16, d_kv=6, d_ff=24, num_layers=2, num_decoder_layers=2, num_heads=3,
            relative_attention_num_buckets=8, relative_attention_max_distance=12, initializer_factor=0.5,
            decoder_start_token_id=0, **changes,
        )

    def batches(model):
        source = ids(6, 3, 15)
        mask = torch.ones_like(source)
        mask[1, 9:] = 0
        mask[2, :4] = 0
        target = masked(ids(7, 3, 11), torch.cat([torch.ones(3, 4), MASK], 1))
        given = ids(8, 3, 7)
        return {
            "plain": case(model, {"input_ids": source, "labels": ids(7, 3, 11)}),
            "padded": case(model, {"input_ids": source * mask, "attention_mask": mask, "labels": target}),
            "given": case(model, {
                "input_ids": source, "decoder_input_ids": given, "decoder_attention_mask": MASK, "labels": given,
            }),
            "cached": steps(model, source, mask, given),
        }

    def steps(model, source, mask, target):
        tensors = {"input/input_ids": source, "input/attention_mask": mask, "input/decoder_input_ids": target}
        with torch.no_grad():
            encoded = model.encoder(input_ids=source, attention_mask=mask)
            tensors["encoded"] = encoded[0]
            past = None
            for start, end in ((0, 4), (4, 6), (6, 7)):
                output = model(
                    encoder_outputs=encoded, attention_mask=mask, decoder_input_ids=target[:, start:end],
                    past_key_values=past, use_cache=True,
                )
                past = output.past_key_values
                tensors[f"logits/{start}-{end}"] = output.logits
        return tensors

    write("t5", batches(new("t5", lambda: T5ForConditionalGeneration(config()))))
    new("t5-gated", lambda: T5ForConditionalGeneration(config(feed_forward_proj="gated-gelu", tie_word_embeddings=False)))
    # T5 1.1 has a head of its own, which transformers leaves as it is if the file has it.
    weights = load_file(HERE / "t5-gated" / "model.safetensors")
    weights["lm_head.weight"] = torch.randn(VOCABULARY, 16, generator=torch.Generator().manual_seed(9)) * 0.3
    save_file(weights, HERE / "t5-gated" / "model.safetensors", metadata={"format": "pt"})
    model = T5ForConditionalGeneration.from_pretrained(HERE / "t5-gated")
    assert model.lm_head.weight is not model.shared.weight
    write("t5-gated", {"plain": batches(model)["plain"]})


def main():
    torch.set_num_threads(1)
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    gpt2()
    bert()
    t5()


if __name__ == "__main__":
    main()
