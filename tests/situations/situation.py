"""The type of a situation, and the decorator that makes one of a function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

#: Kind, count and relation of a finding, nested ones among them.
Expected = tuple[str, int, str | None]


@dataclass(frozen=True)
class Situation:
    """A function to run, and what a report on it must say.

    ``expected``: the findings, in any order.  ``fixes``: the code of each cause's fix that has
    one.  ``operations``: those of the findings, where they matter.  ``rewrite``: pieces of the
    function's source and what a developer who follows the fixes' explanations puts in their
    place; ``{0}`` stands for the first fix's code, ``{1}`` for the second's, which is then typed
    there and not behind the expression that the fix names; what a code has in square brackets
    is replaced there.  ``left``: findings that the fixes leave.
    ``django``: the version it needs.
    """

    run: Callable[[], Any]
    expected: tuple[Expected, ...]
    fixes: tuple[str, ...] = ()
    operations: frozenset[str] | None = None
    rewrite: tuple[tuple[str, str], ...] = ()
    left: tuple[Expected, ...] = ()
    django: tuple[int, int] = (5, 2)

    @property
    def skipped(self) -> bool:
        """Whether the installed Django is too old for it."""
        return self.django > django.VERSION


def situation(
    *expected: Expected,
    fix: str | tuple[str, ...] = (),
    operations: str | tuple[str, ...] | None = None,
    rewrite: dict[str, str] | None = None,
    left: tuple[Expected, ...] = (),
    since: tuple[int, int] = (5, 2),
) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def register(run: Callable[[], Any]) -> Callable[[], Any]:
        run.situation = Situation(
            run,
            expected,
            fixes=(fix,) if isinstance(fix, str) else fix,
            operations=None if operations is None else frozenset(_tuple(operations)),
            rewrite=tuple((rewrite or {}).items()),
            left=left,
            django=since,
        )
        return run

    return register


def _tuple(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


def of_module(module: ModuleType) -> list[Situation]:
    found = [getattr(value, "situation", None) for value in vars(module).values()]
    return [each for each in found if isinstance(each, Situation)]


def n_plus_one(count: int, relation: str | None = None) -> Expected:
    return ("n_plus_one", count, relation)


def duplicate(count: int, relation: str | None = None) -> Expected:
    return ("duplicate", count, relation)


def write_loop(count: int, relation: str | None = None) -> Expected:
    return ("write_loop", count, relation)
