"""How long folding a statement takes, by its length: linear is twice the time for twice the text.

python benchmarks/shape.py
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console
from rich.table import Table

from nplusone_guard.shape import fold

SIZES = (125_000, 250_000, 500_000, 1_000_000)
STATEMENTS = {
    "VALUES, placeholders": ("INSERT INTO t (a) VALUES ", "(%s)"),
    "VALUES, text": ("INSERT INTO t (a) VALUES ", "('it''s')"),
    "VALUES, other numbers": ("INSERT INTO t (a) VALUES ", "({n}, {n})"),
    "IN, other numbers": ("SELECT a FROM t WHERE b IN ", "{n}"),
    "columns": ("SELECT ", "column_{n}"),
    "an open quote": ("SELECT '", "x"),
}


def statement(head: str, piece: str, size: int) -> str:
    pieces = (piece.replace("{n}", str(number)) for number in range(size // (len(piece) + 4)))
    return head + ", ".join(pieces)


def seconds(sql: str) -> float:
    """The quickest of three, in CPU time."""
    times = []
    for _ in range(3):
        start = process_time()
        fold(sql)
        times.append(process_time() - start)
    return min(times)


def main() -> None:
    table = Table(title="Time to fold, as a ratio to that of the shortest")
    table.add_column("statement")
    table.add_column("shortest, ms", justify="right")
    for size in SIZES[1:]:
        table.add_column(f"{size // SIZES[0]} times the text", justify="right")
    for name, (head, piece) in STATEMENTS.items():
        base, *others = (seconds(statement(head, piece, size)) for size in SIZES)
        ratios = (f"{each / base:.1f}" for each in others)
        table.add_row(name, f"{base * 1_000:.0f}", *ratios)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
