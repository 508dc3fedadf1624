from __future__ import annotations

import pytest

from benchmarks.markers import put, table

PAGE = """Before.

<!-- make bench -->
old
<!-- /make bench -->

<!-- make bench: more -->
<!-- /make bench: more -->

After.
"""


@pytest.fixture
def page(tmp_path):
    file = tmp_path / "page.md"
    file.write_text(PAGE)
    return file


def test_only_what_is_between_the_markers_changes(page):
    put(page, "make bench", "new \\1")
    assert page.read_text() == PAGE.replace("old", "new \\1")


def test_writing_twice_is_writing_once(page):
    put(page, "make bench: more", "a\nb\n\n")
    once = page.read_text()
    put(page, "make bench: more", "a\nb\n\n")
    assert page.read_text() == once
    assert "<!-- make bench: more -->\na\nb\n<!-- /make bench: more -->" in once


@pytest.mark.parametrize("name", ["make demo", "make bench.*"])
def test_a_page_without_the_markers_is_an_error_that_names_them(page, name):
    with pytest.raises(SystemExit, match=r"page\.md needs one <!-- make "):
        put(page, name, "new")
    assert page.read_text() == PAGE


def test_a_table_in_markdown():
    assert table(["tool", "share"], [["zeal", "1 of 2"]]) == (
        "| tool | share |\n| --- | ---: |\n| zeal | 1 of 2 |"
    )
