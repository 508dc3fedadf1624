"""One route as one user: rows of each size, a request, how its queries grow, its fixes tried."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.core.cache import caches
from django.test import Client

from nplusone_guard.advise.built import built
from nplusone_guard.errors import LabRefused
from nplusone_guard.lab import prove
from nplusone_guard.lab.bench import Bench
from nplusone_guard.lab.sets import Candidate, changes_of
from nplusone_guard.report import Report
from nplusone_guard.report.json import finding_to_dict
from nplusone_guard.report.place import shown_path
from nplusone_guard.scan.hints import RouteHint
from nplusone_guard.scan.models import model_behind, parents_of, value_of
from nplusone_guard.scan.outcome import Saved, Visit
from nplusone_guard.scan.pages import larger_page, page_doubt
from nplusone_guard.scan.rows import shortened
from nplusone_guard.suite.calls import rolled_back
from nplusone_guard.suite.constant import measure
from nplusone_guard.suite.evidence import doubt, unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nplusone_guard.lab.operations import Call
    from nplusone_guard.scan.rows import Rows
    from nplusone_guard.scan.targets import Target
    from nplusone_guard.trace import CallSite, QueryGroup

_REDIRECTED, _FAILED = 300, 400
#: How many rows are tried for one that the user may see.
_MOST_TRIED = 12


class NotReached(Exception):
    """A user did not get an answer from a route; the message is the reason."""


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
            samples, growth = measure(grow, call, self.sizes, label)
            asked = any(growth.queries)
            grow_nothing = doubt(samples) or (unseen(samples) if asked else None) or ""
            grow_nothing = page_doubt(target, self.sizes[-1]) or grow_nothing
            report, saved, unproven = growth.report, None, ""
            if report.findings or growth.queries[-1] > 1:  # also what is loaded once, but apart
                grow(self.sizes[-1])
                report, saved, unproven = self._proven(call, label, growth.report)
        visit = Visit(
            route=target.route,
            user=kind,
            status=samples[-1].status or 0,
            sizes=tuple(self.sizes),
            queries=growth.queries,
            rows=growth.rows,
            order=str(growth.order) if growth.grown else "constant",
            grows=bool(growth.grown),
            findings=tuple(finding_to_dict(each) for each in report.findings),
            saved=saved,
            doubt="" if growth.grown else " ".join(_facts(grow_nothing)),
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
                equal=None,
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
        if unstable or not changes:
            return ""
        refused = next(iter(after.session.refused.values()), "")
        if refused:
            return f"the queryset does not take it: {refused}"
        if after.error is not None:
            return f"the view raises {type(after.error).__name__}: {after.error}"
        if not bench.same(before, after):
            return "the answer changes"
        more = after.cost.queries - before.cost.queries
        return f"{more} more queries" if more > 0 else ""

    def _asked(
        self, target: Target, kind: str
    ) -> tuple[Callable[[int], None], Callable[[], Any], str]:
        """What grows the data of a route, what asks for it, and what that is called."""
        hint = self.rows.hints.routes.get(target.route) or RouteHint()
        asker = _Asker(target, self._user(kind))
        model = hint.model or model_behind(target)
        parents = parents_of(target, model)

        def grow(size: int) -> None:
            made = self.rows.grow(model, size, asker.user, parents)
            asker.enter()
            self._url = asker.reach(hint, made, larger_page(target, self.sizes[-1]))

        def call() -> Any:
            return asker.get(self._url)

        return grow, call, f"GET /{target.route.lstrip('^')}"

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
                allow_this_database=self.any_database,
            )
        except LabRefused as error:
            return before, None, str(error)
        best = proofs.best
        if best is None:
            return proofs.report, None, proofs.doubt
        fixes = tuple({"code": each.code, "where": _place(each.where)} for each in best.fixes)
        return proofs.report, Saved(fixes, best.before.queries, best.after.queries), ""


@dataclass(slots=True)
class _Asker:
    """A client that asks one route as one user."""

    target: Target
    user: Any
    client: Any = None

    def enter(self) -> None:
        """Log in; what that costs is no part of a request."""
        if hasattr(self.target.callback, "cls"):
            from rest_framework.test import APIClient  # noqa: PLC0415  where DRF is used

            self.client = APIClient()
            self.client.force_authenticate(self.user)
            return
        self.client = Client()
        if self.user is not None:
            self.client.force_login(self.user)

    def reach(self, hint: RouteHint, made: list[Any], asked: Mapping[str, int]) -> str:
        """The URL of a route that answers, with arguments from the rows made."""
        said: dict[str, None] = {}
        for url in _urls(self.target, hint, made, asked):
            try:
                response = self.get(url)
            except Exception as error:  # noqa: BLE001  what the view raises
                said[f"raises {type(error).__name__}: {shortened(error)}"] = None
                continue
            status = response.status_code
            if status < _REDIRECTED:
                return url
            leads = f" to {response.url.partition('?')[0]}" if status < _FAILED else ""
            said[f"answers {status}{leads}"] = None
        raise NotReached(", ".join(said) or _missing(self.target, hint, made))

    def get(self, url: str) -> Any:
        """One request; nothing of the one before is left in a cache."""
        for cache in caches.all(initialized_only=True):
            cache.clear()
        return self.client.get(url, headers={"accept": "application/json, */*;q=0.5"})


def _missing(target: Target, hint: RouteHint, made: list[Any]) -> str:
    """Why there is no path to a route."""
    given = {
        name
        for name in target.parameters
        if name in hint.kwargs or any(value_of(target, name, row) is not None for row in made)
    }
    missing = [name for name in target.parameters if name not in given]
    if missing:
        return f"no row gives it {', '.join(missing)}"
    return "no path leads to it: an earlier route takes it, or its expression can't be turned round"


def _urls(target: Target, hint: RouteHint, made: list[Any], asked: Mapping[str, int]) -> list[str]:
    """URLs of a route, one for each row that could be its subject."""
    query = "&".join(filter(None, (hint.query, urlencode(asked))))
    query = f"?{query}" if query else ""
    if hint.path:
        return [hint.path + query]
    found: dict[str, None] = {}
    subjects = made[::-1][:_MOST_TRIED] if set(target.parameters) - set(hint.kwargs) else []
    for subject in [*subjects, None]:
        values = dict(hint.kwargs)
        for name in target.parameters:
            value = None if subject is None else value_of(target, name, subject)
            if value is not None:
                values.setdefault(name, value)
        path = target.path(values)
        if path is not None:
            found[path + query] = None
    return list(found)


def _named(report: Report, target: Target) -> Report:
    """The report as a run of tests names it: by method and route."""
    assessment = report.assessment
    trace = replace(assessment.trace, method="GET", route=target.route, label=f"GET {target.title}")
    named = replace(assessment, trace=trace)
    return Report(lambda: named).finish()


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
