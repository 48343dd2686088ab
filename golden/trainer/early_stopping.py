"""Asks the EarlyStoppingCallback of transformers about evaluations: python early_stopping.py CASES

CASES is a JSON list of {"patience", "threshold", "greater_is_better", "scores"}, and "state", the callback's
state in trainer_state.json after the scores as another program has it. Prints a JSON list of, for each case,
the states after each score, whether to stop then, and whether "state" makes a callback of the same state.
"""

import json
import sys
from types import SimpleNamespace

from transformers import EarlyStoppingCallback, Trainer, TrainerControl, TrainerState, TrainingArguments


def ask(case):
    args = TrainingArguments(
        output_dir="unused", use_cpu=True, eval_strategy="steps", metric_for_best_model="score",
        greater_is_better=case["greater_is_better"], report_to="none",
    )
    callback = EarlyStoppingCallback(case["patience"], case["threshold"])
    trainer = SimpleNamespace(args=args, state=TrainerState())
    states, stops = [], []
    for score in case["scores"]:
        control, metrics = TrainerControl(), {"eval_score": score}
        callback.on_evaluate(args, trainer.state, control, metrics)
        Trainer._determine_best_metric(trainer, metrics, None)
        states.append(callback.state())
        stops.append(control.should_training_stop)
    restored = EarlyStoppingCallback.from_state(case["state"])
    return {"states": states, "stops": stops, "same": vars(restored) == vars(callback)}


if __name__ == "__main__":
    cases = json.loads(open(sys.argv[1], encoding="utf-8").read())
    print(json.dumps([ask(case) for case in cases]))
