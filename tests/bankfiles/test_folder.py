"""A bank file is in its folder whole or not at all, once, and for its owner alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_worker.bankfiles.folder import FileFolder
from sync_worker.domain.errors import Misconfigured


def test_a_half_written_file_of_a_crash_is_no_file_and_in_nobodys_way(tmp_path: Path) -> None:
    half = tmp_path / ".PB-1.aba.half"
    half.write_bytes(b"half")
    folder = FileFolder(tmp_path)
    folder.free("PB-1.aba")
    folder.put("PB-1.aba", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["PB-1.aba"]


def test_the_same_file_may_be_put_again_and_another_may_not(tmp_path: Path) -> None:
    folder = FileFolder(tmp_path / "deep" / "down")
    folder.put("PB-1.aba", b"whole")
    folder.put("PB-1.aba", b"whole")
    with pytest.raises(Misconfigured, match=r"another file PB-1\.aba"):
        folder.put("PB-1.aba", b"other")
    with pytest.raises(Misconfigured, match="is not overwritten"):
        folder.free("PB-1.aba")
    assert (tmp_path / "deep" / "down" / "PB-1.aba").read_bytes() == b"whole"


def test_what_cannot_be_written_says_what_to_mend_and_leaves_no_name(tmp_path: Path) -> None:
    (tmp_path / ".PB-1.aba.half").mkdir()
    with pytest.raises(Misconfigured, match=r"PB-1\.aba cannot be written .* mend that"):
        FileFolder(tmp_path).put("PB-1.aba", b"whole")
    assert not (tmp_path / "PB-1.aba").exists()


def test_a_folder_of_others_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(Misconfigured, match="taken for bank files cannot be written"):
        FileFolder(tmp_path / "taken").free("PB-1.aba")
