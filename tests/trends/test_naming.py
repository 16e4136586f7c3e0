from grpolog.events import GenerationEnvelope, PerfEvent, QualityEvent, StepEvent
from grpolog.trends import naming


def own_fields(model: type) -> set[str]:
    return set(model.model_fields) - set(GenerationEnvelope.model_fields)


def test_every_number_of_an_event_has_a_metric() -> None:
    assert naming.STEP.keys() == own_fields(StepEvent) - {"metrics"}
    assert naming.QUALITY.keys() == own_fields(QualityEvent)
    assert naming.PERF.keys() == own_fields(PerfEvent) - {"reward_seconds", "gpus", "checkpoints"}


def test_names_are_those_of_the_vocabulary() -> None:
    assert naming.STEP["completions_max_terminated_length"] == "completions/max_terminated_length"
    assert naming.QUALITY["live_share"] == "group/live_share"
    assert naming.reward("total")["group_std"] == "group/std"
    assert naming.reward("f")["group_std"] == "rewards/f/group_std"
