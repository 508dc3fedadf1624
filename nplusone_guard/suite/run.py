"""A run: what all traced requests of a test suite showed, each cause once.

Whatever order tests run in, and however many processes share them, the same requests give the
same run: of two requests the worse is chosen by counts, then by the test's name, and no count
depends on time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from nplusone_guard.report.json import finding_to_dict, to_dict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nplusone_guard.allow import Allowance
    from nplusone_guard.finding import Finding
    from nplusone_guard.report import Report

VERSION = 1
#: What the line of a stale allowance says after its name.
UNMATCHED = "matched nothing"


#: Method and route of a request.
Endpoint = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request in a run: its report, the test that sent it, and its number in that test."""

    report: Report
    test: str
    number: int

    @property
    def endpoint(self) -> Endpoint:
        """Method and route; no route where no URL pattern matched."""
        trace = self.report.trace
        return trace.method, trace.route


@dataclass(slots=True)
class _Extreme:
    """The worst of many: the one of the smallest rank."""

    rank: list[Any] | None = None
    shown: dict[str, Any] = field(default_factory=dict)

    def offer(self, rank: list[Any]) -> bool:
        """Whether what has this rank takes the place."""
        if self.rank is None or rank < self.rank:
            self.rank = rank
            return True
        return False


@dataclass(slots=True)
class _Endpoint:
    requests: int = 0
    queries_min: int = 0
    queries_max: int = 0
    queries: int = 0
    rows_max: int = 0
    duplicates_max: int = 0
    db_ms: float = 0.0
    waste: int = 0
    tests: set[str] = field(default_factory=set)
    worst: _Extreme = field(default_factory=_Extreme)


@dataclass(slots=True)
class _Cause:
    requests: int = 0
    tests: set[str] = field(default_factory=set)
    worst: _Extreme = field(default_factory=_Extreme)


_Kept = TypeVar("_Kept", _Endpoint, _Cause)


@dataclass(slots=True)
class Run:
    """What the requests recorded so far showed."""

    requests: int = 0
    tests: set[str] = field(default_factory=set)
    endpoints: dict[Endpoint, _Endpoint] = field(default_factory=dict)
    causes: dict[str, _Cause] = field(default_factory=dict)
    suppressed: dict[str, list[Any]] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)

    def record(self, seen: Seen) -> None:
        """Take in one request."""
        assessment = seen.report.assessment
        trace = assessment.trace
        self.requests += 1
        self.tests.add(seen.test)
        endpoint = self.endpoints.setdefault(seen.endpoint, _Endpoint())
        queries = trace.queries
        endpoint.queries_min = min(endpoint.queries_min, queries) if endpoint.requests else queries
        endpoint.requests += 1
        endpoint.queries_max = max(endpoint.queries_max, queries)
        endpoint.queries += queries
        endpoint.rows_max = max(endpoint.rows_max, trace.rows)
        endpoint.duplicates_max = max(endpoint.duplicates_max, assessment.duplicates)
        endpoint.db_ms += trace.db_ms
        endpoint.tests.add(seen.test)
        waste = sum(map(wasted, assessment.findings))
        endpoint.waste = max(endpoint.waste, waste)
        if endpoint.worst.offer([-waste, -queries, seen.test, seen.number]):
            endpoint.worst.shown = _report(seen.report)
        for key, finding in keyed(assessment.findings):
            cause = self.causes.setdefault(key, _Cause())
            cause.requests += 1
            cause.tests.add(seen.test)
            if cause.worst.offer([-wasted(finding), -finding.total, seen.test, seen.number]):
                cause.worst.shown = {
                    "method": trace.method,
                    "route": trace.route,
                    **finding_to_dict(finding),
                    "id": key,
                }
        for each in assessment.suppressed:
            name = str(each.allowance)
            entry = self.suppressed.setdefault(name, [each.allowance.reason, 0, set()])
            entry[1] += 1
            entry[2].add(each.finding.id)
        self.stale.update(assessment.stale)

    def declare(self, allowances: Iterable[Allowance]) -> None:
        """Note allowances that held for a request: what none of them matched is stale."""
        self.stale.update(f"{each} {UNMATCHED}: {each.reason}" for each in allowances)

    # -- across processes ------------------------------------------------------------------

    def merge(self, other: Run) -> None:
        """Take in what another process recorded."""
        self.requests += other.requests
        self.tests |= other.tests
        for place, theirs in other.endpoints.items():
            mine = self.endpoints.get(place)
            if mine is None:
                self.endpoints[place] = theirs
                continue
            mine.requests += theirs.requests
            mine.queries_min = min(mine.queries_min, theirs.queries_min)
            mine.queries_max = max(mine.queries_max, theirs.queries_max)
            mine.queries += theirs.queries
            mine.rows_max = max(mine.rows_max, theirs.rows_max)
            mine.duplicates_max = max(mine.duplicates_max, theirs.duplicates_max)
            mine.db_ms += theirs.db_ms
            mine.waste = max(mine.waste, theirs.waste)
            mine.tests |= theirs.tests
            _merge_extreme(mine.worst, theirs.worst)
        for key, cause in other.causes.items():
            own = self.causes.setdefault(key, _Cause())
            own.requests += cause.requests
            own.tests |= cause.tests
            _merge_extreme(own.worst, cause.worst)
        for name, (reason, count, ids) in other.suppressed.items():
            entry = self.suppressed.setdefault(name, [reason, 0, set()])
            entry[1] += count
            entry[2] |= ids
        self.stale |= other.stale

    def dump(self) -> dict[str, Any]:
        """Everything, as plain data that :meth:`load` takes: what one process tells another."""
        return {
            "requests": self.requests,
            "tests": sorted(self.tests),
            "endpoints": [
                [method, route, _dumped(endpoint)]
                for (method, route), endpoint in self.endpoints.items()
            ],
            "causes": [[key, _dumped(cause)] for key, cause in self.causes.items()],
            "suppressed": [
                [name, reason, count, sorted(ids)]
                for name, (reason, count, ids) in self.suppressed.items()
            ],
            "stale": sorted(self.stale),
        }

    @classmethod
    def load(cls, dumped: dict[str, Any]) -> Run:
        """A run from what :meth:`dump` gave."""
        run = cls(
            requests=dumped["requests"],
            tests=set(dumped["tests"]),
            suppressed={
                name: [reason, count, set(ids)] for name, reason, count, ids in dumped["suppressed"]
            },
            stale=set(dumped["stale"]),
        )
        for method, route, values in dumped["endpoints"]:
            run.endpoints[method, route] = _loaded(_Endpoint(), values)
        for key, values in dumped["causes"]:
            run.causes[key] = _loaded(_Cause(), values)
        return run

    # -- for readers -----------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The run's JSON, version 1, as ``run.schema.json`` describes it.

        Endpoints and findings by the queries that a fix saves, most first; but for milliseconds
        two runs over the same requests are equal.
        """
        return {
            "version": VERSION,
            "requests": self.requests,
            "tests": len(self.tests),
            "endpoints": [
                _endpoint(method, route, endpoint)
                for (method, route), endpoint in sorted(
                    self.endpoints.items(),
                    key=lambda item: (-item[1].waste, -item[1].queries_max, _named(*item[0])),
                )
            ],
            "findings": [
                {
                    **cause.worst.shown,
                    "known": False,
                    "wasted": -(cause.worst.rank or [0])[0],
                    "requests": cause.requests,
                    "tests": sorted(cause.tests),
                }
                for _, cause in sorted(self.causes.items(), key=_order)
            ],
            "suppressed": [
                {"allowance": name, "reason": reason, "findings": len(ids), "times": count}
                for name, (reason, count, ids) in sorted(self.suppressed.items())
            ],
            "stale": sorted(line for line in self.stale if not self._is_used(line)),
        }

    def _is_used(self, line: str) -> bool:
        """Whether an allowance that matched nothing in one request did so in another."""
        return any(line.startswith(f"{name} {UNMATCHED}:") for name in self.suppressed)


def wasted(finding: Finding) -> int:
    """The queries that mending a finding saves in its request.

    A join leaves none of them, a prefetch one a level, and what is asked twice is asked once.
    """
    if finding.kind not in {"n_plus_one", "write_loop", "duplicate"}:
        return 0
    if finding.kind == "duplicate":
        return finding.total - 1
    code = finding.fix.code if finding.fix is not None else ""
    joined = code.startswith("select_related(")
    return finding.total - (0 if joined else sum(1 for _ in finding.walk()))


def keyed(findings: Iterable[Finding]) -> list[tuple[str, Finding]]:
    """Each finding with a name of its own: its id, numbered by line where several share it."""
    named: dict[str, list[Finding]] = {}
    for finding in findings:
        named.setdefault(finding.id, []).append(finding)
    return [
        (name if number == 1 else f"{name}-{number}", finding)
        for name, same in named.items()
        for number, finding in enumerate(sorted(same, key=_line), 1)
    ]


def _report(report: Report) -> dict[str, Any]:
    """The JSON of a report, with its findings in an order that does not depend on times."""
    shown = to_dict(report)
    if report.trace.route:
        # Paths hold keys, which another run of the same test does not share.
        shown["label"] = f"{report.trace.method} {report.trace.route}"
    keys = {id(finding): key for key, finding in keyed(report.findings)}
    rows = [
        (_SEVERITIES.index(finding.severity), -wasted(finding), keys[id(finding)], row)
        for finding, row in zip(report.findings, shown["findings"], strict=True)
    ]
    shown["findings"] = [{**row, "id": key} for _, _, key, row in sorted(rows, key=_rank)]
    return shown


def _rank(row: tuple[int, int, str, dict[str, Any]]) -> tuple[int, int, str]:
    return row[:3]


def _line(finding: Finding) -> tuple[int, int]:
    site = finding.location
    return (site.line, site.column or 0) if site is not None else (0, 0)


_SEVERITIES = ("error", "warning", "info")


def _order(item: tuple[str, _Cause]) -> tuple[int, list[Any], str]:
    key, cause = item
    severity = _SEVERITIES.index(cause.worst.shown["severity"])
    return severity, (cause.worst.rank or [0, 0])[:2], key


def _merge_extreme(mine: _Extreme, theirs: _Extreme) -> None:
    if theirs.rank is not None and mine.offer(theirs.rank):
        mine.shown = theirs.shown


def _dumped(kept: _Endpoint | _Cause) -> dict[str, Any]:
    values = {each.name: getattr(kept, each.name) for each in fields(kept)}
    return {**values, "tests": sorted(kept.tests), "worst": [kept.worst.rank, kept.worst.shown]}


def _loaded(kept: _Kept, values: dict[str, Any]) -> _Kept:
    for name, value in values.items():
        setattr(kept, name, value)
    kept.tests = set(values["tests"])
    kept.worst = _Extreme(*values["worst"])
    return kept


def _named(method: str | None, route: str | None) -> tuple[str, bool, str]:
    return method or "", route is not None, route or ""


def _endpoint(method: str | None, route: str | None, endpoint: _Endpoint) -> dict[str, Any]:
    rank = endpoint.worst.rank or [0, 0, "", 0]
    return {
        "method": method,
        "route": route,
        "requests": endpoint.requests,
        "tests": len(endpoint.tests),
        "queries": {
            "min": endpoint.queries_min,
            "max": endpoint.queries_max,
            "total": endpoint.queries,
        },
        "duplicates": endpoint.duplicates_max,
        "rows": endpoint.rows_max,
        "db_ms": round(endpoint.db_ms, 3),
        "wasted": endpoint.waste,
        "worst": {"test": rank[2], "number": rank[3], **endpoint.worst.shown},
    }
