"""The scan itself: each route, as each kind of user, one after the other; can be taken up again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplusone_guard.errors import LabRefused
from nplusone_guard.lab.operations import parse, together
from nplusone_guard.report.write import replace_file
from nplusone_guard.scan.ask import NotReached
from nplusone_guard.scan.models import model_behind
from nplusone_guard.scan.outcome import Scan, Unreached, Visit
from nplusone_guard.scan.rows import NoRows
from nplusone_guard.scan.targets import INSTALLED
from nplusone_guard.suite.run import Run, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nplusone_guard.lab.operations import Call
    from nplusone_guard.scan.targets import Target
    from nplusone_guard.scan.visit import Visitor

_STATE = 1


class StateError(ValueError):
    """A file to take up a scan from that can't be used; the message says why."""


@dataclass(slots=True)
class Scanner:
    """Asks routes and keeps what it saw.

    ``only`` and ``exclude``: shell patterns on routes.  ``state``: a file that what is done is
    kept in after each route; one that is there already is taken up.  ``told``: called with
    each route before it is asked for, its number and how many there are.
    """

    visitor: Visitor
    users: Sequence[str]
    only: Sequence[str] = ()
    exclude: Sequence[str] = ()
    state: Path | None = None
    told: Callable[[str, int, int], object] = lambda *_: None
    scan: Scan = field(default_factory=Scan)
    run: Run = field(default_factory=Run)
    _done: set[str] = field(default_factory=set)
    _targets: dict[str, Target] = field(default_factory=dict)

    def go(self, targets: Sequence[Target]) -> Scan:
        """Ask each route that is wanted.  Raises :class:`StateError`, before anything is done."""
        self._take_up()
        self._targets = {target.route: target for target in reversed(targets)}
        unwanted = {target: self._unwanted(target) for target in targets}
        wanted = [target for target, why in unwanted.items() if not why]
        for target, why in unwanted.items():
            if why:
                self.scan.left_out.setdefault(target.title, why)
        for number, target in enumerate(wanted, 1):
            if target.route in self._done:
                continue
            self.told(target.title, number, len(wanted))
            self._ask(target)
            self._done.add(target.route)
            self._keep()
        self.scan.incomplete.update(self.visitor.rows.failed)
        return self.scan

    def _unwanted(self, target: Target) -> str:
        """Why a route is left out; empty where it is asked for."""
        if self.only and not _matches(target, self.only):
            return "not in --only"
        if _matches(target, self.exclude):
            return "in --exclude"
        return "" if self.only and target.reason == INSTALLED else target.reason

    def _ask(self, target: Target) -> None:
        hint = self.visitor.rows.hints.routes.get(target.route)
        skip = hint.skip if hint is not None else ""
        if skip:
            self.scan.unreached.append(Unreached(target.route, skip))
            return
        said: dict[str, list[str]] = {}
        reached = False
        for kind in self.users:
            try:
                visit, report = self.visitor.visit(target, kind)
            except NotReached as error:
                said.setdefault(str(error), []).append(kind)
                continue
            except NoRows as error:
                self.scan.unreached.append(Unreached(target.route, str(error)))
                return
            except Exception as error:  # noqa: BLE001  what a view, or its data, may raise
                said.setdefault(f"{type(error).__name__}: {error}", []).append(kind)
                continue
            reached = True
            self.scan.visits.append(visit)
            self.run.record(Seen(report, kind, 1))
        if not reached:
            reasons = "; ".join(f"{why} to {', '.join(kinds)}" for why, kinds in said.items())
            self.scan.unreached.append(Unreached(target.route, reasons, _help(target, reasons)))

    def check(self, place: dict[str, Any], calls: tuple[Call, ...]) -> str:
        """What goes wrong with which route if calls are typed at a place.

        Asked are all routes whose querysets are built there, each as the user for whom most was
        wrong of those that it is built for; but not where a set that was proven is just this.
        """
        for visit in self.scan.worst(place):
            target = self._targets.get(visit.route)
            if target is None:
                continue
            fixes = visit.saved.fixes if visit.saved is not None else ()
            own = [parse(fix["code"]) for fix in fixes if fix["where"] == place]
            if together(own) == calls and len(own) == len(fixes):
                continue
            try:
                wrong = self.visitor.breaks(target, visit.user, place, calls)
            except LabRefused:
                continue  # it writes; then nothing of it was proven
            except Exception as error:  # noqa: BLE001  what a view, or its data, may raise
                wrong = f"{type(error).__name__}: {error}"
            if wrong:
                return f"{target.title}: {wrong}"
        return ""

    # -- the file of what is done ----------------------------------------------------------

    def _keep(self) -> None:
        if self.state is None:
            return
        replace_file(
            self.state,
            json.dumps(
                {
                    "version": _STATE,
                    "users": list(self.users),
                    "sizes": list(self.visitor.sizes),
                    "done": sorted(self._done),
                    "visits": [asdict(each) for each in self.scan.visits],
                    "unreached": [asdict(each) for each in self.scan.unreached],
                    "incomplete": {**self.scan.incomplete, **self.visitor.rows.failed},
                    "run": self.run.dump(),
                    "files": {name: _fingerprint(name) for name in self.scan.files()},
                }
            ),
        )

    def _take_up(self) -> None:
        if self.state is None or not self.state.exists():
            return
        try:
            given: dict[str, Any] = json.loads(self.state.read_text(encoding="utf-8"))
            if given["version"] != _STATE:
                raise ValueError("another version")  # noqa: TRY301
            if (given["users"], given["sizes"]) != (list(self.users), list(self.visitor.sizes)):
                raise ValueError("other users or sizes")  # noqa: TRY301
            for name, fingerprint in given["files"].items():
                if _fingerprint(name) != fingerprint:
                    raise ValueError(f"{name} was changed since")  # noqa: TRY301
            self.scan.visits = [Visit.load(each) for each in given["visits"]]
            self.scan.unreached = [Unreached(**each) for each in given["unreached"]]
            self.scan.incomplete = dict(given["incomplete"])
            self.run = Run.load(given["run"])
            self._done = set(given["done"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StateError(
                f"{self.state} is not the state of such a scan ({error}); "
                "take it away to begin anew."
            ) from None


def _fingerprint(name: str) -> str:
    """Of a file that fixes are typed into: their places hold for this text alone."""
    try:
        return sha256(Path(name).read_bytes()).hexdigest()
    except OSError:
        return ""


def _matches(target: Target, patterns: Sequence[str]) -> bool:
    route = target.route.replace("^", "").replace("$", "")
    return any(
        fnmatchcase(route, pattern.lstrip("/")) or fnmatchcase(target.route, pattern)
        for pattern in patterns
    )


def _help(target: Target, reasons: str) -> str:
    key = f"[routes.{json.dumps(target.route)}]"
    model = model_behind(target)
    if "raises " in reasons and model is not None:
        return (
            f'[factories] "{model._meta.label}" = "path.to.factory" if the rows are to blame, '
            f'or {key} skip = "why"'
        )
    if target.parameters:
        names = ", ".join(f"{name} = ..." for name in target.parameters)
        return f'{key} kwargs = {{ {names} }}, or model = "app.Model"'
    return f'{key} query = "...", or skip = "why"'
