"""What the numbers of a run say in sentences, and what they cannot say."""

from collections.abc import Iterator

from grpolog.report.build.lines import Lines, eval_prefix
from grpolog.report.build.panels import EVAL_SETS, eval_label
from grpolog.report.build.phrases import moved, name_of
from grpolog.report.build.rewards import Rewards
from grpolog.report.numbers import count, number, percent
from grpolog.report.text import one_line


def evidence(lines: Lines, rewards: Rewards) -> Iterator[str]:
    """Sentences in the order of their weight; the last ones say what cannot be told, and why."""
    yield from _evaluations(lines, rewards)
    yield from _signal(lines)
    yield from _lengths(lines)
    yield from _divergence(lines)
    yield from _attempts(lines)
    yield from _unknown(lines, rewards)


def _evaluations(lines: Lines, rewards: Rewards) -> Iterator[str]:
    task = rewards.mean(rewards.primary) if rewards.primary else "reward"
    told = False
    for eval_set in lines.eval_sets[:EVAL_SETS]:
        metric = lines.first_known(eval_prefix(eval_set) + task, eval_prefix(eval_set) + "reward")
        if metric is None:
            continue
        told = True
        what = name_of(rewards.primary) if rewards.primary and metric.endswith(task) else "the total reward"
        x, y = lines.values(metric).x, lines.values(metric).y
        where = name_of(eval_label(eval_set))
        if len(y) == 1:
            at = f"At the only {where}, step {x[0]:,.0f}, {what} was {number(float(y[0]))}"
            yield f"{at}: how it moved cannot be told."
        else:
            values = f"from {number(float(y[0]))} at step {x[0]:,.0f} to {number(float(y[-1]))} at step {x[-1]:,.0f}"
            yield f"In {where} {what} went {values}, over {count(len(y), 'evaluation')}."
    if not told and lines.run.audit.last_step is not None:
        yield (
            "No evaluation was recorded: whether the reward gain holds beyond the training prompts cannot be told "
            "from this log."
        )


def _signal(lines: Lines) -> Iterator[str]:
    live = lines.first_known("group/live_share")
    equal = lines.first_known("group/equal_share", "frac_reward_zero_std")
    if live:
        yield f"The share of completions with a learning signal {moved(lines.series(live), share=True)}."
    if equal:
        course = moved(lines.series(equal), share=True)
        yield f"The share of groups whose totals are all equal, which teach nothing, {course}."


def _lengths(lines: Lines) -> Iterator[str]:
    cut = lines.first_known("quality/truncated_share", "completions/clipped_ratio")
    if cut:
        yield f"The share of completions cut off at the length limit {moved(lines.series(cut), share=True)}."
    odd = lines.first_known("quality/eos_unrecognised_share")
    end = lines.series(odd).end if odd else None
    if end:
        yield (
            f"{percent(end)} of completions count as cut off although they are shorter than the limit: check which "
            "token ends a text for the tokenizer and for the trainer."
        )


def _divergence(lines: Lines) -> Iterator[str]:
    info = lines.run.info
    if lines.first_known("kl"):
        yield f"KL to the reference model {moved(lines.series('kl'))}."
    elif info is not None and info.beta == 0:
        yield "beta = 0: how far the policy moved from the reference model was not measured."


def _attempts(lines: Lines) -> Iterator[str]:
    table = lines.run.attempts
    if table.height > 1:
        last = table.row(-1, named=True)
        lost = [
            end - valid for valid, end in table.select("valid_to_step", "last_step").rows() if valid is not None and end
        ]
        again = sum(n for n in lost if n > 0)
        text = f"{table.height:,} attempts; the newest began at step {last['resumed_from_step'] or 0:,}"
        yield f"{text}, and {count(again, 'step was', 'steps were')} made again." if again else f"{text}."


def _unknown(lines: Lines, rewards: Rewards) -> Iterator[str]:
    info = lines.run.info
    if rewards.primary is None and len(rewards.names) > 1:
        yield (
            "Which reward function is the task is not known, so a gain cannot be told from a gain in form alone: "
            "name it with primary=."
        )
    if info is not None and info.capture_note:
        yield f"Not everything could be captured: {one_line(info.capture_note, 300)}"
    counts = lines.run.audit.events
    if counts.get("step") and not any(counts.get(event) for event in ("reward", "group", "quality")):
        yield "Completions were not captured, only the trainer's scalars: what the model writes cannot be judged."
