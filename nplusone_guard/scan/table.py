"""What a scan says in a terminal: the endpoints, what was proven, and what was not reached."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from nplusone_guard.report.text import safe
from nplusone_guard.report.words import WORDINGS, counted, place_name, subject, total

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from rich.console import Console, RenderableType

    from nplusone_guard.scan.outcome import Scan, Visit

_MOST_NAMED = 12


def show(scan: Scan, console: Console) -> None:
    """Print the scan."""
    for part in _parts(scan):
        console.print(part, soft_wrap=isinstance(part, Text))


def _parts(scan: Scan) -> Iterator[RenderableType]:
    worst = scan.worst()
    if worst:
        yield _table(worst)
    for visit in worst:
        yield from _details(visit)
    doubtful = [visit for visit in worst if visit.doubt and not visit.wrong]
    if doubtful:
        yield Text(f"\nMeasured, but proves little: {len(doubtful)}", style="bold yellow")
        for visit in doubtful:
            yield _line(f"  {visit.route}  {visit.doubt}")
    if scan.unreached:
        yield Text(f"\nNot reached: {len(scan.unreached)}", style="bold yellow")
        for each in scan.unreached:
            yield _line(f"  {each.route}  {each.reason}")
            if each.help:
                yield _line(f"      hint  {each.help}", "dim")
    if scan.incomplete:
        yield Text(f"\nRows that could not be made: {len(scan.incomplete)}", style="bold yellow")
        for label, reason in sorted(scan.incomplete.items()):
            yield _line(f"  {label}  {reason}")
    yield _summary(scan, worst)


def _table(visits: list[Visit]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("endpoint", overflow="fold")
    table.add_column("as")
    sizes = visits[0].sizes
    for size in sizes:
        table.add_column(f"at {size}", justify="right")
    table.add_column("grows", overflow="fold")
    table.add_column("findings", justify="right")
    table.add_column("proven", justify="right")
    table.add_column("saved", justify="right")
    for visit in visits:
        saved = visit.saved
        table.add_row(
            safe(visit.route or "/"),
            visit.user,
            *(f"{count:,}" for count in visit.queries),
            visit.order,
            Text(str(len(visit.findings)), "bold red" if visit.wrong else ""),
            "" if saved is None else f"{saved.before:,} → {saved.after:,}",
            "" if saved is None else f"{saved.before - saved.after:,}",
        )
    return table


def _details(visit: Visit) -> Iterator[Text]:
    if not visit.findings and not visit.grows and visit.saved is None and not visit.unproven:
        return
    yield Text(f"\n{safe(visit.route or '/')}", style="bold")
    for finding in visit.findings:
        title = WORDINGS[finding["kind"]].title
        yield _line(f"  {title} {total(finding)}x {subject(finding)}")
        place = place_name(finding["location"])
        if place:
            yield _line(f"      at     {place}", "cyan")
        fix = finding["fix"]
        if fix is None:
            continue
        for line in fix["code"].splitlines():
            yield _line(f"      fix    {line}", "green")
        where = place_name(fix["where"])
        if where:
            yield _line(f"      there  {where}", "cyan")
        yield _line(f"      {_said(fix, visit)}", "dim")
    if visit.grows and not visit.findings:
        yield _line("  queries grow, with no finding that explains it")
    if visit.unproven and not any(each["fix"] for each in visit.findings):
        yield _line(f"      not tried: {_first(visit.unproven)}", "dim")
    saved = visit.saved
    if saved is not None:
        together = " together" if len(saved.fixes) > 1 else ""
        yield _line(f"  proven{together}: {saved.before:,} → {saved.after:,} queries")
        for fix in saved.fixes:
            where = place_name(fix["where"])
            yield _line(f"      {fix['code']}", "green")
            if where:
                yield _line(f"      there  {where}", "cyan")


def _said(fix: dict[str, Any], visit: Visit) -> str:
    proven = fix["proven"]
    if proven is None:
        return f"not tried: {_first(visit.unproven)}" if visit.unproven else "not tried"
    told = str(proven["verdict"])
    if proven["before"] is not None and proven["after"] is not None:
        before, after = proven["before"]["queries"], proven["after"]["queries"]
        told += f": {before:,} → {after:,} queries"
    if proven["reason"]:
        told += f": {_first(proven['reason'])}"
    return told


def _first(text: str) -> str:
    """Without the two answers that a doubt may show."""
    return text.partition("\n")[0].rstrip(":")


def _summary(scan: Scan, worst: list[Visit]) -> Text:
    wrong = sum(bool(visit.wrong) for visit in worst)
    text = Text("\n")
    text.append(f"{counted(len(worst), 'endpoint')} measured, {wrong} with something wrong, ")
    text.append(f"{len(scan.unreached)} not reached, {len(scan.left_out)} left out")
    for why, count in sorted(Counter(scan.left_out.values()).items()):
        text.append(f"\n  {count} left out: {safe(why)}")
    text.stylize("bold red" if wrong else "bold green")
    return text


def _line(text: str, style: str = "") -> Text:
    return Text(safe(text), style=style, overflow="fold")
