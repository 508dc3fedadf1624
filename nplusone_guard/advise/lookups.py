"""From relation paths to the one call that loads them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nplusone_guard.trace import Step

Path = tuple["Step", ...]


def loading(paths: Sequence[Path], *, prefetch_only: bool = False) -> str:
    """``select_related(...)`` where joins reach all of it, else ``prefetch_related(...)``.

    ``prefetch_only``: the queryset can't join (raw SQL).
    """
    if not prefetch_only and all(step.joinable for steps in paths for step in steps):
        return _call("select_related", [query_path(steps) for steps in paths])
    generic: dict[str, list[Path]] = {}
    names = []
    for steps in paths:
        key, rest = beyond_generic(steps)
        if rest:
            generic.setdefault(path_of(key), []).append(rest)
        else:
            names.append(path_of(steps))
    further = [_generic(*item) for item in generic.items()]
    names = [name for name in names if not any(leads(name, key) for key in generic)]
    return _call("prefetch_related", names, further)


def path_of(steps: Iterable[Step]) -> str:
    """A path as ``prefetch_related`` takes it."""
    return "__".join(step.lookup for step in steps)


def query_path(steps: Iterable[Step]) -> str:
    """A path as ``select_related`` and ``annotate`` take it."""
    return "__".join(step.query_name or step.lookup for step in steps)


def beyond_generic(steps: Path) -> tuple[Path, Path]:
    """A path up to and with its first generic key, and the rest, empty where there is none.

    The rest needs a queryset for the model that the key led to.
    """
    for number, step in enumerate(steps[:-1]):
        if step.generic and steps[number + 1].model is not None:
            return steps[: number + 1], steps[number + 1 :]
    return steps, ()


def generic_keys(paths: Iterable[Path]) -> list[str]:
    """The paths of the generic keys that some of the paths go beyond."""
    found = [beyond_generic(steps) for steps in paths]
    return [path_of(key) for key, rest in found if rest]


def _call(method: str, names: Iterable[str], further: Iterable[str] = ()) -> str:
    arguments = [f'"{name}"' for name in _longest(names)]
    return f"{method}({', '.join([*arguments, *further])})"


def _longest(names: Iterable[str]) -> list[str]:
    """The paths that are no beginning of another one."""
    unique = list(dict.fromkeys(names))
    return [
        name for name in unique if not any(leads(name, each) for each in unique if each != name)
    ]


def leads(name: str, path: str) -> bool:
    """Whether a path begins with another one, or is it."""
    return f"{path}__".startswith(f"{name}__")


def _generic(path: str, rests: list[Path]) -> str:
    models: dict[str, list[Path]] = {}
    for rest in rests:
        models.setdefault(class_name(rest[0].model), []).append(rest)
    querysets = [f"{model}.objects.{loading(each)}" for model, each in models.items()]
    return f'GenericPrefetch("{path}", [{", ".join(querysets)}])'


def class_name(label: str | None) -> str:
    """``orders.OrderItem`` → ``OrderItem``."""
    return (label or "Model").rpartition(".")[2]
