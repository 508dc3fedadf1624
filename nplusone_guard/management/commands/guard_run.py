"""``manage.py guard_run COMMAND ...``: run a management command, and say what it asked for."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from nplusone_guard.pipeline import capture
from nplusone_guard.report.console import print_report

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Traces another command from its begin to its end, without a change in it."""

    help = "Run a management command and print the report of its queries."
    requires_system_checks: list[str] = []  # noqa: RUF012  Django's attribute

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="COMMAND")
        parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="its arguments")
        parser.add_argument("--fail", action="store_true", help="fail where an N+1 is found")

    def handle(self, *_: Any, **options: Any) -> None:
        name = options["name"]
        with capture(label=f"manage.py {name}") as report:
            call_command(name, *options["rest"])
        stream: Any = self.stderr
        print_report(report, stream._out)  # noqa: SLF001  not in red as a whole
        if options["fail"] and not report.ok:
            raise CommandError(f"{name} repeats its queries.", returncode=1)
