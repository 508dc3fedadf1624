"""The tables of the README and of docs/comparison.md, of verdicts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.markers import table
from benchmarks.peers.judge import FOUND, QUESTIONS, better, tally
from benchmarks.peers.tools import TOOLS

if TYPE_CHECKING:
    from benchmarks.peers.judge import Verdict

#: A situation's row: a letter for each question that holds, a dot where not.
LETTERS = {"relation": "r", "line": "l", "code": "c", "works": "w", "mends": "m"}


@dataclass(frozen=True)
class Column:
    """A tool in the tables: its version, or why it is not there; its verdicts by situation.

    ``besides``: what it told that is no repeated statement: kind → situations.
    """

    name: str
    version: str
    verdicts: dict[str, Verdict]
    besides: dict[str, list[str]]
    failed: str = ""

    @property
    def heading(self) -> str:
        return f"{self.name} {self.version}".strip()


def summary(columns: list[Column], stamp: str) -> str:
    """The table for the README: how many of how many, for each question and tool."""
    rows = []
    present = [each for each in columns if not each.failed]
    for key, question in QUESTIONS.items():
        counts = [tally(each.verdicts)[key] for each in present]
        rows.append([question, *(_share(*count) for count in counts)])
    absent = [
        f"{each.heading} is not in the table: {each.failed}" for each in columns if each.failed
    ]
    shown = table(["situations", *(each.heading for each in present)], rows)
    return "\n\n".join([shown, *absent, stamp])


def _share(held: int, asked: int) -> str:
    return f"{held} of {asked}"


def ways(columns: list[Column]) -> str:
    """How each tool was asked, and what it is meant to see."""
    rows = [
        [each.heading, TOOLS[each.name].how, TOOLS[each.name].meant, _besides(each)]
        for each in columns
    ]
    return table(["tool", "asked by", "meant to see", "told besides"], rows, left=4)


def _besides(column: Column) -> str:
    told = sorted(column.besides.items(), key=lambda item: (-len(item[1]), item[0]))
    return ", ".join(f"{kind} ({len(names)})" for kind, names in told) or "nothing"


def where_others_are_better(columns: list[Column]) -> str:
    """By situation: what another tool does right there and the guard does not."""
    ours = columns[0].verdicts
    rows = []
    for column in columns[1:]:
        rows += [
            f"- `{name}`: {column.name} ({QUESTIONS[key]})"
            for name, key in better(column.verdicts, ours)
        ]
        if unused := column.besides.get("unused_eager"):
            rows.append(
                f"- {column.name} names eager loads that nobody used, as the guard does not, in: "
                + ", ".join(f"`{name}`" for name in unused)
            )
    return "\n".join(rows) or "In no situation of the catalogue."


def where_code_fails(columns: list[Column]) -> str:
    """By situation: proposals that do not work, or not for all of it."""
    rows = []
    for column in columns:
        for name, each in column.verdicts.items():
            said = [_plain(note) for note in each.notes if "work" in note or "leaves" in note]
            rows += [[column.name, f"`{name}`", note] for note in said]
    return table(["tool", "situation", "what came of it"], rows, left=3)


def _plain(note: str) -> str:
    """A note in a cell: one line, without what a table or a page would take for its own."""
    text = re.sub(r"\s+", " ", note).replace("|", "/").replace("`", "'")
    return text if len(text) <= 110 else text[:107] + "..."


def each_situation(columns: list[Column]) -> str:
    """All situations: a cell a tool."""
    present = [each for each in columns if not each.failed]
    rows = [
        [f"`{name}`", *(_cell(each.verdicts[name]) for each in present)]
        for name in present[0].verdicts
    ]
    return table(["situation", *(each.name for each in present)], rows, left=1 + len(present))


def _cell(verdict: Verdict) -> str:
    if "silent" in verdict.answers:
        return "silent" if verdict.answers["silent"] else "**cries**"
    if not any(verdict.answers.get(key) for key in FOUND):
        return "no"
    asked = [(key, letter) for key, letter in LETTERS.items() if key in verdict.answers]
    marks = "".join(letter if verdict.answers[key] else "." for key, letter in asked)
    return f"`{marks or 'found'}`"
