"""Where a run runs: versions, commit, host, command line. What cannot be found out is None or left out."""

import platform
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

from grpolog.masking import mask_arguments

PACKAGES = (
    "torch",
    "transformers",
    "trl",
    "vllm",
    "accelerate",
    "peft",
    "deepspeed",
    "datasets",
    "tokenizers",
    "bitsandbytes",
    "flash-attn",
    "liger-kernel",
    "unsloth",
    "numpy",
)
"""Packages whose version can change what a training run does."""

_GIT_SECONDS = 2.0


def git_commit(cwd: str | Path = ".") -> str | None:
    """Commit of the repository around `cwd`, with `+` appended when tracked files differ from it.

    None without git, outside a repository, before its first commit, or when git takes longer than two seconds.
    """
    commit = _git(cwd, "rev-parse", "--verify", "HEAD")
    if not commit:
        return None
    changes = _git(cwd, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=dirty")
    return commit + "+" if changes else commit


def _git(cwd: str | Path, *arguments: str) -> str | None:
    # no optional locks: a repository that a person works in must not be held by a reader
    command = ["git", "--no-optional-locks", *arguments]
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, stdin=subprocess.DEVNULL, timeout=_GIT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()


def versions(names: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Versions of Python, the platform and the named packages, those only that are installed; nothing is imported."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except (metadata.PackageNotFoundError, KeyError):  # KeyError: an installation without a version
            continue
    return found


def host() -> str:
    """Name of this machine."""
    return socket.gethostname()


def command_line(arguments: Sequence[str] | None = None) -> str:
    """Command line of the process, arguments that look like credentials masked.

    Args:
        arguments: default: `sys.orig_argv`.
    """
    return shlex.join(mask_arguments(sys.orig_argv if arguments is None else arguments))
