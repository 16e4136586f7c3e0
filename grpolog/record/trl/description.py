"""What a trainer says of itself: the run event's fields, and how it scores."""

from typing import Any

from grpolog.generation.batch import Scoring
from grpolog.masking import mask
from grpolog.metrics.primary import function_names, primary_of
from grpolog.record.options import Options
from grpolog.record.recorder import described


def scoring_of(trainer: Any, options: Options) -> Scoring:
    """How the trainer turns rewards into advantages.

    Options of the caller win over the trainer's own settings only where they are about meaning (`reward_range`,
    `primary`); weights and formula are the trainer's.
    """
    names = function_names(trainer.reward_func_names)
    args = trainer.args
    if hasattr(args, "normalize_advantages"):  # RLOO
        aggregation: Any = "rloo"
        scale: Any = "batch" if args.normalize_advantages else "none"
    else:
        aggregation = getattr(args, "multi_objective_aggregation", None) or "sum_then_normalize"
        scale = {True: "group", False: "none"}.get(args.scale_rewards, args.scale_rewards)  # bool before TRL 0.22
    return Scoring(
        names=names,
        weights=tuple(float(weight) for weight in trainer.reward_weights.tolist()),
        aggregation=aggregation,
        scale=scale,
        ranges=dict(options.reward_range or {}),
        primary=primary_of(names, options.primary)[0],
    )


def describe(trainer: Any, options: Options) -> dict[str, Any]:
    """The fields of the run event that the trainer knows."""
    args = trainer.args
    config = options.config if options.config is not None else {**args.to_dict(), "model": model_config(trainer)}
    train_size = group_generation_size(trainer)
    return {
        "framework": options.framework or "trl",
        "trainer": type(trainer).__name__,
        "model": getattr(getattr(trainer.model, "config", None), "_name_or_path", None) or None,
        "config": mask(config),
        "group_size": int(trainer.num_generations),
        "eval_group_size": int(getattr(trainer, "num_generations_eval", trainer.num_generations)),
        "max_completion_length": getattr(trainer, "max_completion_length", None),
        "max_steps": trainer.state.max_steps if trainer.state.max_steps > 0 else None,
        "beta": float(trainer.beta) if getattr(trainer, "beta", None) is not None else None,
        "world_size": int(trainer.accelerator.num_processes),
        "completions_per_step": train_size,
        **described(scoring_of(trainer, options), options),
    }


def group_generation_size(trainer: Any) -> int | None:
    """Completions of one training generation, over all ranks."""
    size = getattr(trainer.args, "generation_batch_size", None)
    return int(size) if size else None


def model_config(trainer: Any) -> dict[str, Any] | None:
    """The model's architecture in a few words."""
    config = getattr(trainer.model, "config", None)
    if config is None:
        return None
    known = ("model_type", "hidden_size", "num_hidden_layers", "vocab_size", "dtype")
    return {name: getattr(config, name) for name in known if getattr(config, name, None) is not None}
