"""What ``manage.py guard_report`` and ``python -m nplusone_guard`` have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Callable

#: Nothing to object; something new or worse; an input that can not be used.
OK, WORSE, UNUSABLE = 0, 1, 2


def add_subcommands(
    parser: ArgumentParser, *, required: bool = True
) -> _SubParsersAction[ArgumentParser]:
    """Each subcommand sets ``subcommand``, a function of the options."""
    subcommands = parser.add_subparsers(title="subcommands", required=required)
    diff = subcommands.add_parser(
        "diff",
        help="what changed between two runs, as Markdown",
        description="Compare two runs written as JSON and print the difference as Markdown. "
        "Exits with 1 when a finding is new or worse, with 2 when a file can not be read.",
    )
    diff.add_argument("base", metavar="BASE.json", help="the run to compare with")
    diff.add_argument("head", metavar="HEAD.json", help="the run that is looked at")
    diff.set_defaults(subcommand=_diff)
    return subcommands


def run(options: Namespace) -> tuple[str, int]:
    """What a subcommand prints, and its exit code; raises ``UnreadableRunError``."""
    subcommand: Callable[[Namespace], tuple[str, int]] = options.subcommand
    return subcommand(options)


def _diff(options: Namespace) -> tuple[str, int]:
    from nplusone_guard.report.difference import render  # noqa: PLC0415  loaded on use
    from nplusone_guard.suite.diff import difference  # noqa: PLC0415
    from nplusone_guard.suite.stored import read_run  # noqa: PLC0415

    changes = difference(read_run(options.base), read_run(options.head))
    return render(changes), OK if changes.ok else WORSE
