"""Strings that must stay strings wherever a log can carry them."""

from recorded import FUNCTIONS, LogBuilder, run_fields

from grpolog.events import (
    AlertEvent,
    ExampleEvent,
    GroupEvent,
    PerfEvent,
    QualityEvent,
    RewardEvent,
    RunEvent,
    StepEvent,
)

HTML = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</pre></details></main><iframe src=javascript:alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "<!-- --><base href=//evil.example>",
    "&lt;script&gt;&#60;script&#62;",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "]]><![CDATA[<x>",
)
SVG = ("</text></svg><script>alert(1)</script>", "<foreignObject><body onload=alert(1)>", "</title><image href=x>")
TEMPLATE = ("{{ 7 * 7 }}", "{% raw %}{% include '/etc/passwd' %}", "${7*7}", "{{ ''.__class__.__mro__ }}", "%(x)s {0}")
MARKDOWN = (
    "```\n# out of the fence\n```",
    "`````\n<b>x</b>\n`````",
    "~~~\nx",
    "| a | b |\n|--|--|",
    "[x](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "@everyone #1 :smile: https://evil.example www.evil.example",
    "</details><details open>",
    "> [!CAUTION]\n> fake",
    "- [ ] task\n1. one",
    "`a`b``c``` |",
)
CSV = ("=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(1)", "\t=1")
TERMINAL = ("\x1b[31mred\x1b[0m", "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07", "\x07\x08\x0b\x0c\x7f\x9b", "a\rb")
BIDI = ("\u202eevil\u202c", "\u2066\u2069", "a\u200bb\ufeffc", "\u00ad\u2028\u2029", "\U000e0041", "Z̡̢͉͡a̸l̶g̷o̸" * 20)
LONG = ("x" * 60, "no_spaces_" * 40, "ﷺ" * 30, "🧑\u200d🚀🏳️\u200d🌈", "")

CORPUS = (*HTML, *SVG, *TEMPLATE, *MARKDOWN, *CSV, *TERMINAL, *BIDI, *LONG)


def hostile_log() -> LogBuilder:
    """A short run with every string of the corpus in every field that can carry text."""
    log = LogBuilder()
    names = tuple(f"{text}#{number}" for number, text in enumerate(CORPUS))
    config = {f"{text}#{n}": text for n, text in enumerate(CORPUS)} | {"nested": {CORPUS[0]: [*CORPUS]}}
    everything = "\n".join(CORPUS)
    run = run_fields(
        everything, (*FUNCTIONS[:1], *names), config=config, model=everything, command=everything, host=CORPUS[0],
        git_commit=CORPUS[1], trainer=CORPUS[0], framework=CORPUS[1], versions={CORPUS[0]: CORPUS[1]},
        capture_note=everything, advantage_mode=CORPUS[4], primary=names[0], first_error=everything, max_steps=12,
        recovered_tail=everything, lost={CORPUS[0]: 2},
    )  # fmt: skip
    log.add(RunEvent, 0, phase="start", **run)
    for step in range(1, 13):
        for mode, where in (("train", {}), ("eval", {"eval_name": CORPUS[step]})):
            for name in ("total", FUNCTIONS[0], *names):
                log.add(
                    RewardEvent, step, name=name, mode=mode, n=8, mean=step / 12, std=0.1, advantage_share=0.1,
                    group_std=0.1, equal_share=0.5, **where,
                )  # fmt: skip
        log.add(QualityEvent, step, n=8, format_rate=0.5, live_share=0.5)
        log.add(
            PerfEvent, step, step_seconds=1.0, generation_seconds=0.5, reward_seconds=dict.fromkeys(names, 0.1)
        )  # fmt: skip
        log.add(StepEvent, step, loss=0.1, metrics=dict.fromkeys(names, 0.5) | {CORPUS[0]: float("nan")})
        text = CORPUS[step]
        log.add(
            AlertEvent, step, rule=text, metric=f"rewards/{names[step]}/mean", severity="warning", incident=text,
            message=everything if step == 3 else text, details={text: text}, remedy=everything,
        )  # fmt: skip
    for number, text in enumerate(CORPUS):
        for step in (11, 12):
            log.add(
                GroupEvent, step, group=number, prompt_id=text, row_id=text, source=text, n=8, passes=step % 2,
                mean=0.5, std=0.1, reward_means={text: 0.5}, reward_stds={text: 0.1}, signal=True,
            )  # fmt: skip
        messages = [
            {"role": text, "content": text, "tool_calls": [{"function": {"name": text, "arguments": text}}]},
            {"role": "tool", "name": text, "content": [{"type": "text", "text": text}, {"type": text}, text]},
            {"role": "assistant", "content": None, "reasoning_content": text, "tool_calls": text},
        ]
        plain = number % 2 == 0
        log.add(
            ExampleEvent, 12, group=number // 8, index=number % 8, prompt_id=text, source=text,
            kept=("best", "worst", "divided", "lot", "pinned", "all")[number // 8 % 6],
            prompt=text if plain else None, prompt_messages=None if plain else messages,
            completion=text if plain else None, completion_messages=None if plain else messages,
            rewards={text: 0.5, names[0]: None}, total=number / 10, advantage=-0.5, extra={text: text, "list": [text]},
            finish="stop",
        )  # fmt: skip
    log.add(RunEvent, 12, phase="end", **run | {"status": "failed", "error": everything})
    return log
