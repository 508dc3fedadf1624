"""One route as one user: rows of each size, a request, how its queries grow, its fixes tried."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model

from nplusone_guard.advise.built import built
from nplusone_guard.errors import LabRefused
from nplusone_guard.lab import prove
from nplusone_guard.lab.bench import Bench
from nplusone_guard.lab.sets import Candidate, changes_of
from nplusone_guard.pipeline import capture
from nplusone_guard.report import Report
from nplusone_guard.report.json import finding_to_dict
from nplusone_guard.report.place import shown_path
from nplusone_guard.scan.ask import Asker, alike
from nplusone_guard.scan.hints import RouteHint
from nplusone_guard.scan.models import model_behind, parents_of
from nplusone_guard.scan.outcome import Saved, Visit
from nplusone_guard.scan.pages import larger_page, page_doubt
from nplusone_guard.scan.rows import project_models
from nplusone_guard.shape import fold
from nplusone_guard.suite.calls import finish, rolled_back
from nplusone_guard.suite.constant import measure
from nplusone_guard.suite.evidence import doubt, unseen
from nplusone_guard.suite.growth import growth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nplusone_guard.lab.operations import Call
    from nplusone_guard.scan.rows import Rows
    from nplusone_guard.scan.targets import Target
    from nplusone_guard.suite.evidence import Sample
    from nplusone_guard.trace import CallSite, QueryGroup


@dataclass(slots=True)
class Visitor:
    """Asks routes of the URL conf.  ``sizes``: rising numbers of rows."""

    rows: Rows
    sizes: Sequence[int] = (2, 8)
    runs: int = 3
    any_database: bool = False
    _url: str = ""

    def visit(self, target: Target, kind: str) -> tuple[Visit, Report]:
        """Measure one route as one kind of user; also the report of the largest size.

        Raises :class:`NotReached`, and :class:`~nplusone_guard.scan.rows.NoRows`.
        """
        with rolled_back():
            grow, call, label = self._asked(target, kind)
            samples, found = measure(grow, call, self.sizes, label)
            counts = _listed(samples)
            if counts:
                found = growth(label, counts, [each.report for each in samples])
            asked = any(found.queries)
            grow_nothing = doubt(samples) or (unseen(samples) if asked else None) or ""
            grow_nothing = page_doubt(target, self.sizes[-1]) or grow_nothing
            report, saved, unproven = found.report, None, ""
            if report.findings or found.queries[-1] > 1:  # also what is loaded once, but apart
                grow(self.sizes[-1])
                report, saved, unproven = self._proven(call, label, found.report)
        visit = Visit(
            route=target.route,
            user=kind,
            status=samples[-1].status or 0,
            sizes=tuple(self.sizes),
            queries=found.queries,
            rows=found.rows,
            order=str(found.order) if found.grown else "constant",
            grows=bool(found.grown),
            findings=tuple(finding_to_dict(each) for each in report.findings),
            saved=saved,
            doubt="" if found.grown else " ".join(_facts(grow_nothing)),
            unproven=unproven,
            roots=_roots(report),
        )
        return visit, _named(report, target)

    def breaks(
        self, target: Target, kind: str, place: dict[str, Any], calls: tuple[Call, ...]
    ) -> str:
        """What goes wrong with a route if calls are typed at a place; empty where nothing does."""
        with rolled_back():
            grow, call, label = self._asked(target, kind)
            grow(self.sizes[-1])
            bench = Bench(
                call,
                name="guard_scan",
                label=label,
                equal=alike,
                safe=True,
                allow_debug_off=False,
                allow_this_database=self.any_database,
            )
            before, unstable = bench.unchanged()
            changes = changes_of(
                Candidate(group, calls)
                for group in before.report.groups
                if _place(_built(group)) == place
            )
            after = bench.run(changes)
        if not changes:
            return ""
        refused = next(iter(after.session.refused.values()), "")
        if refused:
            return f"the queryset does not take it: {refused}"
        if after.error is not None:
            return f"the view raises {type(after.error).__name__}: {after.error}"
        if not unstable and not bench.same(before, after):
            return "the answer changes"
        more = after.cost.queries - before.cost.queries
        return f"{more} more queries" if more > 0 else ""

    def _asked(
        self, target: Target, kind: str
    ) -> tuple[Callable[[int], None], Callable[[], Any], str]:
        """What grows the data of a route, what asks for it, and what that is called."""
        hint = self.rows.hints.routes.get(target.route) or RouteHint()
        asker = Asker(target, self._user(kind))
        model = hint.model or model_behind(target)
        parents = parents_of(target, model)
        models = [model]

        def grow(size: int) -> None:
            made = self.rows.grow(models, size, asker.user, parents)
            asker.enter()
            self._url = asker.reach(hint, made, larger_page(target, self.sizes[-1]))

        if model is None:
            models = project_models()
            models = self._read_by(grow, asker, models)

        def call() -> Any:
            return asker.get(self._url)

        return grow, call, f"GET /{target.route.lstrip('^')}"

    def _read_by(self, grow: Callable[[int], None], asker: Asker, models: list[Any]) -> list[Any]:
        """Those of the models whose tables a route reads, where there is a row of each.

        Of a function nothing else tells whose rows it shows.
        """
        with rolled_back():
            grow(1)
            with capture(label="what is read") as report:
                finish(asker.get(self._url))
            report.finish()
        tables = frozenset[str]().union(*(fold(each.shape.text).tables for each in report.groups))
        return [each for each in models if each._meta.db_table in tables]

    def _user(self, kind: str) -> Any:
        if kind == "anonymous":
            return None
        make = self.rows.hints.users.get(kind)
        if make is not None:
            return make()
        staff = kind == "staff"
        model = get_user_model()
        names = {field.name for field in model._meta.get_fields()}
        flags = {"is_active": True, "is_staff": staff, "is_superuser": staff}
        return self.rows.make(
            model, **{name: flag for name, flag in flags.items() if name in names}
        )

    def _proven(self, call: Any, label: str, before: Report) -> tuple[Report, Saved | None, str]:
        try:
            proofs = prove(
                call,
                label=label,
                runs=self.runs,
                equal=alike,
                allow_this_database=self.any_database,
            )
        except LabRefused as error:
            return before, None, str(error)
        best = proofs.best
        if best is None:
            return proofs.report, None, proofs.doubt
        fixes = tuple({"code": each.code, "where": _place(each.where)} for each in best.fixes)
        return proofs.report, Saved(fixes, best.before.queries, best.after.queries), ""


def _named(report: Report, target: Target) -> Report:
    """The report as a run of tests names it: by method and route."""
    assessment = report.assessment
    trace = replace(assessment.trace, method="GET", route=target.route, label=f"GET {target.title}")
    named = replace(assessment, trace=trace)
    return Report(lambda: named).finish()


def _listed(samples: Sequence[Sample]) -> list[int]:
    """How many rows the list that is gone through has at each size; empty where there is none.

    Rows that hang on others are listed with those that were asked for: more than the size.
    """
    for group in samples[-1].report.groups:
        same = [
            [each.rows for each in sample.report.groups if each.shape.id == group.shape.id]
            for sample in samples
        ]
        counts = [rows[0] for rows in same if len(rows) == 1]
        if group.count == 1 and len(counts) == len(samples) and counts == sorted(set(counts)):
            return counts if counts[0] else []
    return []


def _roots(report: Report) -> tuple[dict[str, Any], ...]:
    """Where the querysets of a report are built, as far as that is found."""
    found: list[dict[str, Any]] = []
    for group in report.groups:
        place = _place(_built(group))
        if place is not None and place not in found:
            found.append(place)
    return tuple(found)


def _built(group: QueryGroup) -> CallSite | None:
    if group.chained or group.source is None or group.source.kind != "queryset":
        return None
    return built(group)


def _place(site: CallSite | None) -> dict[str, Any] | None:
    return None if site is None else {**asdict(site), "file": shown_path(site.file)}


def _facts(text: str) -> list[str]:
    """A doubt without the advice that is for tests."""
    return [line for line in text.splitlines() if "allow_unread" not in line]
