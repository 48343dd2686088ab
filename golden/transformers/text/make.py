"""Makes the files of this directory, with interop.py beside it.

Made with torch 2.10.0, transformers 5.23.0, tokenizers 0.23.3:

    OMP_NUM_THREADS=1 python make.py
"""

import json
import pathlib

import interop

HERE = pathlib.Path(__file__).parent
POEMS = [
    "泛泛東流水，飛飛北上塵。歸驂將別櫂，俱是倦遊人。",
    "世上無窮事，生涯莫廢詩。何曾好風月，不是憶君時。",
    "日落衆山昏，蕭蕭暮雨繁。那堪兩處宿，共聽一聲猨。",
]
REVIEWS = [
    "It's a gripping, beautifully acted film; you'll see what we've seen.",
    "What we get is more like something from a bad movie, badder than bad.",
    "  Two spaces, 1234 numbers, tab\tand\nline; naïve café — don't!  ",
    "the film the films the filming of the filmed",
    "aaaa aaaaaa aaa baaab abababab",
]
PAIRS = [
    ["photon", "F OW T AA N"],
    ["interesting", "IH N T R AH S T IH NG"],
    ["'tis", "T IH Z"],
    ["a's", "EY Z"],
    ["debugging", "D IY B AH G IH NG"],
]
OTHERS = ["", " ", "飛流直下三千尺", "emoji \U0001f389 and \ufffd", "x</s>y", "<s>a<unk>b<pad>", "F OW ow Q", "It's"]


def write(name, value):
    (HERE / name).write_text(json.dumps(value, indent=1) + "\n")


def main():
    texts = POEMS + REVIEWS
    expected = {"texts": texts, "pairs": PAIRS}
    interop.train("characters", HERE / "characters", texts)
    interop.train("transcription", HERE / "transcription", PAIRS)
    interop.train("bytes", HERE / "bytes", texts, 330, 2)
    interop.train("unigram", HERE / "unigram", texts)
    for kind in ["characters", "transcription", "bytes", "unigram"]:
        encoded = [source for pair in PAIRS for source in pair] if kind == "transcription" else texts
        expected[kind] = interop.encode(HERE / kind, encoded + OTHERS)
    expected["causal"] = interop.causal(HERE / "characters", 20, 16, texts)
    expected["masked"] = interop.masked(HERE.parent / "tiny", 16, 7, REVIEWS)
    expected["seq2seq"] = interop.seq2seq(HERE / "transcription", 6, 8, PAIRS)
    write("expected.json", expected)


if __name__ == "__main__":
    main()
