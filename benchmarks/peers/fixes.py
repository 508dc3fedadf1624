"""Each tool's proposals typed in and run, a situation's at once; in the guard's environment.

Reads JSON, ``{tool: {situation: [{"model", "field", "code"}]}}``; prints, for the same keys, what
came of it: ``{"why": ..., "before": ..., "after": ..., "repeated": ...}``.  ``why`` is "" where the
result is the same and fewer queries are sent, else what went wrong; ``repeated`` is how many
statements of those that were sent more than once before still are.

The guard says where to type.  Others name the line that sends the queries at most, so theirs are
typed, to their favour, at the place that the guard names for the relation, or else for the
situation; a call on a manager (``Model.objects.in_bulk(…)``) is taken for what the catalogue's
rewrite of the loop does with the same call.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path[0] = str(Path(__file__).resolve().parents[2])
os.environ |= {"DJANGO_SETTINGS_MODULE": "benchmarks.peers.settings", "PEER": ""}

from benchmarks.peers.judge import NOT_TRIED
from benchmarks.peers.shop import as_filled, fill, folded, is_transaction
from benchmarks.peers.tools import GUARD

if TYPE_CHECKING:
    from collections.abc import Callable

    from nplusone_guard import Finding, Report
    from tests.situations import Situation
    from tests.typing_fixes import Edit

Proposal = dict[str, str]
#: What came of a run: result and statements, without their values.
Ran = tuple[Any, "Counter[str]"]


def main() -> None:
    proposals: dict[str, dict[str, list[Proposal]]] = json.load(sys.stdin)
    judge = Judge()
    answer = {
        tool: {name: judge(tool, name, each) for name, each in of_tool.items()}
        for tool, of_tool in proposals.items()
    }
    print(json.dumps(answer))


class Judge:
    """What comes of a tool's proposals for a situation."""

    def __init__(self) -> None:
        self._copies = fill()
        self._folder = Path(tempfile.mkdtemp())
        self._known: dict[str, tuple[Ran, Report]] = {}

    def __call__(self, tool: str, name: str, proposals: list[Proposal]) -> dict[str, Any]:
        from tests.situations import SITUATIONS
        from tests.test_suggestions import edits_of, mended

        situation = SITUATIONS[name]
        before, report = self._as_it_is(name, situation)
        edits, same = _typed(proposals, report, situation)
        try:
            if tool == GUARD or (same and not edits):
                edits = edits_of(situation, mended(situation, report))
        except (AssertionError, KeyError) as error:
            return {"why": f"{type(error).__name__}: {error}"}
        if not edits:
            return {"why": NOT_TRIED}
        ran = self._changed(situation.run, edits)
        if isinstance(ran, str):
            return self._alone(situation, before, edits) or {"why": ran}
        return _compared(before, ran)

    def _alone(
        self, situation: Situation, before: Ran, edits: dict[str, list[Edit]]
    ) -> dict[str, Any] | None:
        """The best of several proposals, which fail together."""
        single = [{file: [edit]} for file, of_file in edits.items() for edit in of_file]
        ran = [self._changed(situation.run, each) for each in single] if len(single) > 1 else []
        compared = [_compared(before, each) for each in ran if not isinstance(each, str)]
        working = [each for each in compared if not each["why"]]
        return min(working, key=lambda each: each["after"]) if working else None

    def _as_it_is(self, name: str, situation: Situation) -> tuple[Ran, Report]:
        """The situation without a change, and the guard's report on it."""
        from nplusone_guard import capture

        if name not in self._known:
            before = self._run(situation.run)
            with as_filled(self._copies), capture() as report:
                situation.run()
            self._known[name] = (before, report)
        return self._known[name]

    def _run(self, run: Callable[[], Any]) -> Ran:
        from django.db import connection, connections
        from django.test.utils import CaptureQueriesContext

        with (
            as_filled(self._copies),
            CaptureQueriesContext(connection) as first,
            CaptureQueriesContext(connections["other"]) as second,
        ):
            result = run()
        sent = [query["sql"] for query in (*first.captured_queries, *second.captured_queries)]
        return result, Counter(folded(sql) for sql in sent if not is_transaction(sql))

    def _changed(self, run: Callable[[], Any], edits: dict[str, list[Edit]]) -> Ran | str:
        from tests.typing_fixes import changed

        try:
            with changed(run, edits, self._folder) as new:
                return self._run(new)
        except Exception as error:  # noqa: BLE001  whatever a proposal breaks
            return f"{type(error).__name__}: {error}"


def _compared(before: Ran, after: Ran) -> dict[str, Any]:
    numbers = {
        "before": before[1].total(),
        "after": after[1].total(),
        "repeated": sum(1 for sql, count in after[1].items() if count > 1 and before[1][sql] > 1),
    }
    if after[0] != before[0]:
        return {"why": "the result is another", **numbers}
    return {"why": "" if numbers["after"] < numbers["before"] else "no query is spared", **numbers}


def _typed(
    proposals: list[Proposal], report: Report, situation: Situation
) -> tuple[dict[str, list[Edit]], bool]:
    """Edits by file; and whether a call on a manager is the catalogue's own."""
    from tests.typing_fixes import behind

    edits: dict[str, list[Edit]] = {}
    same = False
    for proposal in proposals:
        code = proposal["code"]
        if ".objects." in code:
            same = same or _calls(code) in map(_calls, situation.fixes)
            continue
        where = _place(proposal, report)
        if where is None:
            continue
        edit = behind(where.fix)._replace(text=f".{code}")
        of_file = edits.setdefault(where.fix.where.file, [])
        if edit not in of_file:
            of_file.append(edit)
    return edits, same


def _calls(code: str) -> str:
    """The names in a code, without arguments: ``Tag.objects.filter().delete()``."""
    return re.sub(r"\(.*?\)(?=\.|$)", "()", code)


def _place(proposal: Proposal, report: Report) -> Finding | None:
    """The finding at whose place to type: that of the relation, else the first that has one."""
    placed = [
        finding
        for finding in report.findings
        if finding.fix
        and finding.fix.where
        and finding.fix.where.end_column is not None
        and re.match(r"\w+\(", finding.fix.code)  # else it is no queryset that stands there
    ]
    for finding in placed:
        if any((each.relation or "").endswith(f".{proposal['field']}") for each in finding.walk()):
            return finding
    return placed[0] if placed else None


if __name__ == "__main__":
    main()
