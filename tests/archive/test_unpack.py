"""Archives of unknown origin are opened within limits, or refused with a reason."""

import tarfile
import tempfile
from pathlib import Path

import pytest
from archive_files import LINE, entry, manifest, member, tar
from hypothesis import given, settings
from hypothesis import strategies as st

from grpolog import jsonl
from grpolog.analysis import read
from grpolog.analysis.integrity import verify
from grpolog.archive.recognition import is_archive
from grpolog.archive.unpack import unpack
from grpolog.errors import LogError
from grpolog.jsonl.parts import zstd

PART = entry("exp1.jsonl", LINE)


@pytest.fixture(scope="module")
def whole_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("archive")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where archives are unpacked."""
    (folder := tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def flaws(path: Path) -> list[str]:
    return [f"{flaw.path.name}: {flaw.what}" for flaw in unpack(path).flaws]


def test_the_parts_lie_in_a_folder_for_as_long_as_they_are_held(tmp_path: Path, temporary: Path) -> None:
    path = tar(
        tmp_path / "a.tar.zst",
        manifest(member("exp1.jsonl"), member("report.md", b"#", "report")),
        PART,
        entry("report.md", b"#"),
    )
    assert is_archive(path)
    opened = unpack(path)
    assert (opened.flaws, [file.name for file in opened.folder.iterdir()]) == ((), ["exp1.jsonl"])
    assert opened.log.read_bytes() == LINE
    del opened
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (entry("exp1.rank1.jsonl", kind=tarfile.SYMTYPE, linkname="/etc/passwd"), "a symbolic link"),
        (entry("exp1.rank1.jsonl", kind=tarfile.LNKTYPE, linkname="exp1.jsonl"), "a link"),
        (entry("exp1.rank1.jsonl", kind=tarfile.CHRTYPE), "a device"),
        (entry("exp1.rank1.jsonl", kind=tarfile.FIFOTYPE), "a pipe"),
        (entry("exp1.rank1.jsonl", kind=tarfile.XHDTYPE), "something else than files"),
        (entry("../exp1.jsonl", LINE), "leads elsewhere"),
        (entry("/tmp/exp1.jsonl", LINE), "leads elsewhere"),
        (entry("schemas/../../x", LINE), "leads elsewhere"),
        (entry("..\\exp1.jsonl", LINE), "leads elsewhere"),
        (entry("C:exp1.jsonl", LINE), "leads elsewhere"),
        (entry(".bashrc", LINE), "leads elsewhere"),
    ],
)
def test_what_no_archive_of_ours_holds_is_refused(
    tmp_path: Path, temporary: Path, odd: tuple[tarfile.TarInfo, bytes], why: str
) -> None:
    path = tar(tmp_path / "a.tar.zst", manifest(member("exp1.jsonl")), PART, odd)
    with pytest.raises(LogError, match="is not opened: .*" + why):
        unpack(path)
    assert list(temporary.iterdir()) == []
    assert {file.name for file in tmp_path.iterdir()} == {"a.tar.zst", "temporary"}


@pytest.mark.parametrize(
    "name", ["../x.jsonl", "/x.jsonl", "a/b.jsonl", "", ".x.jsonl", "a\\b.jsonl", "a\0.jsonl", "c:x"]
)
def test_a_manifest_cannot_name_a_part_elsewhere(tmp_path: Path, name: str) -> None:
    for told in (manifest(member(name)), manifest(member("exp1.jsonl"), log=name)):
        with pytest.raises(LogError, match="names files that are none of an archive"):
            unpack(tar(tmp_path / "a.tar.zst", told, PART))


def test_a_manifest_must_be_one(tmp_path: Path) -> None:
    for data in (
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"format":"grpolog archive","version":1}',
        b'{"format":"grpolog archive","version":9}',
    ):
        with pytest.raises(LogError, match="manifest"):
            unpack(tar(tmp_path / "a.tar.zst", entry("manifest.json", data)))
    with pytest.raises(LogError, match="none of grpolog"):
        unpack(tar(tmp_path / "a.tar.zst", PART))
    with pytest.raises(LogError, match="names a log that none of its parts belongs to"):
        unpack(tar(tmp_path / "a.tar.zst", manifest(member("exp1.jsonl"), log="exp2.jsonl"), PART))
    with pytest.raises(LogError, match="names a file twice"):
        unpack(tar(tmp_path / "a.tar.zst", manifest(member("exp1.jsonl"), member("exp1.jsonl")), PART))


def test_what_unpacks_to_too_much_is_refused_before_it_is_written(tmp_path: Path, temporary: Path) -> None:
    bomb = tar(tmp_path / "a.tar.zst", manifest(member("exp1.jsonl")), entry("exp1.jsonl", bytes(80_000_000)))
    with pytest.raises(LogError, match="1,000 times its size"):
        unpack(bomb)
    path = tar(tmp_path / "b.tar.zst", manifest(member("exp1.jsonl")), entry("exp1.jsonl", bytes(5_000_000)))
    with pytest.raises(LogError, match=r"more than 1 MB"):
        unpack(path, limit=1_000_000)
    assert unpack(path, limit=6_000_000).log.stat().st_size == 5_000_000
    many = [entry(f"{n}.txt") for n in range(120)]
    assert len(flaws(tar(tmp_path / "c.tar.zst", manifest(member("exp1.jsonl")), PART, *many))) == 100
    assert list(temporary.iterdir()) == []


def test_a_size_that_a_header_only_claims_is_not_reserved(tmp_path: Path) -> None:
    head, _ = entry("exp1.jsonl", LINE)
    head.size = 2 * 10**9
    told, data = manifest(member("exp1.jsonl"))
    blocks = told.tobuf() + data + bytes(-len(data) % 512) + head.tobuf() + LINE
    path = tmp_path / "a.tar.zst"
    path.write_bytes(zstd.compress(blocks))
    with pytest.raises(LogError, match="is not opened"):
        unpack(path)


def test_what_differs_from_the_manifest_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    told = manifest(member("exp1.jsonl"), member("exp1.rank1.jsonl"), member("report.md", b"#", "report"))
    path = tar(tmp_path / "a.tar.zst", told, entry("exp1.jsonl", LINE.replace(b"0.5", b"0.6")), entry("more.txt", b"x"))
    assert flaws(path) == [
        "exp1.jsonl: differs from the manifest (SHA-256)",
        "more.txt: is not in the manifest",
        "exp1.rank1.jsonl: is missing",
        "report.md: is missing",
    ]
    run = read(path)
    assert run.steps["loss"].to_list() == [0.6]
    assert f"{path / 'exp1.jsonl'}: differs from the manifest (SHA-256)" in map(str, run.audit.losses)
    assert {mark.path for mark in verify(path).damage} == {
        path / f for f in ("exp1.jsonl", "more.txt", "exp1.rank1.jsonl", "report.md")
    }


def test_an_archive_that_another_tar_packed_again_is_read(tmp_path: Path) -> None:
    told, data = manifest(member("exp1.jsonl"))
    told.name = "./manifest.json"
    folder = entry("./schemas", kind=tarfile.DIRTYPE)
    path = tar(tmp_path / "a.tar.zst", (told, data), folder, entry("./exp1.jsonl", LINE))
    assert flaws(path) == []
    plain = tmp_path / "a.tar"
    with jsonl.open_part(path) as packed:
        plain.write_bytes(packed.read())
    assert read(plain).steps.height == 1


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_archive_is_told_or_refused_and_never_a_bug(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    told = manifest(member("exp1.jsonl"), member("report.md", b"#" * 600, "report"))
    path = tar(folder / "a.tar.zst", told, PART, entry("report.md", b"#" * 600))
    raw = bytearray(path.read_bytes())
    whole = bytearray(zstd.decompress(bytes(raw)))
    inside = data.draw(st.booleans())
    target = whole if inside else raw
    if data.draw(st.booleans()):
        target[data.draw(st.integers(0, len(target) - 1))] ^= data.draw(st.integers(1, 255))
    else:
        del target[data.draw(st.integers(0, len(target) - 1)) :]
    path.write_bytes(zstd.compress(bytes(whole)) if inside else raw)
    try:
        found = unpack(path)
    except LogError:
        return
    if not found.flaws:
        assert found.log.read_bytes() == LINE
