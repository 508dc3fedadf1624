"""``manage.py guard_report diff base.json head.json``."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from nplusone_guard.commands import OK, UNUSABLE, add_subcommands, run
from nplusone_guard.suite.stored import UnreadableRunError

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Reports of runs; ``python -m nplusone_guard`` is the same without a project."""

    help = "Reports of runs that a test suite has written."
    requires_system_checks: list[str] = []  # noqa: RUF012  Django's attribute

    def add_arguments(self, parser: CommandParser) -> None:
        add_subcommands(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            text, code = run(Namespace(**options))
        except UnreadableRunError as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        self.stdout.write(text, ending="")
        if code != OK:
            raise CommandError("A finding is new or worse.", returncode=code)
