"""``manage.py guard_scan``: every GET route asked for at two sizes of data, and fixes proven."""

from __future__ import annotations

import json
import logging
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from django.conf import settings
from django.core import mail
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.test.utils import (
    override_settings,
    setup_databases,
    setup_test_environment,
    teardown_databases,
    teardown_test_environment,
)
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from nplusone_guard.lab.refuse import is_test_database
from nplusone_guard.report.write import replace_file, write
from nplusone_guard.scan.hints import USERS, Hints, HintsError, read_hints
from nplusone_guard.scan.patch import Patch, patch
from nplusone_guard.scan.rows import Rows
from nplusone_guard.scan.scan import Scanner, StateError
from nplusone_guard.scan.table import show
from nplusone_guard.scan.targets import targets
from nplusone_guard.scan.visit import Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.core.management.base import CommandParser

    from nplusone_guard.scan.outcome import Scan
    from nplusone_guard.scan.targets import Target

HINTS = "guard_scan.toml"
_FOUND, _UNUSABLE = 1, 2


class Command(BaseCommand):
    """Scans the project; changes no file but those it is told to write."""

    help = (
        "Ask every GET route for its data at two sizes, in a test database that is thrown away; "
        "say where queries grow, and try the fixes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--only", action="append", default=[], metavar="PATTERN", help="routes to ask for"
        )
        parser.add_argument(
            "--exclude", action="append", default=[], metavar="PATTERN", help="routes to leave out"
        )
        parser.add_argument(
            "--users",
            default=",".join(USERS),
            help=f"who asks, of {', '.join(USERS)} (default: all)",
        )
        parser.add_argument("--sizes", default="2,8", help="numbers of rows, rising (default: 2,8)")
        parser.add_argument("--hints", metavar="FILE", help=f"TOML (default: {HINTS} if it exists)")
        parser.add_argument("--json", metavar="FILE", help="write the scan as JSON; - prints it")
        parser.add_argument("--sarif", metavar="FILE", help="write the findings as SARIF")
        parser.add_argument("--html", metavar="FILE", help="write the findings as a page")
        parser.add_argument(
            "--fail-on",
            choices=("never", "error", "unreached"),
            default="error",
            help="error: an N+1, or queries that grow (the default); unreached: also a route that "
            "was not reached",
        )
        parser.add_argument(
            "--resume", metavar="FILE", help="keep what is done in FILE, and take it up from there"
        )
        parser.add_argument(
            "--apply", metavar="FILE", help="write proven fixes as a patch; - prints it"
        )
        parser.add_argument(
            "--write", action="store_true", help="type proven fixes into the project's files"
        )
        parser.add_argument(
            "--allow-this-database",
            action="store_true",
            help="ask the configured databases in place of a test database; all is rolled back",
        )
        parser.add_argument(
            "--runs", type=int, default=3, help="runs for the times of an experiment (default: 3)"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        if options["json"] == options["apply"] == "-":
            raise CommandError(
                "--json - and --apply - both print to standard output; give one of them a file.",
                returncode=_UNUSABLE,
            )
        hints = _hints(options["hints"])
        if find_spec("model_bakery") is None and not hints.factories:
            raise CommandError(
                "Rows are made by model-bakery, which is not installed: install "
                "nplusone-guard[scan], or name factories in the file of hints.",
                returncode=_UNUSABLE,
            )
        users, sizes = _users(options["users"]), _sizes(options["sizes"])
        console = Console(file=cast("TextIO", self.stdout), width=_width(self.stdout))
        scanner = Scanner(
            visitor=Visitor(
                rows=Rows(hints),
                sizes=sizes,
                runs=max(1, options["runs"]),
                any_database=options["allow_this_database"],
            ),
            users=users,
            only=options["only"],
            exclude=options["exclude"],
            state=Path(options["resume"]) if options["resume"] else None,
        )
        with _laboratory(this_database=options["allow_this_database"]), _progress() as told:
            scanner.told = told
            found = targets()
            _known(hints, found)
            try:
                scan = scanner.go(found)
            except StateError as error:
                raise CommandError(str(error), returncode=_UNUSABLE) from None
            wanted = options["apply"] or options["write"]
            made = patch(scan.visits, scanner.check) if wanted else Patch()
        if options["json"] != "-" and options["apply"] != "-":
            show(scan, console)
        self._write(scanner, made, options)
        self._fail(scan, options["fail_on"])

    def _write(self, scanner: Scanner, made: Patch, options: dict[str, Any]) -> None:
        text = json.dumps(scanner.scan.to_dict(), indent=2) + "\n"
        try:
            if options["json"] == "-":
                self.stdout.write(text, ending="")
            elif options["json"]:
                replace_file(options["json"], text)
            for form in ("sarif", "html"):
                if options[form]:
                    write(scanner.run.to_dict(), form, options[form])
            self._patch(made, options)
        except OSError as error:
            raise CommandError(str(error), returncode=_UNUSABLE) from None

    def _patch(self, made: Patch, options: dict[str, Any]) -> None:
        if options["apply"] == "-":
            self.stdout.write(str(made), ending="")
        elif options["apply"]:
            replace_file(options["apply"], str(made))
        if options["write"]:
            for name in made.write():
                self.stderr.write(f"changed {name}")
        for line in made.left:
            self.stderr.write(f"to be typed by hand: {line}")

    def _fail(self, scan: Scan, fail_on: str) -> None:
        if fail_on == "never":
            return
        wrong = sum(bool(visit.wrong) for visit in scan.worst())
        if wrong:
            raise CommandError(f"{wrong} endpoints have something wrong.", returncode=_FOUND)
        if not scan.visits:
            raise CommandError("No route was measured.", returncode=_FOUND)
        if fail_on == "unreached" and scan.unreached:
            raise CommandError(f"{len(scan.unreached)} routes were not reached.", returncode=_FOUND)


def _width(stream: Any) -> int | None:
    """Of a terminal its own; where output goes to a file no name is broken."""
    return None if stream.isatty() else 160


@contextmanager
def _laboratory(*, this_database: bool) -> Iterator[None]:
    """A database that is thrown away, and nothing that leaves the process."""
    with ExitStack() as undo:
        within = hasattr(mail, "outbox")  # a test that calls the command has set all up
        if not within:
            setup_test_environment(debug=False)
            undo.callback(teardown_test_environment)
        for name in ("django.request", "django.security"):  # a 403 is an answer here, no event
            logger = logging.getLogger(name)
            undo.callback(setattr, logger, "disabled", logger.disabled)
            logger.disabled = True
        caches = {
            name: {
                "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                "LOCATION": f"guard_scan {name}",
            }
            for name in settings.CACHES
        }
        undo.enter_context(
            override_settings(
                CACHES=caches,
                NPLUSONE_GUARD={
                    **getattr(settings, "NPLUSONE_GUARD", {}),
                    "ACTION": "record",
                    "DASHBOARD": False,
                    "EXPORTERS": [],
                },
                SECURE_SSL_REDIRECT=False,
                PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
            )
        )
        if not this_database and not (within and all(map(is_test_database, connections.all()))):
            with _names_of_its_own():
                made = setup_databases(verbosity=0, interactive=False)
            undo.callback(teardown_databases, made, verbosity=0)
        yield


@contextmanager
def _names_of_its_own() -> Iterator[None]:
    """Test databases by other names than those of the tests, which may be running, or kept."""
    given = [each.settings_dict["TEST"] for each in connections.all()]
    before = [dict(each) for each in given]
    for connection, test in zip(connections.all(), given, strict=True):
        name = test.get("NAME") or f"test_{Path(str(connection.settings_dict['NAME'])).name}"
        in_memory = connection.vendor == "sqlite" and not test.get("NAME")
        if not in_memory and not test.get("MIRROR"):
            test["NAME"] = f"{name}_scan"
    try:
        yield
    finally:
        for test, names in zip(given, before, strict=True):
            test.clear()
            test.update(names)


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar on standard error, where that is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda *_: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("routes", total=None)

        def told(route: str, number: int, total: int) -> None:
            progress.update(task, description=route[:60], completed=number - 1, total=total)

        yield told


def _hints(given: str | None) -> Hints:
    path = Path(given or HINTS)
    if given is None and not path.exists():
        return Hints()
    try:
        return read_hints(path)
    except HintsError as error:
        raise CommandError(str(error), returncode=_UNUSABLE) from None


def _known(hints: Hints, found: Sequence[Target]) -> None:
    """A route that is hinted at and is not there is a slip of the pen."""
    routes = [target.route for target in found]
    for route in hints.routes:
        if route not in routes:
            near = ", ".join(map(repr, get_close_matches(route, routes))) or "see --json"
            raise CommandError(
                f"The hints name a route that the URL conf has not: {route!r}; near it: {near}.",
                returncode=_UNUSABLE,
            )


def _users(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = [each for each in found if each not in USERS]
    if unknown or not found:
        raise CommandError(
            f"--users takes some of {', '.join(USERS)}, not {text!r}.", returncode=_UNUSABLE
        )
    return found


def _sizes(text: str) -> tuple[int, ...]:
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) < 2 or list(found) != sorted(set(found)) or found[0] < 1:  # noqa: PLR2004
        raise CommandError(
            f"--sizes takes two or more rising numbers from 1, such as 2,8, not {text!r}.",
            returncode=_UNUSABLE,
        )
    return found
