"""The console report fits the terminal that it is printed to."""

from __future__ import annotations

import io
import os
import struct
from itertools import takewhile

import pytest

from nplusone_guard import capture
from nplusone_guard.report.console import print_report, render, to_svg
from tests.shop.models import Order


@pytest.fixture
def report(shop):
    with capture() as report:
        for order in Order.objects.all():
            order.customer.name
    return report


def fix_of(text):
    """The lines of the fix, without their margin."""
    _, _, after = text.partition("\n      fix   ")
    first, *others = after.splitlines()
    return [first, *(line[12:] for line in takewhile(lambda line: line[6] == " ", others))]


@pytest.mark.parametrize("width", [60, 80, 100])
def test_prose_is_broken_at_the_width_and_loses_no_word(report, width):
    code, *prose = fix_of(render(report, width=width))
    assert code == 'select_related("customer")'
    assert " ".join(prose) == report.findings[0].fix.explain
    assert max(map(len, prose)) <= width - 12


def test_code_to_type_is_never_broken(report):
    assert 'select_related("customer")' in render(report, width=20)


def printed(report, **environment):
    stream = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COLUMNS", raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        print_report(report, stream)
    return stream.getvalue().rstrip("\n")


def test_columns_says_how_wide_it_is_where_there_is_no_terminal(report):
    assert printed(report, COLUMNS="60") == render(report, width=60)


@pytest.mark.parametrize("columns", ["", "0", "wide", "240"])
def test_it_is_100_wide_where_nothing_narrower_is_known(report, columns):
    assert printed(report, COLUMNS=columns) == render(report) == printed(report)


def test_a_narrow_terminal_gets_a_narrow_report(report, monkeypatch):
    termios = pytest.importorskip("termios", reason="terminals of POSIX")
    from fcntl import ioctl

    monkeypatch.setenv("NO_COLOR", "1")
    reader, writer = os.openpty()
    ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 70, 0, 0))
    with os.fdopen(writer, "w") as terminal, os.fdopen(reader, "rb", buffering=0) as screen:
        print_report(report, terminal)
        terminal.flush()
        shown = screen.read(65_536).decode().replace("\r\n", "\n")
    assert shown.rstrip("\n") == render(report, width=70)


def test_a_picture_is_as_wide_as_its_widest_line(db, tmp_path):
    with capture(label="x" * 150) as report:
        Order.objects.count()
    to_svg(report, tmp_path / "report.svg")
    picture = (tmp_path / "report.svg").read_text()
    assert "x" * 150 in picture
    assert ">ok</text>" in picture
