import dataclasses
import enum
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grpolog.masking import MASK, mask, mask_arguments, mask_text

A = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


@pytest.mark.parametrize(
    "name",
    [
        "token", "hub_token", "HF_TOKEN", "hubToken", "push_to_hub_token", "access_token", "wandb_api_key", "api_key",
        "apiKey", "APIKey", "apikey", "OPENAI_API_KEY", "secret", "client_secret", "clientsecret", "secrets",
        "password", "db_password", "dbPassword", "passwd", "Authorization", "http_auth", "private_key",
        "AWS_ACCESS_KEY_ID", "aws_secret_access_key", "credentials", "api_tokens", "session_cookie", "ssh-key",
        "webhook", "slack_webhook_url",
    ],
)  # fmt: skip
def test_a_value_with_a_secret_name_is_masked(name: str) -> None:
    assert mask({name: "hunter2"}) == {name: MASK}
    assert mask_arguments([f"--{name}", "hunter2", "next"]) == [f"--{name}", MASK, "next"]
    assert mask_arguments([f"--{name}=hunter2"]) == [f"--{name}={MASK}"]
    assert mask_text(f"run {name}=hunter2 and") == f"run {name}={MASK} and"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_tokens", 100),
        ("max_tokens", "100"),
        ("num_tokens", 5),
        ("max_token", "512"),
        ("pad_token", "<|endoftext|>"),
        ("eos_token", "END"),
        ("stop_tokens", ["a"]),
        ("eos_token_id", 151643),
        ("image_token", "IMG"),
        ("thinker_token", "<think>"),
        ("my_token", "[MINE]"),
        ("additional_special_tokens", ["<a>"]),
        ("tokenizer", "Qwen/Qwen3"),
        ("tokenizer_name_or_path", "gpt2"),
        ("include_tokens_per_second", True),
        ("include_num_input_tokens_seen", "all"),
        ("mask_truncated_completions", True),
        ("reward_weights", [1.0, 0.5]),
        ("key", "value"),
        ("group_by_key", "length"),
        ("primary_key", "id"),
        ("use_auth_token", True),
        ("hub_token", None),
        ("token", ""),
        ("secretary", "Ann"),
        ("authors", "Ann"),
        ("keyword", "x"),
    ],
)
def test_a_harmless_look_alike_stays(name: str, value: Any) -> None:
    assert mask({name: value}) == {name: value}


@pytest.mark.parametrize(
    "secret",
    [
        f"hf_{A}",
        f"sk-{A}",
        f"sk-proj-{A}",
        f"ghp_{A}",
        f"github_pat_{A}",
        f"glpat-{A}",
        "AKIAIOSFODNN7EXAMPLE",
        f"xoxb-{A}",
        f"nvapi-{A}",
        f"eyJhbGciOiJI.eyJzdWIiOiIx.{A}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{A}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{A}",
    ],
)
def test_text_of_the_form_of_a_credential_is_masked(secret: str) -> None:
    assert mask(["before " + secret]) == ["before " + MASK]
    assert mask_arguments(["run", secret]) == ["run", MASK]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://ann:hunter2@host/x", "https://***@host/x"),
        (f"https://{A}@github.com/a/b", "https://***@github.com/a/b"),
        ("postgres://ann:hunter2@db:5432/x", "postgres://***@db:5432/x"),
        ("ssh://git@github.com/a/b", "ssh://git@github.com/a/b"),
        ("https://host/x?token=abc&page=2", "https://host/x?token=***&page=2"),
        ("https://host/x?a=1&X-Amz-Signature=abc", "https://host/x?a=1&X-Amz-Signature=***"),
        ("https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/services/***"),
        ("https://discord.com/api/webhooks/1/xyz", "https://discord.com/api/webhooks/***"),
        ('{"api_key": "abc", "n": 1}', '{"api_key": "***", "n": 1}'),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: ***"),
        (f"curl -H 'x: Bearer {A}'", "curl -H 'x: Bearer ***'"),
    ],
)
def test_a_secret_inside_a_text_is_masked_and_the_rest_stays(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "Solve it. The token budget is 100: think first. See https://host/a:b@c and 12:30.",
        "the task-force-of-2024-and-its-many-members",
        "0123456789abcdef0123456789abcdef01234567",
        "outputs/hf_transfer_enabled_run_of_today_1234",
        "learning_rate=1e-6 max_tokens=512 eos_token=<|im_end|>",
        "a bearer of good news",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert mask_text(text) == text


def test_a_flag_without_a_value_masks_nothing_else() -> None:
    assert mask_arguments(["--hub_token", "--output_dir", "out"]) == ["--hub_token", "--output_dir", "out"]
    assert mask_arguments(["--hub_token"]) == ["--hub_token"]


def test_nested_values_are_masked() -> None:
    config = {"hub": [{"token": "x", "url": "y"}], "secrets": {"a": 1}, "headers": {"Authorization": ("a", "b")}}
    assert mask(config) == {"hub": [{"token": MASK, "url": "y"}], "secrets": MASK, "headers": {"Authorization": MASK}}


class Color(enum.Enum):
    RED = "red"


class Named(str, enum.Enum):  # noqa: UP042 - what transformers uses
    STEPS = "steps"


@dataclasses.dataclass
class Inner:
    api_key: str = "x"
    n: int = 1


class Plain:
    pass


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no")


def reward(completions: list[str]) -> list[float]:
    return [0.0 for _ in completions]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Color.RED, "red"),
        (Named.STEPS, "steps"),
        (Path("a/b"), str(Path("a/b"))),
        (np.dtype("float32"), "float32"),
        (np.float32(0.5), 0.5),
        ({3, 1, 2}, [1, 2, 3]),
        ((1, "a"), [1, "a"]),
        ({1: "a"}, {"1": "a"}),
        (Inner(), {"api_key": MASK, "n": 1}),
        (Plain(), f"<{Plain.__module__}.Plain object>"),
        (Broken(), "<Broken>"),
        (Plain, f"{Plain.__module__}.Plain"),
        (reward, f"{reward.__module__}.reward"),
        (b"abc", "3 bytes"),
    ],
)
def test_any_value_becomes_json(value: Any, plain: Any) -> None:
    assert mask(value) == plain
    json.dumps(mask(value))


def test_a_cycle_ends() -> None:
    loop: dict[str, Any] = {"a": 1}
    loop["self"] = loop
    assert mask(loop, depth=2) == {"a": 1, "self": {"a": 1, "self": "dict of 2"}}


def test_long_containers_and_texts_say_what_was_left_out() -> None:
    assert mask(list(range(5)), items=3) == [0, 1, 2, "… 2 more"]
    assert mask({"a": 1, "b": 2, "c": 3}, items=2) == {"a": 1, "b": 2, "…": "1 more"}
    assert mask("x" * 12, chars=10) == "x" * 10 + "… (2 characters more)"


def test_the_original_is_not_changed() -> None:
    config = {"a": {"token": "x"}}
    mask(config)
    assert config == {"a": {"token": "x"}}


def test_masking_a_hostile_text_takes_no_time_to_speak_of() -> None:
    assert mask_text("eyJ" + "a-" * 50_000).startswith("eyJ")
    assert mask_text("sk-" + "a-" * 50_000).startswith("sk-")
    assert mask_text("a" * 200_000 + " -----BEGIN " * 2000).startswith("a")
    assert mask_text("a:" * 100_000).startswith("a:")
    assert mask_text("a://b:" * 50_000).startswith("a://")
