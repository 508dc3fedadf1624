"""What to type against the other kinds: duplicates, slow and unbounded reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplusone_guard.advise.on_class import counted_twice
from nplusone_guard.finding import Fix

if TYPE_CHECKING:
    from nplusone_guard.finding import Finding


def duplicate_fix(finding: Finding) -> Fix:
    """Ask once."""
    counted = counted_twice(finding.group)
    if counted is not None:
        return counted
    if finding.nested:
        explain = "Ask once and hand the result on; nothing changed between these places."
    else:
        explain = "Ask once, before the loop, and keep the result; nothing changed meanwhile."
    return Fix("", explain)


def slow_fix(finding: Finding) -> Fix:
    """What is known of a slow statement, and the index that its plan misses."""
    group = finding.group
    took = f"The slowest took {group.peak_ms:.0f} ms"
    if group.peak_rows:
        took += f" for {group.peak_rows} rows"
    if group.scans is None:
        return Fix(
            "",
            f"{took}. Look at its plan (EXPLAIN): a full scan of a filtered or sorted column wants "
            'an index; NPLUSONE_GUARD["EXPLAIN"] = True has the guard ask.',
        )
    for scan in group.scans:
        if scan.columns:
            names = ", ".join(f'"{name}"' for name in scan.columns)
            return Fix(
                f"models.Index(fields=[{names}])",
                f"{took}. Its plan scans all of {scan.table} for {', '.join(scan.columns)}: add "
                "the index to the model's Meta.indexes (by the names of its fields).",
            )
    if group.scans:
        tables = ", ".join(dict.fromkeys(scan.table for scan in group.scans))
        return Fix("", f"{took}. Its plan reads all of {tables}, unfiltered: does it need all?")
    return Fix("", f"{took}, and its plan scans no table in full: it reads too much, or waits.")


def unbounded_fix(finding: Finding) -> Fix:
    """Pages; of rows that load for one another, not ``iterator()``: its rows have no peers."""
    rows, source = finding.group.peak_rows, finding.group.source
    grows = f"{rows} rows at once, and more as the table grows"
    if source is not None and source.peers:
        return Fix(
            "",
            f"{grows}, under FETCH_PEERS, which loads what one of them lacks for all of them, in "
            f"one IN list of up to {rows} keys: paginate, or cut it with a slice.",
        )
    return Fix("", f"{grows}: paginate, cut it with a slice, or go through it with iterator().")
