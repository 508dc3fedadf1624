"""The console report: what it says in few lines, in which colours, and to whom."""

from __future__ import annotations

import io
import logging
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from nplusone_guard.report.console import log, print_report, render, to_svg
from nplusone_guard.trace import CallSite
from tests.report import samples
from tests.traces import CUSTOMER, again, finding, group, lazy, report

ESCAPE = "\x1b["


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def printed(file, found=samples.unknown_place):
    print_report(found(), file)
    return file.getvalue()


# --- The line of the request ---


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (report(groups=()), "0 queries, 0 rows, db 0.0 of 12.0 ms  ok"),
        (report(groups=(group(),)), "1 query, 1 row, db 0.5 of 12.0 ms  ok"),
        (
            report(groups=(group(), group("SAVEPOINT a", 2, rows=0))),
            "1 query (+2 for transactions)",
        ),
        (report(groups=(), status=404), "GET /orders/  404  0 queries"),
        (report(finding(again(2), "duplicate"), duplicates=1), "2 queries, 1 duplicate, 2 rows"),
        (report(finding(lazy(2)), finding(lazy(3))), "  2 findings"),
        (report(groups=(), wall_ms=1_234.56), "db 0.0 of 1235 ms"),
    ],
)
def test_the_first_line_sums_up(made, expected):
    assert expected in render(made).splitlines()[0]


def test_a_clean_report_is_one_line():
    assert len(render(samples.clean()).splitlines()) == 1


def test_str_is_the_report_without_colour():
    made = samples.over_budget()
    assert str(made) == render(made)


# --- The line of the source ---


def underlined(tmp_path, line, expression, width=100):
    """The line of the source as it is shown, and what of it is underlined."""
    file = tmp_path / "views.py"
    file.write_text(f"{line}\n", encoding="utf-8")
    start = len(line[: line.index(expression)].encode())
    end = start + len(expression.encode())
    place = CallSite(str(file), 1, "get", 1, start, end)
    shown, marks = re.search(
        r"\| (.*)\n( *\^+)?", render(report(finding(lazy(site=place))), width=width)
    ).groups()
    marks = (marks or "")[16:]
    cells = [
        char for char in shown for _ in range(1 + (unicodedata.east_asian_width(char) in "WF"))
    ]
    under = (char for char, mark in zip(cells, marks.ljust(len(cells))) if mark == "^")
    return shown, "".join(under)


def test_the_expression_is_underlined(tmp_path):
    line = "    names = [order.customer.name for order in orders]"
    shown, under = underlined(tmp_path, line, "order.customer")
    assert shown == line.strip()
    assert under == "order.customer"


def test_after_characters_of_several_bytes(tmp_path):
    assert underlined(tmp_path, 'row = ["é", "ß", order.customer]', "order.customer")[1] == (
        "order.customer"
    )


def test_after_characters_that_are_two_columns_wide(tmp_path):
    assert underlined(tmp_path, 'row = ["注文", order.customer]', "order.customer")[1] == (
        "order.customer"
    )


def test_after_a_tab_that_is_shown_escaped(tmp_path):
    shown, under = underlined(tmp_path, "row =\torder.customer", "order.customer")
    assert shown == r"row =\x09order.customer"
    assert under == "order.customer"


def test_an_expression_that_is_the_whole_line_needs_no_underline(tmp_path):
    assert underlined(tmp_path, "    order.customer", "order.customer") == ("order.customer", "")


@pytest.mark.parametrize("width", [60, 80, 100])
def test_of_a_long_line_the_part_with_the_expression_is_shown(tmp_path, width):
    line = f"call({'argument, ' * 20}order.customer, {'more, ' * 20})"
    shown, under = underlined(tmp_path, line, "order.customer", width)
    assert under == "order.customer"
    assert shown[0] == shown[-1] == "…"
    assert len(shown) == width - len("            1 | ")


def test_of_an_expression_longer_than_the_line_the_beginning_is_shown(tmp_path):
    expression = f"Order.objects{'.filter(paid=True)' * 9}"
    shown, under = underlined(tmp_path, f"    orders = {expression}", expression, 60)
    assert under[:13] == "Order.objects"
    assert shown.endswith("…")


def test_without_its_source_a_place_is_its_file_line_and_function():
    text = render(report(finding(lazy(site=CallSite("/srv/gone.py", 7, "Gone.get", 7, 4, 9)))))
    assert "      at    /srv/gone.py:7 in Gone.get\n      sql" in text


# --- What is cut, and what is not ---


@pytest.mark.parametrize(("count", "last"), [(11, "  and 1 more finding"), (12, "2 more findings")])
def test_more_findings_than_ten_are_counted(count, last):
    text = render(report(*(finding(lazy()) for _ in range(count))))
    assert text.count("  N+1 ") == 10
    assert text.splitlines()[-1].endswith(last)


def test_ten_findings_are_all_shown():
    text = render(report(*(finding(lazy()) for _ in range(10))))
    assert text.count("  N+1 ") == 10
    assert "more" not in text


@pytest.mark.parametrize("width", [1, 20, 60, 500])
def test_names_are_whole_at_any_width(width):
    relation = f"shop.{'Order' * 20}.customer"
    access = replace(CUSTOMER, relation=relation)
    text = render(report(finding(lazy(access=access))), width=width)
    assert relation in text


# --- Text from outside ---


@pytest.mark.parametrize("color", [False, True])
def test_no_text_from_outside_steers_the_terminal(color):
    text = render(samples.hostile(), color=color)
    if color:
        text = re.sub(r"\x1b\[[\d;]*m", "", text)
    for line in text.split("\n"):
        for char in line:
            assert unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"}, ascii(line)
            assert unicodedata.bidirectional(char) not in {"RLO", "LRO", "RLE", "LRE"}


def test_colour_changes_nothing_but_the_colour():
    for sample in (samples.hostile, samples.over_budget, samples.long_names):
        colored = render(sample(), color=True)
        assert ESCAPE in colored
        assert re.sub(r"\x1b\[[\d;]*m", "", colored) == render(sample())


# --- Colour or not ---


def test_a_terminal_gets_colour():
    assert ESCAPE in printed(Terminal())


def test_a_file_gets_none():
    assert ESCAPE not in printed(io.StringIO())


def test_standard_output_is_where_it_goes(capsys):
    print_report(samples.clean())
    assert capsys.readouterr().out == f"{render(samples.clean())}\n"


@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
def test_no_color_turns_it_off(stream, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert ESCAPE not in printed(stream())


def test_an_empty_no_color_is_none(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "")
    assert ESCAPE in printed(Terminal())


def test_force_color_turns_it_on_for_a_file(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert ESCAPE in printed(io.StringIO())


def test_a_dumb_terminal_gets_none(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert ESCAPE not in printed(Terminal())


def test_a_stream_that_is_no_file_is_no_terminal():
    class Stream:
        text = ""

        def write(self, text):
            self.text += text

    stream = Stream()
    print_report(samples.clean(), stream)
    assert stream.text == f"{render(samples.clean())}\n"


# --- The reporter ---


@pytest.mark.parametrize(
    ("sample", "level"),
    [
        (samples.clean, logging.INFO),
        (samples.n_plus_one, logging.WARNING),
        (samples.duplicate, logging.WARNING),
        (samples.over_budget, logging.WARNING),
        (samples.suppressed_and_stale, logging.WARNING),
    ],
)
def test_what_is_wrong_is_logged_as_a_warning(sample, level, caplog):
    caplog.set_level(logging.DEBUG, logger="nplusone_guard")
    log(sample())
    assert caplog.record_tuples == [("nplusone_guard", level, render(sample()))]


def test_what_nobody_listens_to_is_not_logged(caplog):
    caplog.set_level(logging.WARNING, logger="nplusone_guard")
    log(samples.clean())
    assert caplog.records == []


# --- The picture ---


@pytest.fixture
def picture(tmp_path):
    def picture(sample, **options):
        file = tmp_path / "report.svg"
        to_svg(sample(), file, **options)
        return file.read_text(encoding="utf-8")

    return picture


def words(svg):
    """The text of a picture, which has each style and each line apart, without its spaces."""
    return "".join("".join(ET.fromstring(svg).itertext()).split())


SAMPLES = [samples.clean, samples.over_budget, samples.hostile, samples.long_names]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.__name__)
def test_the_picture_has_no_address_of_the_network(picture, sample):
    svg = picture(sample).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "http" not in svg.replace("[link=http://x]", "")  # the hostile sample's own text
    assert not re.search(r"@import|@font-face|url\((?!#)|href|src=", svg)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.__name__)
def test_the_picture_says_what_the_report_says(picture, sample):
    assert "".join(render(sample()).split()) in words(picture(sample))


def test_the_picture_is_the_same_each_time_and_in_each_environment(picture, monkeypatch):
    first = picture(samples.over_budget)
    for name, value in {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "40"}.items():
        monkeypatch.setenv(name, value)
    assert picture(samples.over_budget) == first


def test_the_picture_has_its_title(picture):
    assert "N+1<&>guard" in words(picture(samples.clean, title="N+1 <&> guard"))


def test_the_picture_is_written_to_a_path_given_as_text(tmp_path):
    to_svg(samples.clean(), str(tmp_path / "report.svg"))
    assert Path(tmp_path / "report.svg").read_text(encoding="utf-8").startswith("<svg")
