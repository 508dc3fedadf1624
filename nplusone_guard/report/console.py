"""The report for a terminal: a line for the request, a few for each finding.

A developer reads it between two requests, so it says what, how often, where and what to type, in
that order, and nothing twice.  All text from outside is hostile: control characters are shown,
never sent, and nothing is read as markup.
"""

from __future__ import annotations

import io
import os
import re
import sys
import textwrap
from pathlib import Path
from typing import IO, TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from nplusone_guard.report.again import Again
from nplusone_guard.report.place import SourceLine, shown_path, source_line
from nplusone_guard.report.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.finding import Experiment, Finding, Fix
    from nplusone_guard.report.report import Assessment, Report
    from nplusone_guard.trace import CallSite

WIDTH = 100
MOST_FINDINGS = 10
MOST_LEVELS = 8

_TITLES = {
    "n_plus_one": "N+1",
    "write_loop": "write loop",
    "unused_eager": "unused eager load",
    "overfetch": "unread columns",
}
_STYLES = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}
_INDENT = "      "
#: rich's picture loads its font from a content network; the reader's own will do.
_FROM_THE_NETWORK = re.compile(r"<!--.*?-->|@font-face \{.*?\}", re.DOTALL)


def render(
    report: Report,
    *,
    color: bool = False,
    width: int | None = None,
    again: Again | None = None,
    brief: bool = False,
) -> str:
    """The report as text, without a line break at its end.

    ``width``: columns at which SQL and source lines are cut and prose is broken (default 100);
    names of relations and places, and code to type, are never cut or broken.  ``again``: how it
    compares with reports before; one that says the same is a single line, as is a ``brief`` one.
    """
    columns = width or WIDTH
    out = io.StringIO()
    console = Console(
        file=out,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        width=columns,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    assessment = report.assessment
    again = again or Again()
    shown = [_summary(assessment, again)]
    if not brief and not again.same:
        shown += _details(assessment, columns)
    for line in shown:
        console.print(line, no_wrap=True, overflow="ignore", crop=False, soft_wrap=True)
    return out.getvalue().rstrip("\n")


def print_report(report: Report, file: IO[str] | None = None) -> None:
    """Print to a stream; in colour where it is a terminal (``NO_COLOR`` is honoured)."""
    stream = file or sys.stdout
    print(render(report, color=wants_color(stream), width=columns_of(stream)), file=stream)


def log(report: Report) -> None:
    """The default reporter; see :mod:`nplusone_guard.report.log`."""
    from nplusone_guard.report.log import log as write  # noqa: PLC0415  it reads the settings

    write(report)


def to_svg(report: Report, path: str | Path, *, title: str = "nplusone_guard") -> None:
    """A picture of the report in a terminal, without anything from the network.

    As wide as its widest line: names and places are not cut.
    """
    shown = list(lines(report.assessment, WIDTH))
    console = Console(
        record=True,
        file=io.StringIO(),
        force_terminal=True,
        # Both, or rich asks the environment.
        width=max(WIDTH, *(line.cell_len for line in shown)),
        height=len(shown) + 1,
        legacy_windows=False,
    )
    for line in shown:
        console.print(line, no_wrap=True, overflow="crop")
    console.print()  # the picture's edge cuts the underscores off its last line
    svg = console.export_svg(title=safe(title))
    Path(path).write_text(_FROM_THE_NETWORK.sub("", svg), encoding="utf-8")


def wants_color(stream: IO[str]) -> bool:
    """Whether a stream is a terminal that shows colours, or is said to be."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    try:
        return stream.isatty() and os.environ.get("TERM") != "dumb"
    except (AttributeError, ValueError):
        return False


def columns_of(stream: IO[str]) -> int:
    """``WIDTH``, or less where the terminal is narrower; ``COLUMNS`` tells where there is none."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (AttributeError, OSError, ValueError):
        text = os.environ.get("COLUMNS", "")
        columns = int(text) if text.isdecimal() else 0
    return min(columns or WIDTH, WIDTH)


def lines(assessment: Assessment, width: int) -> Iterator[Text]:
    """The lines of a report."""
    yield _summary(assessment, Again())
    yield from _details(assessment, width)


def _details(assessment: Assessment, width: int) -> Iterator[Text]:
    for violation in assessment.violations:
        yield Text(f"  over budget  {violation}", style="bold red")
    for finding in assessment.findings[:MOST_FINDINGS]:
        yield from _finding(finding, width)
    more = len(assessment.findings) - MOST_FINDINGS
    if more > 0:
        yield Text(f"  and {more} more finding{'s' if more > 1 else ''}", style="bold")
    if assessment.suppressed:
        names = dict.fromkeys(_subject(each.finding) for each in assessment.suppressed)
        yield _line("  suppressed  ", f"{len(assessment.suppressed)}: {', '.join(names)}", "dim")
    for stale in assessment.stale:
        head = "  stale  "
        for text in _wrapped(_without_directory(stale), width - len(head)):
            yield _line(head, text, "yellow")
            head = " " * len(head)


def _summary(assessment: Assessment, again: Again) -> Text:
    trace = assessment.trace
    wrong = [
        _counted(len(group), name)
        for name, group in (
            ("finding", assessment.findings),
            ("limit exceeded", assessment.violations),
        )
        if group
    ]
    bad = assessment.violations or any(each.severity == "error" for each in assessment.findings)
    style = "bold red" if bad else "bold yellow" if wrong else "bold green"
    line = Text()
    line.append(safe(trace.label), style="bold")
    if trace.status is not None:
        line.append(f"  {trace.status}")
    line.append("  still " if again.same else "  ")
    line.append(_counted(trace.queries, "query"), style="bold")
    if trace.transactions:
        line.append(f" (+{trace.transactions} for transactions)", style="dim")
    if assessment.duplicates:
        line.append(f", {_counted(assessment.duplicates, 'duplicate')}")
    line.append(f", {_counted(trace.rows, 'row')}")
    line.append(f", db {_ms(trace.db_ms)} of {_ms(trace.wall_ms)} ms")
    if trace.truncated:
        line.append("  truncated", style="yellow")
    line.append("  ")
    same = "same " if again.same and wrong else ""
    line.append(same + ", ".join(wrong) if wrong else "ok", style=style)
    if again.before is not None:
        gone = _counted(again.gone, "finding")
        better = f"  queries {again.before} → {trace.queries}, {gone} gone"
        line.append(better, style="bold green")
    return line


def _finding(finding: Finding, width: int) -> Iterator[Text]:
    head = Text("  ")
    head.append(_TITLES.get(finding.kind, finding.kind), style=_STYLES[finding.severity])
    head.append(f" {finding.total}x  ")
    head.append(safe(_subject(finding)), style="bold")
    access = finding.group.access
    if access is not None and access.operation != "raw":
        head.append(f"  {access.operation}", style="dim")
    head.append(f"  {_ms(finding.total_ms)} ms", style="dim")
    yield head
    if finding.field_path:
        yield _line(f"{_INDENT}field ", finding.field_path, "")
    if finding.location is not None:
        yield from _place("at", finding.location, width)
    else:
        yield Text(f"{_INDENT}at    a place unknown: no code of the project led here", style="dim")
    if finding.nested:
        yield from _levels(finding)
    if finding.fix is not None:
        yield from _fix(finding.fix, finding.location, width)
    yield _line(f"{_INDENT}sql   ", _cut(finding.shape.text, width - len(_INDENT) - 6), "dim")


def _subject(finding: Finding) -> str:
    access = finding.group.access
    return finding.relation or (access.model if access and access.model else None) or "raw SQL"


def _levels(finding: Finding) -> Iterator[Text]:
    """What the count is the sum of: a line each for the finding itself and what is nested."""
    gutter = f"{_INDENT}sum   "
    levels = tuple(finding.walk())
    digits = len(str(max(each.count for each in levels)))
    for each in levels[: MOST_LEVELS + 1]:
        line = Text(gutter, style="dim")
        line.append(f"{each.count:>{digits}}x ", style="not dim")
        line.append(safe(_subject(each)), style="not dim bold")
        if each.field_path and each is not finding:
            line.append(f"  {safe(each.field_path)}", style="not dim")
        if each.location is not None and each is not finding:
            place = f"{safe(shown_path(each.location.file))}:{each.location.line}"
            line.append(f"  {place}", style="not dim cyan")
        yield line
        gutter = f"{_INDENT}      "
    more = len(levels) - MOST_LEVELS - 1
    if more > 0:
        yield Text(f"{gutter}and {more} more", style="dim")


def _fix(fix: Fix, location: CallSite | None, width: int) -> Iterator[Text]:
    gutter = f"{_INDENT}fix   "
    for line in fix.code.splitlines():
        yield _line(gutter, line, "bold green")
        gutter = f"{_INDENT}      "
    for text in _wrapped(fix.explain, width - len(gutter)):
        yield _line(gutter, text, "green")
        gutter = f"{_INDENT}      "
    if fix.where is not None and fix.where != location:
        yield from _place("there", fix.where, width)
    if fix.proven is not None:
        yield from _experiment(fix.proven, width)


def _experiment(experiment: Experiment, width: int) -> Iterator[Text]:
    """What a run with the fix showed."""
    told: str = experiment.verdict
    if experiment.before is not None and experiment.after is not None:
        before, after = experiment.before, experiment.after
        told += f": {before.queries} → {_counted(after.queries, 'query')}"
        told += f", {before.ms:.1f} → {after.ms:.1f} ms"
    gutter = f"{_INDENT}tried "
    for text in _wrapped(f"{told}. {experiment.reason}", width - len(gutter)):
        yield _line(gutter, text, "bold" if experiment.verdict == "proven" else "")
        gutter = f"{_INDENT}      "


def _place(word: str, site: CallSite, width: int) -> Iterator[Text]:
    place = Text(f"{_INDENT}{word:<6}", style="dim")
    place.append(f"{safe(shown_path(site.file))}:{site.line}", style="not dim cyan")
    place.append(f" in {safe(site.function)}")
    yield place
    source = source_line(site)
    if source is None:
        return
    gutter = f"{_INDENT}      {site.line} | "
    text, start, end = _window(source, width - len(gutter))
    yield _line(gutter, text, "")
    if start < end and (start, end) != (0, len(text)):
        # In cells of the terminal: what is before may be wide, or shown escaped.
        pad = len(gutter) + cell_len(safe(text[:start]))
        yield Text(" " * pad + "^" * cell_len(safe(text[start:end])), style="red")


def _window(source: SourceLine, width: int) -> tuple[str, int, int]:
    """As much of a line as fits, the expression and what is before it first."""
    width = max(width, 8)
    text, start, end = source
    if len(text) > width and end > width - 1:
        left = max(0, min(start - 1, end - width + 2))
        text, start, end = f"…{text[left + 1 :]}", start - left, end - left
    text = _cut(text, width)
    return text, start, min(end, len(text))


def _line(head: str, text: str, style: str) -> Text:
    line = Text(head, style="dim")
    line.append(safe(text), style=f"not dim {style}" if style != "dim" else "dim")
    return line


def _counted(number: int, noun: str) -> str:
    if number == 1:
        return f"1 {noun}"
    if noun == "limit exceeded":
        return f"{number} limits exceeded"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


def _ms(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"  # noqa: PLR2004


def _cut(text: str, width: int) -> str:
    return text if len(text) <= max(width, 8) else f"{text[: max(width, 8) - 1]}…"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 30), break_long_words=False, break_on_hyphens=False)


def _without_directory(text: str) -> str:
    return text.replace(f"{Path.cwd().as_posix()}/", "")
