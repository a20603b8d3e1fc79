"""Hashes and texts, each by one policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from conclvd.errors import DatasetError, TrainingError
from conclvd.files import (
    read_text,
    sha256_of,
)


def test_hashes_are_those_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").write_bytes(b"x" * 3_000_000)
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(tmp_path / "a") == known
    assert sha256_of() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    (tmp_path / "both").write_bytes(b"abc" + b"x" * 3_000_000)
    assert sha256_of(tmp_path / "a", tmp_path / "b") == sha256_of(tmp_path / "both")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_texts_are_utf_8_with_or_without_a_mark(tmp_path: Path, encoding: str, end: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(f"一叶扁舟{end}a\u2028b{end}".encode(encoding))
    assert read_text(path) == "一叶扁舟\na\u2028b\n"


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_are_told(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("一叶扁舟在湖上".encode(encoding))
    with pytest.raises(TrainingError, match=r"a\.txt: .*UTF-8"):
        read_text(path, TrainingError)
    if encoding.startswith("utf"):
        path.write_bytes("a boat".encode(encoding))  # UTF-8 as well, but for its zeros
        with pytest.raises(DatasetError, match=r"a\.txt: .*UTF-8"):
            read_text(path)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_text(tmp_path / "none")
    with pytest.raises(DatasetError, match=str(tmp_path)):
        read_text(tmp_path)
