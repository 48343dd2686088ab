"""Times the steps of trainings by checkpoint4j and by Hugging Face's Trainer, in turns."""

import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESOURCES = ROOT / "cli/src/main/resources/io/github/checkpoint4j/cli"
TASKS = ("bert", "gpt2", "t5")
THREADS = (1, 2)
STEPS_OF_ROUND = 5  # As many as between two logs.
STEPS_OF_SAVE = 50
PHASES = ("data", "forward", "backward", "clip", "optimizer", "other")
# Both have drawn the same dropout from the same weights and data; what is left is rounding.
LARGEST_DIFFERENCE = 0.002
LARGEST_LOSS = 0.02


# What ckpt starts a training with, unless the user says otherwise; its comments say why.
USUAL = {
    "OMP_WAIT_POLICY": "passive",
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "2147483647",
    "MALLOC_TOP_PAD_": "67108864",
}
ENVIRONMENT = {name: os.environ.get(name, value) for name, value in USUAL.items()}
JAVA_OPTIONS = (
    "-XX:+UseSerialGC",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
)


class Training:
    """A process that does as many steps as it is asked for, and then waits."""

    def __init__(self, command, threads, **environment):
        self.process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | environment | {"OMP_NUM_THREADS": str(threads)},
        )

    def steps(self, count):
        print(count, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args} ended with status {self.process.wait()}")
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Trainings:
    """The trainings of both languages, on models and data in a directory."""

    def __init__(self, java, directory):
        jars = [str(ROOT / "bench/target/lib/*")]
        jars += map(str, (ROOT / "bench/target").glob("checkpoint4j-bench-*.jar"))
        path = os.pathsep.join(jars)
        self.java = [java, *JAVA_OPTIONS, "-cp", path, "io.github.checkpoint4j.bench.TrainingSteps"]
        self.directory = directory
        subprocess.run([*self.java, "prepare", RESOURCES, directory], check=True)

    def ours(self, task, threads, save_steps=0):
        command = [*self.java, "train", task, self.directory, threads, save_steps]
        return Training(command, threads, **ENVIRONMENT)

    def theirs(self, task, threads):
        script = ROOT / "bench/training_steps.py"
        command = [sys.executable, script, task, self.directory, threads]
        return Training(command, threads, CUDA_VISIBLE_DEVICES="-1")


def in_turns(trainings, task, threads, rounds):
    """The answers of both, a pair a round. The first of each warms up, and is not among them."""
    pairs = []
    with trainings.ours(task, threads) as ours, trainings.theirs(task, threads) as theirs:
        for number in range(rounds + 1):
            # Neither is always first.
            order = (ours, theirs) if number % 2 else (theirs, ours)
            answers = {training: training.steps(STEPS_OF_ROUND) for training in order}
            if number > 0:
                pairs.append((answers[ours], answers[theirs]))
            else:
                require_same_loss(task, answers[ours]["loss"], answers[theirs]["loss"])
    return pairs


def require_same_loss(task, ours, theirs):
    if not abs(ours - theirs) <= LARGEST_DIFFERENCE * theirs:
        sys.exit(f"{task}: the losses are {ours} and {theirs}, so the steps are not the same")


def of_a_step(answers, value):
    """The median over rounds of what a step takes, in milliseconds."""
    return 1000 * statistics.median(value(answer) / len(answer["steps"]) for answer in answers)


def seconds(answer):
    return sum(answer["steps"])


def processor(answer):
    return answer["cpu"]


def print_ratios(results):
    line = "{:<24}{:>11}  {:<36}{:>11}{:>8}  {}"
    print("\na step: medians of rounds; the ratio is the median of those of the rounds")
    print(line.format("what", "ours", "peer", "its", "ratio", "to reach"))
    for (task, threads), pairs in results.items():
        ratio = statistics.median(seconds(theirs) / seconds(ours) for ours, theirs in pairs)
        print(
            line.format(
                f"{task}, {threads} thread{'s' * (threads > 1)}",
                f"{of_a_step([ours for ours, _ in pairs], seconds):.1f} ms",
                "transformers Trainer",
                f"{of_a_step([theirs for _, theirs in pairs], seconds):.1f} ms",
                f"{ratio:.2f}",
                f"1: {'met' if ratio >= 1 else 'missed'}",
            )
        )


def print_phases(results):
    """A row for each side: where the time of a step goes, and what it takes of processors."""
    print("\nthe parts of a step in milliseconds: medians of rounds")
    names = (*PHASES, "step", "processor")
    print(f"{'what':<18}{'of':<14}" + "".join(f"{name:>11}" for name in names))
    for (task, threads), pairs in results.items():
        for side, answers in zip(("checkpoint4j", "transformers"), zip(*pairs)):
            parts = [
                of_a_step(answers, lambda answer: answer["phases"].get(phase, 0.0))
                for phase in PHASES
            ]
            parts += [of_a_step(answers, seconds), of_a_step(answers, processor)]
            what = f"{task}, {threads} thread{'s' * (threads > 1)}"
            print(f"{what:<18}{side:<14}" + "".join(f"{part:>11.1f}" for part in parts))


def lost_to_saving(trainings, threads, rounds):
    """The share of a training's time that checkpoints cost: the median of the rounds.

    One training saves and the other does not, on the same batches in turns. A checkpoint is in the
    middle of a turn, so that what is left to do in the background after it is in the turn too.
    """
    with (
        trainings.ours("bert", threads, STEPS_OF_SAVE) as saving,
        trainings.ours("bert", threads) as plain,
    ):
        shares = []
        for training in (saving, plain):
            training.steps(STEPS_OF_SAVE // 2)
        for _ in range(rounds):
            with_save, without = (
                seconds(training.steps(STEPS_OF_SAVE)) for training in (saving, plain)
            )
            shares.append(1 - without / with_save)
    return statistics.median(shares)


def print_lost(trainings, rounds):
    threads = THREADS[-1]  # All that there are: the thread that saves takes from those that train.
    lost = lost_to_saving(trainings, threads, rounds)
    target = f"{LARGEST_LOSS:.1%}: {'met' if lost <= LARGEST_LOSS else 'missed'}"
    print(f"\nbert, {threads} threads, a checkpoint every {STEPS_OF_SAVE} steps in the background:")
    print(f"{lost:.1%} of the time is lost; to reach {target}")


def run(java, rounds, directory):
    """Prints the tables."""
    trainings = Trainings(java, directory)
    results = {}
    for task in TASKS:
        for threads in THREADS:
            print(f"{task}, threads: {threads}", file=sys.stderr)
            results[task, threads] = in_turns(trainings, task, threads, rounds)
    print_ratios(results)
    print_phases(results)
    print_lost(trainings, max(rounds // 2, 1))
