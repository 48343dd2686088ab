"""Random safetensors files and what the safetensors library says of them: python headers.py FILE SEED COUNT

FILE gets the files, each after its length in 4 bytes, big-endian. Printed is, for each, the list of its tensors (name,
dtype, shape) in the order of their names, or the error. Headers are valid ones with up to two changes.
"""

import json
import random
import re
import struct
import sys

from safetensors import SafetensorError, deserialize

BITS = {
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}
NUMBERS = [
    "-0", "-1", "1.0", "1e0", "01", "18446744073709551615", "18446744073709551616", "9223372036854775808", "0", "null",
    "true", '"1"', "0.5", "1E2", "[1]", "{}", "NaN",
]
SPACES = [" ", "\n", "\t", "\r", "\f", "\0", "\u00a0", "\ufeff"]
DTYPES = ["f32", "F128", "", "F32 ", "C128", "\\u0046\\u0033\\u0032"]
FIELDS = ['"Shape"', '"sh\\u0061pe"', '"x":[],"shape"', '"x":{"y":[null,1.5e9,"\\ud800"]},"shape"']
METADATA = ["{}", "null", '{"a":1}', '{"a":null}', "[]", '{"a":"\\ud83d\\ude00","b":"\\u0000"}', '""']


def tensor(draw, offset):
    dtype = draw.choice(list(BITS))
    shape = [draw.choice([0, 1, 2, 3, 4, 8]) for _ in range(draw.randrange(4))]
    bits = BITS[dtype]
    for dimension in shape:
        bits *= dimension
    size = -(-bits // 8) + (draw.choice([-1, 1]) if draw.random() < 0.03 else 0)
    fields = ['"dtype":' + json.dumps(dtype), '"shape":' + json.dumps(shape), '"data_offsets":[%d,%d]' % (offset, offset + size)]
    draw.shuffle(fields)
    return "{" + ",".join(fields) + "}", size


def changed(draw, text):
    at = draw.randrange(len(text))
    numbers = [match.span() for match in re.finditer(r"\d+", text)] or [(at, at)]
    begin, end = draw.choice(numbers)
    return draw.choice([
        lambda: text[:at] + draw.choice('{}[]",:0 \n\t\\/ae') + text[at + 1 :],
        lambda: text[:at] + text[at + 1 :],
        lambda: text[:at] + draw.choice(SPACES) + text[at:],
        lambda: text[:begin] + draw.choice(NUMBERS) + text[end:],
        lambda: text.replace("F32", draw.choice(DTYPES), 1),
        lambda: text.replace('"shape"', draw.choice(FIELDS), 1),
        lambda: text[:-1] + ',"__metadata__":' + draw.choice(METADATA) + "}",
        lambda: text.replace("[", draw.choice(["[[", "[,", "[ ", "[\n"]), 1),
        lambda: text.replace("]", draw.choice([",]", "]]", " ]"]), 1),
    ])()


def made(draw):
    offset, members = 0, []
    for number in range(draw.randrange(4)):
        member, size = tensor(draw, offset)
        members.append('"t%d":%s' % (number, member))
        offset += size
    draw.shuffle(members)
    text = "{" + ",".join(members) + "}"
    for _ in range(draw.choice([0, 1, 1, 1, 2])):
        text = changed(draw, text)
    header = text.encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(header)) + header + bytes(draw.randrange(2) for _ in range(max(0, offset)))


def verdict(file):
    try:
        return sorted([name, entry["dtype"], list(entry["shape"])] for name, entry in deserialize(file))
    except SafetensorError as e:
        return str(e)


if __name__ == "__main__":
    generator = random.Random(int(sys.argv[2]))
    verdicts = []
    with open(sys.argv[1], "wb") as out:
        for _ in range(int(sys.argv[3])):
            content = made(generator)
            out.write(struct.pack(">i", len(content)) + content)
            verdicts.append(verdict(content))
    print(json.dumps({"said": verdicts}))
