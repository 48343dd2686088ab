"""Times checkpoint4j and its peers in turns, and prints one table. Started by bench/run."""

import argparse
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time
import warnings

import safetensors
import safetensors.torch
import steps
import torch
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.staging import DefaultStager, StagingOptions

ROOT = pathlib.Path(__file__).resolve().parent.parent
ONE_TENSOR = "h.12.attn.c_proj.weight"


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def fsync(path):
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


class Java:
    """The benchmarks of the module, in one JVM that stays."""

    def __init__(self, java, directory):
        jars = [str(ROOT / "bench/target/lib/*")]
        jars += map(str, (ROOT / "bench/target").glob("checkpoint4j-bench-*.jar"))
        self.process = subprocess.Popen(
            [
                java,
                "-Xmx1g",
                f"-Dcheckpoint4j.bench.directory={directory}",
                "-cp",
                os.pathsep.join(jars),
                "io.github.checkpoint4j.bench.SideBySide",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.model = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the JVM ended with status {self.process.wait()}")
        return line.strip()

    def __call__(self, benchmark):
        print(benchmark, file=self.process.stdin, flush=True)
        return float(self.answer())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Python:
    """torch, safetensors and torch.distributed.checkpoint on the same tensors."""

    def __init__(self, model, directory):
        self.directory = directory
        self.weights = {k: v.clone() for k, v in safetensors.torch.load_file(model).items()}
        self.memory = {k: torch.ones_like(v) for k, v in self.weights.items()}
        self.torch_file = directory / "weights.pt"
        self.safetensors_file = directory / "weights.safetensors"
        torch.save(self.weights, self.torch_file)
        safetensors.torch.save_file(self.weights, self.safetensors_file)
        # The memory it copies to is kept from save to save; what else there is needs a GPU.
        self.stager = DefaultStager(StagingOptions(False, False, False, False))

    def save(self, write):
        path = self.directory / "saved"
        taken = seconds(lambda: (write(path), fsync(path)))
        path.unlink()
        return taken

    def torch_save(self):
        return self.save(lambda path: torch.save(self.weights, path))

    def safetensors_save(self):
        return self.save(lambda path: safetensors.torch.save_file(self.weights, path))

    def dcp_save(self):
        """The seconds until training goes on, and until the checkpoint is on the disk."""
        path = self.directory / "dcp"
        # It says every time that there is one process only, and that torch uses an old name.
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        saved = dcp.async_save(
            self.weights, checkpoint_id=path, async_stager=self.stager, no_dist=True
        )
        blocked = time.perf_counter() - start
        saved.result()
        durable = time.perf_counter() - start
        shutil.rmtree(path)
        return blocked, durable

    def torch_load(self):
        return seconds(lambda: torch.load(self.torch_file))

    def safetensors_load(self):
        def load():
            for name, tensor in safetensors.torch.load_file(self.safetensors_file).items():
                self.memory[name].copy_(tensor)

        return seconds(load)

    def torch_lazy(self):
        def read():
            self.memory[ONE_TENSOR].copy_(torch.load(self.torch_file, mmap=True)[ONE_TENSOR])

        return seconds(read)

    def safetensors_lazy(self):
        def read():
            with safetensors.safe_open(self.safetensors_file, "pt") as file:
                self.memory[ONE_TENSOR].copy_(file.get_tensor(ONE_TENSOR))

        return seconds(read)

    def size(self):
        return sum(tensor.nbytes for tensor in self.weights.values())


def fio(directory, size, engine, depth):
    """The seconds that fio takes for as many bytes in writes of 8 MiB past the page cache."""
    blocks = size // (8 << 20)
    output = subprocess.run(
        [
            "fio", "--name=write", f"--filename={directory / 'fio'}", "--rw=write", "--direct=1",
            "--bs=8M", f"--size={blocks * 8}M", f"--ioengine={engine}", f"--iodepth={depth}",
            "--end_fsync=1", "--output-format=terse", "--terse-version=3",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout  # fmt: skip
    (directory / "fio").unlink()
    kib_per_second = float(output.splitlines()[-1].split(";")[47])
    return size / (kib_per_second * 1024)


def process(*command):
    return seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))


def several(action, count=15):
    """The median of a short action."""
    return statistics.median(action() for _ in range(count))


class Times:
    """The seconds of each thing, a figure a round."""

    def __init__(self):
        self.of = {}

    def add(self, name, *taken):
        self.of.setdefault(name, []).extend(taken)

    def median(self, name):
        return statistics.median(self.of[name])

    def fastest(self, *names):
        return min((name for name in names if name in self.of), key=self.median)


def one_round(java, python, with_fio, directory):
    """Yields names and seconds. What was written before is flushed first, and not timed."""
    size = python.size()
    for name, action in {
        "commit": lambda: java("commit"),
        "torch.save + fsync": python.torch_save,
        "file alone": lambda: java("bare"),
        "safetensors save_file + fsync": python.safetensors_save,
        "fio psync": lambda: fio(directory, size, "psync", 1),
        "fio io_uring": lambda: fio(directory, size, "io_uring", 4),
    }.items():
        if with_fio or not name.startswith("fio"):
            os.sync()
            yield name, action()
    os.sync()
    blocked, durable = python.dcp_save()
    yield "DCP async_save, blocked", blocked
    yield "DCP async_save, durable", durable
    os.sync()
    yield "background, blocked", java("blocked")
    os.sync()
    yield "background, durable", java("durable")
    yield "memcpy", java("memcpy")
    os.sync()
    yield "load", java("load")
    yield "torch.load", python.torch_load()
    yield "load, verified", java("verified-load")
    yield "safetensors load_file + copy", python.safetensors_load()
    yield "one tensor", several(lambda: java("one-tensor"))
    yield "torch.load(mmap=True), one tensor", several(python.torch_lazy)
    yield "one tensor, 10 GiB", several(lambda: java("one-tensor-of-10-GiB"))
    yield "safetensors safe_open, one tensor", several(python.safetensors_lazy)
    yield "one tensor, file alone", several(lambda: java("one-tensor-bare"))
    yield "ckpt show", process(str(ROOT / "ckpt"), "show", str(python.safetensors_file))
    yield "import torch", process(sys.executable, "-c", "import torch")


def print_times(times):
    print(f"{'seconds':<36}{'median':>9}{'best':>9}   rounds")
    for name, taken in times.of.items():
        rounds = " ".join(f"{t:.4f}" for t in taken)
        print(f"{name:<36}{statistics.median(taken):>9.4f}{min(taken):>9.4f}   {rounds}")


def print_ratios(times, size):
    """A row a comparison: what, its peer, and the least ratio or the most seconds to reach."""
    saved = times.fastest("torch.save + fsync", "safetensors save_file + fsync")
    loaded = times.fastest("torch.load", "safetensors load_file + copy")
    lazy = times.fastest("torch.load(mmap=True), one tensor", "safetensors safe_open, one tensor")
    rows = [
        ("commit", saved, 5, None),
        ("file alone", saved, 5, None),
        ("background, blocked", "memcpy", 1 / 1.2, None),
        ("background, blocked", "DCP async_save, blocked", None, None),
        ("background, durable", "DCP async_save, durable", 3, None),
        ("load", loaded, 1, None),
        ("load, verified", loaded, None, None),
        ("one tensor", lazy, None, 0.005),
        ("one tensor, 10 GiB", lazy, None, 0.005),
        ("one tensor, file alone", lazy, None, 0.005),
        ("ckpt show", "import torch", None, 0.3),
    ]
    if "fio psync" in times.of:
        disk = times.fastest("fio psync", "fio io_uring")
        rows[2:2] = [("commit", disk, 0.8, None), ("file alone", disk, 0.8, None)]
    line = "{:<24}{:>11}  {:<36}{:>11}{:>8}  {}"
    print(f"\nmedians of rounds; GB/s of {size} bytes")
    print(line.format("what", "ours", "peer", "its", "ratio", "to reach"))
    for ours, peer, least_ratio, most_seconds in rows:
        mine, its = times.median(ours), times.median(peer)
        whole_model = most_seconds is None
        target = "-"
        if least_ratio is not None:
            target = f"{least_ratio:.2g}: {'met' if its / mine >= least_ratio else 'missed'}"
        elif most_seconds is not None:
            target = f"{most_seconds * 1000:g} ms: {'met' if mine <= most_seconds else 'missed'}"
        figures = [
            f"{size / taken / 1e9:.2f} GB/s" if whole_model else f"{taken * 1000:.2f} ms"
            for taken in (mine, its)
        ]
        print(line.format(ours, figures[0], peer, figures[1], f"{its / mine:.2f}", target))


def print_machine(directory):
    print(time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()), platform.platform())
    cpu = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as lines:
            cpu = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), cpu)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    print(f"{os.cpu_count()} x {cpu}, {memory:.0f} GiB, load {os.getloadavg()}")
    print(subprocess.run(["df", "-T", directory], capture_output=True, text=True).stdout.strip())
    print("Python", platform.python_version(), "torch", torch.__version__, end=" ")
    print("safetensors", safetensors.__version__)


def run_files(java_program, rounds, directory):
    """Prints the tables of saving and reading."""
    with_fio = shutil.which("fio") is not None
    if not with_fio:
        print("fio is not installed: without the lines that need it")
    times = Times()
    with Java(java_program, directory) as java:
        python = Python(java.model, directory)
        for number in range(rounds + 1):
            print(f"round {number} of {rounds}", file=sys.stderr)
            for name, taken in one_round(java, python, with_fio, directory):
                if number > 0:  # The first warms up.
                    times.add(name, taken)
    print("load", os.getloadavg())
    print_times(times)
    print_ratios(times, python.size())


PARTS = {"files": (run_files, 5), "steps": (steps.run, 10)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--java", required=True)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--directory", type=pathlib.Path, default=ROOT / "bench/target")
    arguments = parser.parse_args()
    directory = arguments.directory / f"side-by-side-{os.getpid()}"
    directory.mkdir(parents=True)
    try:
        print_machine(directory)
        for name, (run, usual_rounds) in PARTS.items():
            if arguments.only in (None, name):
                run(arguments.java, arguments.rounds or usual_rounds, directory)
        print("load", os.getloadavg())
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
