"""Which groups are kept to be read: a few telling ones and an unbiased one per logging window, whole."""

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any, Literal

import numpy as np

from grpolog import jsonl
from grpolog.events import ExampleEvent, Kept
from grpolog.generation.batch import Batch, Floats, Scoring
from grpolog.generation.excerpts import group_excerpt
from grpolog.generation.groups import group_prompt_id
from grpolog.generation.moments import moments

_SHORTEST_LIMIT = 256
"""Texts are not cut below so many characters to make a group fit: it is left out."""


class ExamplePicker:
    """Keeps groups of a logging window: best, worst, most divided, and one drawn by lot.

    A group is written as soon as it takes a lead, so a window may hold several of one kind: the last group that names
    a reason in `kept` or `also_kept` is the window's. A group that takes several leads at once is written once.

    The lot is a reservoir: whenever the window ends, each of its groups had the same chance. In evaluation nothing
    leads; the first `pinned` distinct prompts of each eval set are written every time they come up.

    A leader may take a quarter of the bytes that its window has left, so that a late one still finds room, a pinned
    prompt its equal share of an evaluation's. Texts are cut by halves until the group fits; it is left out, and
    counted in `left_out`, where they would get too short.

    Args:
        mode: `groups` as above, `all` for every completion without a budget, `none` for nothing.
        budget_bytes: bytes of lines in one window or evaluation.
        text_limit: longest prompt or completion, characters.
        pinned: prompts to follow per eval set.
        seed: seed of the lot.
    """

    def __init__(
        self,
        mode: Literal["groups", "all", "none"] = "groups",
        budget_bytes: int = 256 * 1024,
        text_limit: int = 16_384,
        pinned: int = 8,
        seed: int = 0,
    ) -> None:
        self.mode = mode
        self.budget_bytes = budget_bytes
        self.text_limit = text_limit
        self.pinned = pinned
        self.left_out = 0
        """Groups that found no room so far."""
        self._lot = Random(seed)
        self._pins: dict[str | None, set[str]] = {}
        self._evaluation: tuple[Any, ...] = ()
        self._left = {"train": budget_bytes, "eval": budget_bytes}
        self.end_window()

    def end_window(self) -> None:
        """Begin a new logging window: no leader, full budget."""
        self._leads: dict[Kept, float] = {}
        self._seen = 0
        self._left["train"] = self.budget_bytes

    def offer(self, batch: Batch, scoring: Scoring, totals: Floats, where: Mapping[str, Any]) -> list[ExampleEvent]:
        """The examples of one generation to be written now.

        Args:
            batch: the completions.
            scoring: names of the reward functions.
            totals: (n,) as `total_rewards` gives them.
            where: fields of the envelope; `mode` and `eval_name` decide how groups are chosen.
        """
        if self.mode == "none" or not batch.n:
            return []
        events: list[ExampleEvent] = []
        if self.mode == "all":
            for group in range(batch.groups):
                events += group_excerpt(batch, scoring, totals, group, ["all"], self.text_limit, where)
        elif where.get("mode") == "eval":
            for group in self._follow(batch, where):
                room = min(self._left["eval"], self.budget_bytes // self.pinned)
                events += self._fit(batch, scoring, totals, group, ["pinned"], room, where)
        else:
            for group, reasons in self._lead(batch, totals):
                events += self._fit(batch, scoring, totals, group, reasons, self._left["train"] // 4, where)
        return events

    def _lead(self, batch: Batch, totals: Floats) -> Iterable[tuple[int, list[Kept]]]:
        """Groups that take a lead in the window, with the leads that they take."""
        _, means, stds = (column[:, 0] for column in moments(batch.grid(totals), axis=1))
        leads: dict[int, list[Kept]] = {}
        candidates: tuple[tuple[Kept, Floats, float], ...] = (
            ("best", means, -np.inf),
            ("worst", -means, -np.inf),
            ("divided", stds, 0.0),
        )
        for reason, scores, least in candidates:
            known = np.where(np.isnan(scores), -np.inf, scores)
            group = int(known.argmax())
            if known[group] > self._leads.get(reason, least):
                self._leads[reason] = float(known[group])
                leads.setdefault(group, []).append(reason)
        self._seen += batch.groups
        if self._lot.random() * self._seen < batch.groups:
            leads.setdefault(self._lot.randrange(batch.groups), []).append("lot")
        return leads.items()

    def _follow(self, batch: Batch, where: Mapping[str, Any]) -> Iterable[int]:
        """Groups of the pinned prompts of the eval set."""
        evaluation = (where.get("eval_name"), where.get("step"))
        if evaluation != self._evaluation:
            self._evaluation = evaluation
            self._left["eval"] = self.budget_bytes
        pins = self._pins.setdefault(where.get("eval_name"), set())
        for group in range(batch.groups):
            prompt = group_prompt_id(batch, group)
            if len(pins) < self.pinned:
                pins.add(prompt)
            if prompt in pins:
                yield group

    def _fit(
        self,
        batch: Batch,
        scoring: Scoring,
        totals: Floats,
        group: int,
        reasons: list[Kept],
        room: int,
        where: Mapping[str, Any],
    ) -> list[ExampleEvent]:
        """The events of a group in at most `room` bytes, taken from the budget; none if it does not fit."""
        limit = self.text_limit
        while True:
            events = group_excerpt(batch, scoring, totals, group, reasons, limit, where)
            size = sum(len(jsonl.encode(event)) for event in events)
            if size <= room:
                self._left["eval" if where.get("mode") == "eval" else "train"] -= size
                return events
            limit //= 2
            if limit < _SHORTEST_LIMIT:
                self.left_out += 1
                return []
