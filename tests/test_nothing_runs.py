"""Logs are data: nothing in the package unpickles, evaluates or fetches."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grpolog

PACKAGE = Path(grpolog.__file__).parent
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "xml", "lxml"}
"""Modules that run what they read, or expand it without bound."""

NETWORK = {"urllib.request", "http.client", "requests", "httpx", "aiohttp", "socket", "ftplib", "smtplib", "webbrowser"}
CALLS = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
METHODS = {
    "torch.load",
    "np.load",
    "numpy.load",
    "pd.read_pickle",
    "os.system",
    "os.popen",
    "hub.load",
    "torch.hub.load",
}
ALLOWED = {
    ("record/webhook.py", "urllib.request"),  # posts alerts to the address that the user gave
    ("record/lock.py", "socket"),  # the name of this host
    ("record/environment.py", "socket"),
    ("analysis/pulse.py", "socket"),
}  # fmt: skip


BETWEEN_RANKS = "record/trl/completions.py"
"""What ranks of one training hand each other in memory; torch pickles what it gathers itself. No file comes there."""


@cache
def found() -> list[tuple[str, str]]:
    """Files, and what each of them imports or calls."""
    return list(_found())


def _found() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((name, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield name, node.module or ""
                yield from ((name, f"{node.module}.{alias.name}") for alias in node.names)
            elif isinstance(node, ast.Call):
                yield name, f"{ast.unparse(node.func)}()"
                yield from ((name, keyword.arg or "") for keyword in node.keywords if keyword.arg == "allow_pickle")


def test_nothing_is_unpickled_or_evaluated() -> None:
    calls = {f"{name}()" for name in CALLS | METHODS} | {"allow_pickle"}
    wrong = [(f, what) for f, what in found() if what.split(".")[0] in MODULES or what in calls]
    assert {f for f, _ in wrong} == {BETWEEN_RANKS}
    assert {what.split(".")[0] for _, what in wrong} == {"pickle"}


def test_nothing_is_fetched_and_only_the_webhook_is_posted_to() -> None:
    touched = {
        (f, module) for f, what in found() for module in NETWORK if what == module or what.startswith(f"{module}.")
    }
    assert touched <= ALLOWED, touched - ALLOWED
    assert ("record/webhook.py", "urllib.request") in touched


def test_no_shell_is_started() -> None:
    assert [f for f, what in found() if what.startswith("subprocess") and not f.startswith(("record/", "cli/"))] == []
    text = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    assert "shell=True" not in text
