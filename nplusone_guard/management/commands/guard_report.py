"""``manage.py guard_report``: runs compared, and the dashboard's store."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from nplusone_guard.commands import OK, UNUSABLE, add_subcommands, run
from nplusone_guard.dashboard.command import add_store_subcommands
from nplusone_guard.dashboard.store import StoreError
from nplusone_guard.suite.stored import UnreadableRunError

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """What the dashboard has stored, and reports of runs.

    ``python -m nplusone_guard`` has the subcommands that need no project.
    """

    help = "The requests that the dashboard has stored; and runs of a test suite, compared."
    requires_system_checks: list[str] = []  # noqa: RUF012  Django's attribute

    def add_arguments(self, parser: CommandParser) -> None:
        add_store_subcommands(parser, add_subcommands(parser, required=False))

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            text, code = run(Namespace(**options))
        except (UnreadableRunError, StoreError, OSError) as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        if code == UNUSABLE:
            raise CommandError(text.rstrip(), returncode=code)
        self.stdout.write(text, ending="")
        if code != OK:
            raise CommandError("A finding is new or worse.", returncode=code)
