"""What the project accepts: by a comment with the id of a check, or as a relation."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from nplusone_guard.allow import Allowance
from nplusone_guard.conf import guard_settings
from nplusone_guard.suppress import Comment, comments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nplusone_guard.checks.places import Place

PREFIX = "nplusone_guard."


def check_comments(places: Iterable[Place]) -> Iterator[Comment]:
    """The comments at some places that name a check."""
    for place in places:
        for comment in comments(place.file, place.first, place.last):
            if comment.is_check:
                yield comment


def accepts(comment: Comment, number: str) -> bool:
    """Whether a comment names a check by its number, says why, and still holds."""
    named = comment.subject.removeprefix(PREFIX) == number
    return named and comment.fault is None and not expired(comment)


def expired(comment: Comment) -> bool:
    """Whether its last day has passed."""
    return comment.until is not None and date.today() > comment.until


def accepted_relation(relation: str, places: Iterable[Place], view: Any) -> bool:
    """Whether a relation is allowed: in the settings, on the view, or on one of the lines.

    The same allowances hold for findings at run time.
    """
    today = date.today()
    return any(
        allowance.covers(relation) and not allowance.expired(today)
        for allowance in (*guard_settings().allow, *_declared(view), *_written(places))
    )


def _declared(view: Any) -> Iterator[Allowance]:
    """``@allow(...)`` on a view's class, or on its methods."""
    for name in ("dispatch", "list", "retrieve", "get", "get_queryset"):
        function = getattr(view, name, None)
        while function is not None:
            allowance = getattr(function, "allowance", None)
            if isinstance(allowance, Allowance):
                yield allowance
            function = getattr(function, "__wrapped__", None)


def _written(places: Iterable[Place]) -> Iterator[Allowance]:
    for place in places:
        for comment in comments(place.file, place.first, place.last):
            allowance = comment.allowance()
            if isinstance(allowance, Allowance):
                yield allowance
