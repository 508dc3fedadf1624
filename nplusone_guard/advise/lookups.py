"""From relation paths to the one call that loads them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nplusone_guard.trace import Step

#: A path, and the model whose rows its last step hangs on (it tells what a generic key led to).
Way = tuple[tuple["Step", ...], str | None]


def loading(ways: Sequence[Way], *, prefetch_only: bool = False) -> str:
    """``select_related(...)`` where joins reach all of it, else ``prefetch_related(...)``.

    ``prefetch_only``: the queryset can't join (raw SQL).
    """
    paths = [steps for steps, _ in ways]
    if not prefetch_only and all(step.joinable for steps in paths for step in steps):
        names = ["__".join(step.query_name or step.lookup for step in steps) for steps in paths]
        return _call("select_related", names)
    plain = [steps for steps, _ in ways if not _beyond_generic(steps)]
    names = ["__".join(step.lookup for step in steps) for steps in plain]
    generic: dict[str, list[Way]] = {}
    for steps, model in ways:
        rest = _beyond_generic(steps)
        if rest:
            until = steps[: len(steps) - len(rest)]
            path = "__".join(step.lookup for step in until)
            generic.setdefault(path, []).append((rest, model))
    names = [name for name in names if name not in generic]
    return _call("prefetch_related", names, [_generic(*item) for item in generic.items()])


def _call(method: str, names: Iterable[str], further: Iterable[str] = ()) -> str:
    arguments = [f'"{name}"' for name in _longest(names)]
    return f"{method}({', '.join([*arguments, *further])})"


def _longest(names: Iterable[str]) -> list[str]:
    """The paths that are no beginning of another one."""
    unique = list(dict.fromkeys(names))
    return [name for name in unique if not any(other.startswith(f"{name}__") for other in unique)]


def _beyond_generic(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """What follows the first generic key: it needs a queryset for the model it led to."""
    for number, step in enumerate(steps[:-1]):
        if step.generic:
            return steps[number + 1 :]
    return ()


def _generic(path: str, ways: list[Way]) -> str:
    models: dict[str, list[Way]] = {}
    for rest, model in ways:
        models.setdefault(class_name(model), []).append((rest, None))
    querysets = [f"{model}.objects.{loading(each)}" for model, each in models.items()]
    return f'GenericPrefetch("{path}", [{", ".join(querysets)}])'


def class_name(label: str | None) -> str:
    """``orders.OrderItem`` → ``OrderItem``."""
    return (label or "Model").rpartition(".")[2]
