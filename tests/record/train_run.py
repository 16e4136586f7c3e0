"""A training script as a user would write it, for tests that run it in processes of their own.

Usage: train_run.py FOLDER [--steps N] [--resume] [--hang-at STEP] [--break-at STEP] [--fail-rank R]
    [--eval-sets] [--at-reward-functions] [--alone] [--config JSON] [--options JSON] [--rank-options R]
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import ClassVar

sys.path.insert(0, str(Path(__file__).parents[1]))

import tiny_trl as tiny
from trl import GRPOTrainer

import grpolog
from grpolog.record.trl.hooks import RecordingCallback

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("--steps", type=int, default=4)
parser.add_argument("--resume", action="store_true")
parser.add_argument("--hang-at", type=int)
parser.add_argument("--break-at", type=int)
parser.add_argument("--fail-rank", type=int)
parser.add_argument("--eval-sets", action="store_true", help="evaluate two data sets every other step")
parser.add_argument("--alone", action="store_true")
parser.add_argument("--rank-options", type=int, help="the only rank that has the options")
parser.add_argument("--at-reward-functions", action="store_true")
parser.add_argument("--config", type=json.loads, default={})
parser.add_argument("--options", type=json.loads, default={})
given = parser.parse_args()


def accuracy(completions, trainer_state=None, **kwargs):
    if given.hang_at is not None and trainer_state.global_step + 1 == given.hang_at:
        print("hanging", flush=True)
        time.sleep(1000)
    return tiny.accuracy(completions)


class Counting(GRPOTrainer):
    advantages: ClassVar[list] = []

    def _generate_and_score_completions(self, inputs):
        output = super()._generate_and_score_completions(inputs)
        self.advantages.append(output["advantages"].tolist())
        return output

    def log(self, logs, *args, **kwargs):
        if "grad_norm" in logs and given.break_at is not None and self.state.global_step >= given.break_at:
            logs["grad_norm"] = float("nan")
        super().log(logs, *args, **kwargs)


if given.rank_options is not None and given.rank_options != int(os.environ["RANK"]):
    given.options = {}
if given.alone:
    given.config["callbacks"] = grpolog.get_callbacks(tiny.config(given.folder / "out"), console=0, **given.options)
if given.eval_sets:
    given.config |= {"eval_dataset": {"easy": tiny.prompts(2), "hard": tiny.prompts(4)}, "num_generations_eval": 2}
    given.config |= {"eval_strategy": "steps", "eval_steps": 2}
if given.hang_at is not None:
    given.options["on_alert"] = lambda alert: print(alert.rule, flush=True)
trainer = tiny.trainer(
    given.folder / "out", rewards=[accuracy, tiny.brevity], kind=Counting, max_steps=given.steps, **given.config
)
recorder = None
if not given.alone:
    recorder = grpolog.attach(trainer, given.folder / "run.jsonl", **{"console": 0, **given.options})
if given.fail_rank is not None and trainer.accelerator.process_index == given.fail_rank:

    def broken(*args, **kwargs):
        raise RuntimeError("a recorder that failed")

    recorder.session.start = broken
    recorder.session.generation = broken

if given.at_reward_functions:
    hooks = next(c for c in trainer.callback_handler.callbacks if isinstance(c, RecordingCallback))
    hooks._attachment.capture.fall_back("asked for by a test")
trainer.train(resume_from_checkpoint=True if given.resume else None)
rank = trainer.accelerator.process_index
(given.folder / f"history{rank}.json").write_text(
    json.dumps({"log": trainer.state.log_history, "advantages": trainer.advantages})
)
