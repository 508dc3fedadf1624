"""Experiments as text: what was tried, what it showed, and the cheapest set of fixes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from nplusone_guard.report.place import shown_path
from nplusone_guard.report.text import safe
from nplusone_guard.report.words import WORDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.finding import Cost, Finding
    from nplusone_guard.lab.outcome import (
        Ablation,
        Chosen,
        Proof,
        Proofs,
        UnreadColumns,
        UnusedLookup,
    )
    from nplusone_guard.trace import CallSite

_WIDTH = 100
_INDENT = "      "


def render_proofs(proofs: Proofs) -> str:
    """The text of :func:`nplusone_guard.lab.prove`'s outcome, without a line break at its end."""
    return "\n".join(_proofs(proofs))


def render_ablation(ablation: Ablation) -> str:
    """The text of :func:`nplusone_guard.lab.ablate`'s outcome, the same way."""
    return "\n".join(_ablation(ablation))


def _proofs(proofs: Proofs) -> Iterator[str]:
    yield f"{safe(proofs.label)}  {_cost(proofs.before)}  {_counts(proofs)}"
    if proofs.doubt:
        yield from _lines("  this proves nothing: ", proofs.doubt)
    for proof in proofs.proofs:
        yield from _proof(proof)
    if proofs.best is not None:
        yield from _best(proofs.best)


def _counts(proofs: Proofs) -> str:
    if not proofs.proofs:
        return "nothing to prove"
    verdicts = [proof.verdict for proof in proofs.proofs]
    return ", ".join(f"{verdicts.count(each)} {each}" for each in dict.fromkeys(verdicts))


def _proof(proof: Proof) -> Iterator[str]:
    finding, experiment = proof.finding, proof.experiment
    yield f"  {experiment.verdict.upper()}  {_subject(finding)}"
    fix = finding.fix
    code = experiment.code or (fix.code if fix is not None else "")
    if code:
        yield from _lines(f"{_INDENT}fix    ", code)
    if fix is not None and fix.where is not None:
        yield f"{_INDENT}there  {_place(fix.where)}"
    if experiment.before is not None and experiment.after is not None:
        yield f"{_INDENT}cost   {_change(experiment.before, experiment.after)}"
    yield from _wrapped(f"{_INDENT}why    ", experiment.reason)
    if proof.diff:
        yield from _lines(f"{_INDENT}diff   ", proof.diff)


def _best(best: Chosen) -> Iterator[str]:
    sets = f"{best.tried} set{'' if best.tried == 1 else 's'} tried"
    yield f"  cheapest proven set of {sets}: {_change(best.before, best.after)}"
    for fix in best.fixes:
        yield from _lines(_INDENT, fix.code)
        if fix.where is not None and not fix.finding:
            yield f"{_INDENT}  at {_place(fix.where)}, which no fix above spares"


def _ablation(ablation: Ablation) -> Iterator[str]:
    found = len(ablation.lookups) + sum(bool(each.code) for each in ablation.columns)
    told = f"{found} unused" if found else "all that is loaded is read"
    if ablation.unstable:
        told = "not comparable"
    yield f"{safe(ablation.label)}  {_cost(ablation.before)}  {told}"
    if ablation.unstable:
        yield from _lines("  this proves nothing: ", ablation.unstable)
    for lookup in ablation.lookups:
        yield from _lookup(lookup)
    for columns in ablation.columns:
        if columns.code:
            yield from _columns(columns)


def _lookup(lookup: UnusedLookup) -> Iterator[str]:
    yield f'  UNUSED  {lookup.method}("{safe(lookup.path)}") of {safe(lookup.model)}'
    yield from _places(lookup)
    yield f"{_INDENT}cost   {_change(lookup.before, lookup.after)}"


def _columns(columns: UnreadColumns) -> Iterator[str]:
    through = f' prefetched by "{safe(columns.through)}"' if columns.through else ""
    yield (
        f"  UNREAD  {_number(len(columns.wide), 'wide column')} of {safe(columns.model)}{through}, "
        f"{columns.bytes:.0f} bytes in each of {_number(columns.rows, 'row')}"
    )
    widths = ", ".join(f"{safe(each.name)} {each.bytes:.0f}" for each in columns.wide)
    yield from _wrapped(f"{_INDENT}bytes  ", widths)
    yield from _lines(f"{_INDENT}fix    ", columns.code)
    yield from _places(columns)
    yield f"{_INDENT}cost   {_change(columns.before, columns.after)}"


def _places(found: UnusedLookup | UnreadColumns) -> Iterator[str]:
    if found.evaluated is not None:
        yield f"{_INDENT}at     {_place(found.evaluated)}"
    if found.origin is not None and found.origin != found.evaluated:
        yield f"{_INDENT}there  {_place(found.origin)}"


def _subject(finding: Finding) -> str:
    access = finding.group.access
    name = finding.relation or (access.model if access is not None else None) or "raw SQL"
    return f"{WORDINGS[finding.kind].title} {finding.total}x  {safe(name)}"


def _cost(cost: Cost) -> str:
    return f"{_number(cost.queries, 'query')}, {_number(cost.rows, 'row')}, {cost.ms:.1f} ms"


def _change(before: Cost, after: Cost) -> str:
    return (
        f"{before.queries} → {_number(after.queries, 'query')}, "
        f"{before.rows} → {_number(after.rows, 'row')}, "
        f"{before.cells} → {_number(after.cells, 'cell')}, "
        f"{before.ms:.1f} → {after.ms:.1f} ms"
    )


def _number(number: int, noun: str) -> str:
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


def _place(site: CallSite) -> str:
    return f"{safe(shown_path(site.file))}:{site.line} in {safe(site.function)}"


def _lines(head: str, text: str) -> Iterator[str]:
    for line in text.splitlines() or [""]:
        yield f"{head}{safe(line)}"
        head = " " * len(head)


def _wrapped(head: str, text: str) -> Iterator[str]:
    if text:
        yield from _lines(head, "\n".join(textwrap.wrap(text, _WIDTH - len(head))))
