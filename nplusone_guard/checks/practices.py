"""All checks of the practices, over one walk through the URL conf."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.core.checks import CheckMessage, Info, Warning  # noqa: A004

from nplusone_guard.checks import defaults, lists, queries, serializers
from nplusone_guard.checks.accepted import PREFIX, accepts, check_comments, expired
from nplusone_guard.checks.endpoints import Endpoint, endpoints
from nplusone_guard.checks.places import class_place, shown
from nplusone_guard.checks.standin import Trial, no_queries, trials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from django.apps import AppConfig

    from nplusone_guard.checks.practice import Practice
    from nplusone_guard.suppress import Comment

logger = logging.getLogger("nplusone_guard")


@dataclass(frozen=True, slots=True)
class Api:
    """What there is to check: the project's endpoints, and what their actions answer from."""

    endpoints: tuple[Endpoint, ...]
    trials: tuple[Trial, ...]

    @property
    def views(self) -> list[Any]:
        """The view classes, each once."""
        return list(dict.fromkeys(endpoint.cls for endpoint in self.endpoints))

    @property
    def routes(self) -> list[str]:
        """The routes, each once."""
        return list(dict.fromkeys(endpoint.route for endpoint in self.endpoints))


#: A check is a function ``Api → practices not followed``; being here is its registration.
CHECKS: Final[tuple[Callable[[Api], Iterator[Practice]], ...]] = (
    defaults.permissions,
    defaults.throttles,
    defaults.idle_throttles,
    defaults.versions,
    defaults.errors,
    lists.pages,
    lists.largest_pages,
    lists.cursor_order,
    serializers.explicit_fields,
    serializers.nesting,
    queries.eager_loading,
)


def practices(app_configs: Sequence[AppConfig] | None) -> list[CheckMessage]:
    """The messages for the whole project, or for the classes of some apps."""
    found: list[Practice] = []
    with no_queries():
        known = endpoints()
        if not known:
            return []
        api = Api(known, tuple(trial for each in known for trial in trials(each)))
        for check in CHECKS:
            try:
                found.extend(check(api))
            except Exception:  # a fault of the guard's must not break the command
                logger.exception("The check %s failed; the others go on.", check.__qualname__)
    used: set[Comment] = set()
    messages: dict[tuple[str, str, str], CheckMessage] = {}
    for each in found:
        covering = [c for c in check_comments(each.places) if accepts(c, each.number)]
        used.update(covering)
        if not covering and _is_of(each.module, app_configs):
            messages.setdefault((each.number, each.where, each.text), _message(each))
    return [*messages.values(), *(_stale(api, used) if app_configs is None else ())]


def _message(each: Practice) -> CheckMessage:
    kind = Info if each.number.startswith("I") else Warning
    return kind(each.text, hint=each.hint, obj=each.where, id=f"{PREFIX}{each.number}")


def _is_of(module: str | None, app_configs: Iterable[AppConfig] | None) -> bool:
    if app_configs is None or module is None:
        return True
    return any(each is apps.get_containing_app_config(module) for each in app_configs)


def _stale(api: Api, used: set[Comment]) -> Iterator[CheckMessage]:
    """``I191``: comments on views and serializers that accept nothing."""
    for cls in (*api.views, *serializers.serializer_classes(api)):
        place = class_place(cls)
        for comment in check_comments([place] if place else []):
            if comment in used:
                continue
            if comment.fault is not None:
                why = comment.fault
            elif expired(comment):
                why = f"it expired on {comment.until}"
            elif comment.subject.removeprefix(PREFIX) == "W131" and not _is_judged(api, cls):
                continue
            else:
                why = "the check has nothing to say there"
            yield Info(
                f"allow[{comment.subject}] accepts nothing: {why}.",
                hint="Take the comment out, or mend it.",
                obj=shown(cls),
                id=f"{PREFIX}I191",
            )


def _is_judged(api: Api, cls: Any) -> bool:
    return any(
        type(trial.view) is cls and trial.queryset is not None and trial.serializer is not None
        for trial in api.trials
    )
