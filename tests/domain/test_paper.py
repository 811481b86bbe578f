"""A file's name in Xero: safe anywhere, always the same for the same file, and nobody else's."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from sync_worker.domain.paper import file_name


def test_a_name_says_which_milestone_and_which_file() -> None:
    name = file_name("MS-017", "Tax invoice", "pdf", "068000000000001AAA")
    assert re.fullmatch(r"MS-017 Tax invoice \([0-9a-f]{8}\)\.pdf", name)


def test_two_files_of_one_title_have_two_names_and_the_same_file_always_one() -> None:
    one, other = (file_name("MS-1", "Invoice", "pdf", f"06800000000000{n}AAA") for n in "12")
    assert one != other
    assert one == file_name("MS-1", "Invoice", "pdf", "068000000000001AAA")


def test_foreign_letters_become_plain_ones_or_go() -> None:
    assert file_name("MS-1", "Māori – 漢字 / 50 % & more", "PDF", "x").startswith(
        "MS-1 Maori 50 more ("
    )
    assert re.fullmatch(r"\([0-9a-f]{8}\)", file_name("漢", "字", "", "x"))


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=50), st.text())
def test_any_name_is_short_and_plain(number: str, title: str, extension: str, source: str) -> None:
    name = file_name(number, title, extension, source)
    assert re.fullmatch(r"[A-Za-z0-9._ ()-]+", name)
    assert len(name) < 200
    assert not name.startswith((" ", "."))
