"""The tables, in the terminal."""

from __future__ import annotations

import math

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .stats import Estimate
from .summary import Behaviour, Figure


def times(ratio: Estimate) -> str:
    """A ratio as it is shown everywhere: ``6.71x (6.42 to 7.05)``."""
    if math.isnan(ratio.low):
        return f"{shown(ratio.value)}x"
    return f"{shown(ratio.value)}x ({shown(ratio.low)} to {shown(ratio.high)})"


def shown(value: float) -> str:
    """Three digits."""
    if math.isnan(value):
        return "-"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def in_ms(value: float) -> str:
    """Three digits and the unit, which stay together."""
    return f"{shown(value)}\N{NO-BREAK SPACE}ms"


def print_figures(console: Console, title: str, rows: list[Figure]) -> None:
    table = _table(title, "", "tuned", "naive", "naive / tuned (95 %)")
    for row in rows:
        table.add_row(
            row.label,
            row.form.format(row.compared.tuned.value),
            row.form.format(row.compared.naive.value),
            times(row.compared.ratio),
        )
    console.print(table)


def print_behaviours(console: Console, rows: list[Behaviour]) -> None:
    headings = ("median by endpoint", "tuned ms", "naive ms", "naive / tuned (95 %)", "queries")
    table = _table("", *headings)
    for row in rows:
        table.add_row(
            Text(row.name),
            f"{row.ms.tuned.value:.1f}",
            f"{row.ms.naive.value:.1f}",
            times(row.ms.ratio),
            f"{row.queries.tuned.value:.0f} / {row.queries.naive.value:.0f}",
        )
    console.print(table)


def print_growth(console: Console, title: str, headings: list[str], rows: list[list[str]]) -> None:
    table = _table(title, *headings)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _table(title: str, *headings: str) -> Table:
    table = Table(title=Text(title) if title else None, title_justify="left", box=box.SIMPLE_HEAD)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    return table
