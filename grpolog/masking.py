"""Configurations and command lines without their credentials, as plain JSON values.

A value is masked when its name says that it is secret, and wherever a text holds something of the form of a
credential. Names are read word by word: `hub_token` is secret, `max_tokens`, `pad_token` and `tokenizer` are not.
Masking is a net, not a promise: a secret under an innocent name in an unknown form passes.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from enum import Enum
from typing import Any

from pydantic import BaseModel

MASK = "***"

_WORDS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")
_SECRET_ENDS = (
    "password", "passwd", "passphrase", "secret", "secrets", "credential", "credentials", "authorization", "apikey",
    "accesskey", "privatekey", "secretkey", "apitoken", "authtoken", "accesstoken", "hftoken",
)  # fmt: skip
"""A name with a word that ends so is secret."""
_SECRET_LAST = ("auth", "cookie", "pwd", "sig", "signature")
"""A name whose last word is one of these is secret."""
_OWNERS = re.compile(
    "access|account|anthropic|api|auth|aws|azure|bearer|bot|client|encryption|github|gitlab|google|hf|hub|id|master|"
    "mistral|openai|private|refresh|secret|session|service|signing|ssh|storage|subscription|wandb"
)
"""Whose key or token is a secret one."""
_MARKERS = re.compile(
    "additional|assistant|audio|begin|bos|chat|cls|control|end|eos|fim|image|mask|new|pad|padding|prefix|sep|"
    "separator|special|split|start|stop|suffix|system|think|thinking|tool|unk|user|video|vision"
)
"""What a tokenizer's token marks."""

# Repetitions that could start anywhere are bounded or tied to a word's beginning: a hostile text must cost linear time.
_FORMS = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)"
    r"|(?<![A-Za-z0-9])(?:"
    r"hf_[A-Za-z0-9]{20,}"  # Hugging Face
    r"|sk-(?=[\w-]*\d)[\w-]{20,}"  # OpenAI, Anthropic
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{35}"  # AWS, Google
    r"|xox[a-z]-[A-Za-z0-9-]{10,}|nvapi-[\w-]{20,}|wandb_v\d_\w{20,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # JSON web tokens
    r")"
    r"|(?<=hooks\.slack\.com/services/)[\w/-]+|(?<=/api/webhooks/)[\w/-]+",
    re.DOTALL,
)
_HEADER = re.compile(
    r"""(\bauthorization["']?\s{0,9}[=:]\s{0,9}["']?)(?:(?:basic|bearer|digest|token)\s+)?[^\s"']+"""
    r"""|(\bbearer\s+)[\w.~+/=-]{16,}""",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(https?://)[^\s/@]{1,500}@|(\b[a-z][a-z0-9+.-]{0,20}://)[^\s/@:]{0,200}:[^\s/@]{1,500}@", re.IGNORECASE
)
_NAMED = re.compile(r"""(?<![\w-])([\w-]{1,80})["']?\s{0,9}[=:]\s{0,9}["']?""")
_VALUE = re.compile(r"""[^\s"'&;,}]+""")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def mask(config: Any, *, depth: int = 8, items: int = 500, chars: int = 4000) -> Any:
    """A copy of `config` as JSON values without credentials; never raises.

    Enums become their values, paths and data types text, sets sorted lists, dataclasses and models objects, anything
    else its text without addresses.

    Args:
        config: any value.
        depth: levels of nesting that are kept; deeper ones become text.
        items: longest container kept.
        chars: longest text kept; both say what was left out.
    """
    if isinstance(config, Enum):
        config = config.value
    if config is None or isinstance(config, (bool, int, float)):
        return config
    if isinstance(config, str):
        return _cut(mask_text(config), chars)
    if callable(getattr(config, "item", None)) and getattr(config, "shape", None) == ():
        return mask(config.item(), depth=depth, chars=chars)  # numpy and torch scalars
    inside = _inside(config)
    if inside is None:
        return _cut(mask_text(_text(config)), chars)
    if depth <= 0:
        return f"{type(config).__name__} of {len(inside)}"
    if isinstance(inside, Mapping):
        kept = list(inside.items())[:items]
        plain = {
            str(key): MASK if _secret(str(key), value) else mask(value, depth=depth - 1, items=items, chars=chars)
            for key, value in kept
        }
        return plain if len(inside) <= items else {**plain, "…": f"{len(inside) - items} more"}
    listed = [mask(value, depth=depth - 1, items=items, chars=chars) for value in list(inside)[:items]]
    return listed if len(inside) <= items else [*listed, f"… {len(inside) - items} more"]


def mask_text(text: str) -> str:
    """`text` with everything that has the form of a credential replaced, and `name=value` where the name is secret."""
    text = _FORMS.sub(MASK, text)
    text = _HEADER.sub(lambda m: f"{m[1] or m[2]}{MASK}", text)
    text = _LOGIN.sub(lambda m: f"{m[1] or m[2]}{MASK}@", text)
    pieces, place = [], 0
    for named in _NAMED.finditer(text):
        if named.start() < place or not _secret(named[1], MASK):
            continue
        value = _VALUE.match(text, named.end())
        if value is not None and _secret(named[1], value[0]):
            pieces += [text[place : named.end()], MASK]
            place = value.end()
    return "".join([*pieces, text[place:]])


def mask_arguments(arguments: Iterable[str]) -> list[str]:
    """Command-line arguments without credentials, whether `--hub_token x`, `--api-key=x` or `hub_token=x`."""
    masked: list[str] = []
    option = ""
    for argument in arguments:
        value = not argument.startswith("--")
        masked.append(MASK if option and value and _secret(option, argument) else mask_text(argument))
        option = argument.lstrip("-") if argument.startswith("-") and "=" not in argument else ""
    return masked


def _secret(name: str, value: Any) -> bool:
    """Whether a value of this name is a credential."""
    if value is None or isinstance(value, bool) or value == "":
        return False
    words = [word.lower() for word in _WORDS.split(name) if word]
    if not words:
        return False
    last, owner = words[-1], words[-2] if len(words) > 1 else ""
    if last == "webhook" or (owner == "webhook" and last in ("url", "uri")):  # who knows the URL may post
        return True
    if last == "id" and words[-3:-1] == ["access", "key"]:  # AWS_ACCESS_KEY_ID
        return True
    if last in _SECRET_LAST or any(word.endswith(_SECRET_ENDS) for word in words):
        return True
    if last in ("key", "keys", "tokens"):
        return _OWNERS.fullmatch(owner) is not None and not isinstance(value, (int, float))
    if last != "token" or isinstance(value, (int, float)) or _MARKERS.fullmatch(owner):
        return False
    text = str(value)
    return not (text.isdigit() or re.fullmatch(r"<.*>|\[.*\]", text))


def _inside(value: Any) -> Mapping[Any, Any] | Sequence[Any] | None:
    """The contents of a container or record, None for anything else."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, Set):
        return sorted(value, key=_text)
    if isinstance(value, BaseModel):
        return dict(value.__dict__)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
    return None


def _text(value: Any) -> str:
    if isinstance(value, (bytes, bytearray)):
        return f"{len(value)} bytes"
    if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
        return f"{value.__module__}.{value.__qualname__}"
    try:
        text = str(value)
    except Exception:  # whatever a foreign object's own code does, its configuration is not worth a run
        return f"<{type(value).__name__}>"
    return _ADDRESS.sub("", text)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} characters more)"
