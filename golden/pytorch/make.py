"""Makes the files of this folder, and expected.json, with PyTorch and the Hugging Face Trainer.

Run in this folder: PYTHONHASHSEED=0 OMP_NUM_THREADS=1 python make.py
Made with torch 2.10.0, transformers 5.23.0 and numpy 2.4.
"""

import json
import random
import shutil
import tempfile
from collections import Counter, OrderedDict, defaultdict
from pathlib import Path

import legacy
import numpy
import torch
from described import DTYPES, of_storage, row
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

def rows(value, path=()):
    if torch.is_tensor(value):
        return [row(".".join(path), value)]
    if torch.is_storage(value):
        return rows(of_storage(value), path)
    if isinstance(value, numpy.ndarray):
        return []
    if isinstance(value, dict):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, (list, tuple)):
        items = [(str(index), item) for index, item in enumerate(value)]
    else:
        return []
    return [found for key, item in items for found in rows(item, path + (key,))]


def trainer(optim, target, names):
    torch.manual_seed(0)
    model = BertForSequenceClassification(BertConfig(
        vocab_size=40, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=16))
    examples = [dict(input_ids=torch.randint(0, 40, (8,)), labels=torch.tensor(i % 2))
                for i in range(16)]
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, max_steps=2, save_steps=2, per_device_train_batch_size=4,
            use_cpu=True, report_to=[], warmup_steps=1, weight_decay=0.01, optim=optim,
            optim_args="momentum=0.9" if optim == "sgd" else None)
        Trainer(model=model, args=arguments, train_dataset=examples).train()
        for name in names:
            shutil.copy(Path(folder) / "checkpoint-2" / name, target)


def sgd():
    torch.manual_seed(1)
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.named_parameters(), lr=0.1, momentum=0.9, nesterov=True)
    model(torch.randn(4, 3)).sum().backward()
    optimizer.step()
    return optimizer.state_dict()


def dtypes():
    torch.manual_seed(2)
    state = {}
    for dtype in DTYPES:
        name = str(dtype).removeprefix("torch.")
        raw = torch.randint(0, 2 if dtype == torch.bool else 255, (2, 3 * dtype.itemsize),
                            dtype=torch.uint8)
        state[name] = raw.view(dtype)
        state[name + "_scalar"] = raw.flatten()[: dtype.itemsize].view(dtype)
        if dtype != torch.float4_e2m1fn_x2:
            state[name + "_scalar"] = state[name + "_scalar"].reshape(())
        state[name + "_empty"] = torch.empty((0, 3), dtype=dtype)
    return state


def views():
    storage = torch.arange(24.0)
    matrix = torch.arange(12, dtype=torch.int16).view(3, 4)
    return OrderedDict(
        whole=storage, part=storage[5:11].view(2, 3), transposed=storage.view(4, 6).t(),
        column=storage.view(4, 6)[:, 2], stepped=storage[::3],
        expanded=torch.tensor([1, 2], dtype=torch.uint8).view(2, 1).expand(2, 5),
        permuted=storage.view(2, 3, 4).permute(2, 0, 1), one=storage.view(4, 6)[1:2, 3:4],
        short_transposed=matrix.t(), double_transposed=matrix.double().t(),
        complex_transposed=matrix.to(torch.complex64).t(), bool_transposed=(matrix > 5).t(),
        tied=torch.nn.Parameter(storage), empty=storage[:0])


def values():
    return {
        "none": None, "true": True, "false": False, "text": "grüße 𝄞 \n", "bytes": b"\x00\xff",
        "no bytes": b"", "array of bytes": bytearray(b"ab"), "integers":
            [0, 255, 256, 65535, 65536, -1, 2**31 - 1, -2**31, 2**63, -2**63, 10**40, -10**40],
        "reals": [0.0, -0.0, 1e-5, float("inf"), float("-inf"), 1.7976931348623157e308],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "numbers": {0: "zero", -1: "minus one"}, "mixed": {"a": 1, 2: "b", (1, "x"): None},
        "empty": {"dict": {}, "list": [], "ordered": OrderedDict()},
        "size": torch.Size([2, 3]), "device": torch.device("cpu"), "cuda": torch.device("cuda", 1),
        "dtype": torch.bfloat16,
        "numpy": {"f8": numpy.float64(1.5), "f4": numpy.float32(0.5), "i8": numpy.int64(-3),
                  "u1": numpy.uint8(200), "b1": numpy.bool_(True),
                  "array": numpy.arange(6, dtype=numpy.int16).reshape(2, 3),
                  "big": numpy.arange(3, dtype=">f4")},
    }


class OnDevice:
    """A tensor as PyTorch pickles it on devices without storages."""

    def __init__(self, data, dtype):
        self.data = data
        self.dtype = dtype

    def __reduce__(self):
        kind = "cpu_tensor" if torch.is_tensor(self.data) else "numpy"
        rebuild = getattr(torch._utils, f"_rebuild_device_tensor_from_{kind}")
        return rebuild, (self.data, self.dtype, "cpu", False)


def kinds():
    """What weights_only reads beyond values(), and a frozenset and a defaultdict, which it does not."""
    several = defaultdict(list, {"a": [1], "b": []})
    several[3] = ["c"]
    small = torch.tensor([1.0, -2.0]).to(torch.float8_e5m2)
    return {
        "set": {1, "a", (2.5, None), b"x", frozenset([1])}, "empty set": set(),
        "frozenset": frozenset({"b", 7}), "empty frozenset": frozenset(),
        "by frozenset": {frozenset([1, 2]): "key"},
        "complex": [1 - 2j, complex(-0.0, float("inf"))], "defaultdict": several,
        "counter": Counter("abracadabra"), "factories": [defaultdict(int, a=1), defaultdict(dict)],
        "no factory": defaultdict(None, a=1),
        "layouts": [torch.strided, torch.sparse_coo], "dtypes": [torch.uint3, torch.bits8,
                                                                 torch.qint8, torch.complex32],
        "scheme": torch.per_tensor_affine, "huge": [2**2000, -(2**2039), 2**2000 + 1],
        "parameter": torch.nn.Parameter(torch.ones(2)), "buffer": torch.nn.Buffer(torch.zeros(3)),
        "on device": [OnDevice(torch.arange(3.0), torch.float32),
                      OnDevice(numpy.arange(3), torch.int64)],
        "two classes of one storage": [small, small.view(torch.uint8)],
        "storages": [torch.arange(3).untyped_storage(), torch.arange(4.0).storage()],
        "numpy": {"c8": numpy.complex64(1 + 2j), "c16": numpy.complex128(3 - 4j),
                  "complexes": numpy.array([1j, 2]), "fortran":
                      numpy.asfortranarray(numpy.arange(6, dtype=numpy.int32).reshape(2, 3)),
                  "scalar": numpy.array(5), "empty": numpy.zeros((0, 2))},
    }


def big_endian():
    """A file as a machine of the other byte order writes it; torch.load turns the numbers around."""
    state = {}
    for dtype in DTYPES:
        # PyTorch turns storages by their class, so those without one it leaves as they are.
        if dtype in torch.storage._dtype_to_storage_type_map():
            tensor = torch.arange(6).view(2, 3).to(dtype)
            storage = tensor.untyped_storage()
            storage.byteswap(dtype)
            state[str(dtype)] = tensor
            state[str(dtype) + "_transposed"] = tensor.t()
    return state


def main():
    here = Path(__file__).parent
    trainer("adamw_torch", here, ["optimizer.pt", "scheduler.pt", "rng_state.pth"])
    random.seed(0)
    torch.save(sgd(), here / "sgd.pt")
    torch.save(dtypes(), here / "dtypes.pt")
    torch.save(views(), here / "views.pt")
    torch.save(values(), here / "values.pt")
    torch.save(kinds(), here / "kinds.pt")
    for protocol in (1, 3, 4, 5):
        torch.save(values(), here / f"protocol{protocol}.pt", pickle_protocol=protocol)
    torch.save(kinds(), here / "kinds5.pt", pickle_protocol=5)
    with legacy.byte_order("big"):
        torch.save(big_endian(), here / "big-endian.pt")
    plain = values() | kinds()
    for name in ("storages", "two classes of one storage"):
        del plain[name]  # torch.load cannot read untyped ones of the layout from before 1.6
    legacy.make(here, {"views": views(), "values": plain, "dtypes": {
        name: tensor for name, tensor in dtypes().items()
        if tensor.dtype in torch.storage._dtype_to_storage_type_map()}})
    torch.save(torch.arange(3), here / "tensor.pt")
    torch.manual_seed(3)
    state = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).state_dict()
    torch.save(state, here / "model.pt")
    expected = {}
    for file in sorted([*here.glob("*.pt"), *here.glob("*.pth")]):
        expected[file.name] = rows(torch.load(file, weights_only=False))
    # torch.save writes untyped storages in the layout from before 1.6; torch.load cannot read them.
    untyped = {name: tensor for name, tensor in dtypes().items()
               if tensor.dtype in torch.storage._new_dtypes()}
    (here / "only-saved").mkdir(exist_ok=True)
    torch.save(untyped, here / "only-saved" / "untyped.pt", _use_new_zipfile_serialization=False)
    expected["only-saved/untyped.pt"] = rows(untyped)
    (here / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
