"""How the policy moves: divergences, entropy, clipping, losses, and how far sampler and trainer are apart."""

from typing import Final

from grpolog.metrics.vocabulary.entry import (
    ANY,
    EXTREME_WINDOW,
    LAST,
    SHARE,
    Metric,
    logged,
    step,
)

_LOSS = "Only when it is not finite: the loss of GRPO is no measure of progress (Csefalvay; theLMbook #6)."
_CLIP = (
    "Never by a threshold alone: 0 is right in a purely on-policy run and GSPO clips a hundred times more; with one "
    "loss 0.1 to 0.3 is usual and above 0.4 excessive (Csefalvay), and bursts precede collapse in mixtures of experts "
    "(arXiv 2510.23027)."
)
_RATIO = (
    "Not to be judged: it is logged after clipping or masking and, with a sequence mode, is a product over tokens; "
    "judge sampling/sampling_logp_difference/mean."
)

METRICS: Final[tuple[Metric, ...]] = (
    step(
        "kl", "nats per token", "none", ANY,
        definition="Divergence from the reference model, nats per token. The estimator is the trainer's: k3 (never "
        "negative) in GRPO, the signed k1 in RLOO. Absent when beta is 0.",
        worry="When it grows faster than the steps, KL per step up threefold from its lowest; published limits differ "
        "tenfold, 0.1 to 2 (post-training-toolkit, rldoctor), and a flat 0 only means that it was not measured.",
    ),
    logged(
        "update_kl", "nats per token", "none",
        "Divergence of the policy from the one that the update began with: the size of the step, not the way from the "
        "reference model.", ANY,
    ),
    step(
        "entropy", "nats per token",
        worry="Below a quarter of its best level while the reward has stalled below its ceiling, or three times as "
        "high with a falling reward; by itself it falls by 70 % in healthy runs (arXiv 2505.22617).",
    ),
    step("clip_ratio", "", "none", SHARE, worry=_CLIP),
    step("clip_ratio/low_mean", "", "none", SHARE, worry=_CLIP),
    step("clip_ratio/low_min", "", "none", SHARE, aggregation=EXTREME_WINDOW),
    step("clip_ratio/high_mean", "", "none", SHARE, worry=_CLIP),
    step("clip_ratio/high_max", "", "none", SHARE, aggregation=EXTREME_WINDOW),
    step("clip_ratio/region_mean", "", "none", SHARE, worry=_CLIP),
    logged("cispo_clip_ratio", "", "none", "Share of tokens whose ratio CISPO capped.", SHARE),
    logged("vespo/phi_seq_mean", "", "none", "Mean over completions of VESPO's weight of a completion."),
    step("loss", "", "none", ANY, worry=_LOSS),
    step("policy_loss", "", "none", ANY, worry=_LOSS),
    step("value_loss", "", "none", ANY),
    step("entropy_loss", "", "none", ANY),
    logged("aux_loss", "", "none", "Load-balancing loss of a mixture of experts, before its coefficient.", ANY),
    logged("entropy_coef", "", "none", "Weight of the entropy bonus in the loss."),
    step(
        "grad_norm", "", aggregation=LAST,
        worry="Sustained at 2.5 times its level, or ten times the mean of the first 50 steps (post-training-toolkit); "
        "exactly 0 with rewards that differ means that nothing is trained (ms-swift #5890); one infinite value in fp16 "
        "is the loss scaler at work.",
    ),
    step("learning_rate", "", definition="Learning rate of the update: how large a step the optimizer takes.",
         aggregation=LAST),
    step("epoch", "epochs", "up", aggregation=LAST),
    logged(
        "sampling/sampling_logp_difference/mean", "nats", "down",
        "Mean absolute difference of a token's log-probability between trainer and sampler.",
        worry="When its level rises within the run: sampler and trainer drift apart; the number to judge this by.",
    ),
    logged(
        "sampling/sampling_logp_difference/max", "nats", "down",
        "Largest absolute difference of a token's log-probability between trainer and sampler.",
        aggregation=EXTREME_WINDOW,
    ),
    logged(
        "sampling/importance_sampling_ratio/mean", "", "none",
        "Mean importance ratio trainer / sampler, of tokens or of whole completions.", worry=_RATIO,
    ),
    logged(
        "sampling/importance_sampling_ratio/min", "", "none", "Smallest importance ratio trainer / sampler.",
        aggregation=EXTREME_WINDOW, worry=_RATIO,
    ),
    logged(
        "sampling/importance_sampling_ratio/max", "", "none", "Largest importance ratio trainer / sampler.",
        aggregation=EXTREME_WINDOW, worry=_RATIO,
    ),
    logged(
        "sampling/kl", "nats per token", "none",
        "Divergence between sampler and trainer on the sampled tokens (mismatch KL), nats per token.", ANY,
        worry="Beyond 0.1 either way (verl, rollout_corr): precision, kernels or stale weights differ.",
    ),
    logged(
        "sampling/staleness/mean", "steps", "none",
        "Mean age of what is learned from: optimizer steps between its sampling and its update.",
    ),
    logged(
        "sampling/staleness/max", "steps", "none",
        "Highest age of what is learned from: optimizer steps between its sampling and its update.",
        aggregation=EXTREME_WINDOW,
    ),
)  # fmt: skip
