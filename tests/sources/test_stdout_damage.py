import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from printed import bar, row

from grpolog.errors import GrpologError
from grpolog.sources import source_events, stdout
from grpolog.sources.sample import Sample

DATA = Path(__file__).parents[1] / "data" / "stdout"
VERL = b"".join(
    b"(main_task pid=1) step:%d - actor/lr:1e-06 - critic/score/mean:0.%d - a/b:nan\n" % (n, n) for n in range(9)
)
TEXTS = [(DATA / f"{name}.txt").read_bytes() for name in ("in_time", "late", "restarted")] + [VERL]
PIECES = [
    *(b"{'", b'{"', b"}", b"{", b"'", b'"', b": ", b", ", b"\r", b"\n", b"\r\n", b"\0", b"\xff", b"\x1b[A", b"\\"),
    *(
        b"nan",
        b"-inf",
        b"np.float64(",
        b"None",
        b"'epoch': ",
        b"{'loss': 1",
        b"step:3 - ",
        b" - a:",
        b"'global_step': ",
    ),
    *(b"Traceback (most recent call last):\n", b"Killed\n", b"Total steps = 9,", b"\xff\xfe", b"```\n", b"'1e999'"),
    *(bar(3, 6).encode(), row(3).encode(), b"\r" + b" " * 48 + b"\r", b"9" * 40, b"\n\r 50%|#| 2/4 [0\x1b[A"),
]
CHANGES = st.lists(
    st.tuples(st.sampled_from(["cut", "insert", "replace", "repeat"]), st.floats(0, 1), st.sampled_from(PIECES)),
    min_size=1,
    max_size=12,
)


def changed(text: bytes, changes: list[tuple[str, float, bytes]]) -> bytes:
    for what, share, piece in changes:
        place = int(share * len(text))
        if what == "cut":
            text = text[:place] + text[place + 200 :]
        elif what == "repeat":
            text = text[:place] + text[place - 300 : place] + text[place:]
        else:
            text = text[:place] + piece + text[place + (len(piece) if what == "replace" else 0) :]
    return text


def read_or_refuse(path: Path, text: bytes) -> None:
    """Any other exception than the one that is shown in one line fails the test."""
    path.write_bytes(text)
    stdout.FORMAT.recognises(Sample(path))
    with contextlib.suppress(GrpologError):
        list(source_events(path, stdout.FORMAT, lambda *_, **__: None))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.sampled_from(TEXTS), changes=CHANGES, end=st.floats(0, 1))
def test_damaged_text_is_read_or_refused(tmp_path, text, changes, end):
    text = changed(text, changes)
    read_or_refuse(tmp_path / "log.txt", text[: int(end * len(text)) + 1])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=60))
def test_any_mixture_of_what_logs_are_made_of_is_read_or_refused(tmp_path, pieces):
    read_or_refuse(tmp_path / "log.txt", b"".join(pieces))


@pytest.mark.parametrize(
    "piece",
    [
        *(b"{'loss': 1, 'epoch': 1, ", b"{'loss': 1, 'a': '", b"{'loss':'", b"{'a': 1, ", b"{'", b"{", b"'a': ", b"'a"),
        *(b"\n", b"\r", b"\r  ", b"_/", b"1%|", b"step:1 - a:1 - ", b"Traceback (most recent call last)\n", b"[[1]: "),
    ],
)
def test_a_megabyte_of_one_piece_ends_no_search_late(tmp_path, piece):
    path = tmp_path / "log.txt"
    path.write_bytes(row(1).encode() + b"\n" + piece * (2**20 // len(piece)) + b"\n" + row(2).encode())
    assert sum(type(item).__name__ == "Row" for item in stdout.FORMAT.read(path, lambda *_, **__: None)) > 0
