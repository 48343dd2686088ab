"""Makes the files of this folder: each is refused, with the message in expected.json.

Run in this folder: python make.py
h5py 3.14.0, numpy.
"""

import io
import json
import pathlib
import struct
import zlib

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent
CONFIG = json.dumps({"class_name": "Sequential", "config": {"name": "m", "layers": []}}).encode()
METADATA = b'{"keras_version": "3.15.1"}'


def hdf5(fill):
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        fill(file)
    return data.getvalue()


def small(file):
    file["layers/dense/vars/0"] = np.zeros(2, "f4")


WEIGHTS = hdf5(small)
MODEL = {"metadata.json": METADATA, "config.json": CONFIG, "model.weights.h5": WEIGHTS}


def entry(name, data, method=0, flags=0, full=None, stored=None):
    if stored is None:
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        stored = deflate.compress(data) + deflate.flush() if method else data
    return dict(name=name, stored=stored, method=method, flags=flags,
                full=len(data) if full is None else full, crc=zlib.crc32(data))


def sizes(one):
    return one["crc"], len(one["stored"]), one["full"], len(one["name"].encode())


def local(one):
    """What the archive has of an entry before the directory."""
    return struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, one["flags"], one["method"], 0, 33, *sizes(one),
                       0) + one["name"].encode() + one["stored"]


def archive(path, entries, offsets=None):
    """A zip archive; offsets puts entries of the directory elsewhere than where they are."""
    body, directory = b"", b""
    for number, one in enumerate(entries):
        offset = (offsets or {}).get(number, len(body))
        if number not in (offsets or {}):
            body += local(one)
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, one["flags"], one["method"], 0, 33,
                                 *sizes(one), 0, 0, 0, 0, 0, offset) + one["name"].encode()
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    (HERE / path).write_bytes(body + directory + end)


def model(path, *more, **changed):
    """The model's files, some with other bytes or none, and further entries."""
    files = MODEL | {name.replace("_", "."): data for name, data in changed.items()}
    archive(path, [entry(name, data) for name, data in files.items() if data is not None] + list(more))


def archives():
    for path, name in {"traversal": "assets/../../evil", "absolute": "/evil", "backslash": "assets\\..\\evil",
                       "drive": "C:evil", "dot": "./evil", "empty-name": "assets//evil"}.items():
        model(f"{path}.keras", entry(name, b"evil"))
    model("duplicate.keras", entry("config.json", b"{}"))
    within = entry("assets/within", b"twice")
    around = entry("assets/around", local(within))
    files = [entry(name, data) for name, data in MODEL.items()]
    archive("overlap.keras", files + [around, within],
            {4: sum(len(local(one)) for one in files) + 30 + len("assets/around")})
    rest = [entry(name, MODEL[name]) for name in ("metadata.json", "model.weights.h5")]
    archive("bomb.keras", rest + [entry("config.json", b" " * (1 << 25), method=8)])
    archive("bombs.keras", rest + [entry("config.json", CONFIG)]
            + [entry(f"assets/{i}", b" " * (1 << 23), method=8) for i in range(3)])
    archive("bomb-untrue.keras", rest + [entry("config.json", CONFIG, method=8, full=1 << 24, stored=b"\x03\0")])
    archive("deflated-weights.keras", [entry("config.json", CONFIG), entry("model.weights.h5", WEIGHTS, method=8)])
    archive("encrypted.keras", rest + [entry("config.json", CONFIG, flags=1)])
    model("no-config.keras", config_json=None)
    archive("no-weights.keras", [entry("config.json", CONFIG), entry("model.weights.txt", b"")])
    archive("numpy-weights.keras", [entry("config.json", CONFIG), entry("model.weights.npz", b"PK")])
    model("config-list.keras", config_json=b"[]")
    model("config-cut.keras", config_json=CONFIG[:40])
    model("config-deep.keras", config_json=b'{"config":' * 5000 + b"0" + b"}" * 5000)
    model("metadata-text.keras", metadata_json=b'"3.15.1"')
    named = {"model.weights.h5": hdf5(lambda file: file.create_dataset("kernel", data=np.zeros(2, "f4")))}
    archive("other-weights.keras", [entry(name, data) for name, data in (MODEL | named).items()])


def legacy(path, change):
    """A legacy model of one layer, with a change."""
    def fill(file):
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"name": "m", "layers": []}})
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = ["dense"]
        dense = weights.create_group("dense")
        dense.attrs["weight_names"] = ["kernel"]
        dense["kernel"] = np.zeros(2, "f4")
        change(file, weights, dense)

    (HERE / path).write_bytes(hdf5(fill))


def files():
    def attribute(name, value):
        return lambda file, weights, dense: {"f": file, "w": weights, "d": dense}[name[0]].attrs.__setitem__(
            name[2:], value)

    legacy("layer-missing.h5", attribute("w/layer_names", ["dense", "gone"]))
    legacy("layer-twice.h5", attribute("w/layer_names", ["dense", "dense"]))
    legacy("layer-outside.h5", attribute("w/layer_names", ["../model_weights/dense"]))
    legacy("layer-names-number.h5", attribute("w/layer_names", 7))
    legacy("layer-names-text.h5", attribute("w/layer_names", "dense"))
    legacy("layer-in-layer.h5", lambda file, weights, dense: (
        weights.attrs.__setitem__("layer_names", ["dense", "dense/inner"]), dense.create_group("inner")))
    legacy("weight-missing.h5", attribute("d/weight_names", ["bias"]))
    legacy("weight-twice.h5", attribute("d/weight_names", ["kernel", "kernel"]))
    legacy("weight-is-layer.h5", attribute("w/layer_names", ["dense", "dense/kernel"]))
    legacy("weight-text.h5", lambda file, weights, dense: (
        dense.__delitem__("kernel"), dense.__setitem__("kernel", "text")))
    legacy("config-not-json.h5", attribute("f/model_config", "{'class_name': 'Sequential'}"))
    legacy("no-weights.h5", lambda file, weights, dense: file.__delitem__("model_weights"))
    legacy("external-link.h5", lambda file, weights, dense: (
        dense.__delitem__("kernel"), dense.__setitem__("kernel", h5py.ExternalLink("/etc/passwd", "x"))))

    (HERE / "text.weights.h5").write_bytes(hdf5(lambda file: file.__setitem__("layers/dense/vars/0", "text")))
    (HERE / "soft-link.weights.h5").write_bytes(hdf5(lambda file: (
        small(file), file.__setitem__("layers/dense/vars/1", h5py.SoftLink("/layers/dense/vars/0")))))
    (HERE / "bfloat16-unmarked.h5").write_bytes(hdf5(lambda file: (
        file.attrs.__setitem__("layer_names", ["dense"]),
        file.create_group("dense").attrs.__setitem__("weight_names", ["kernel"]),
        file["dense"].create_dataset("kernel", data=np.zeros(2, "V2")))))


def shards():
    group = "/layers/dense/vars"
    for path, places in {"outside": "../mlp.weights.h5", "absolute": "/mlp.weights.h5", "other": "mlp.keras",
                         "number": 7, "missing": "gone_00000.weights.h5"}.items():
        index = {"metadata": {"total_size": 8}, "weight_map": {group: places}}
        (HERE / f"{path}.weights.json").write_text(json.dumps(index))


archives()
files()
shards()
