"""Code that walks relations at random: drawn as a tree, written as source."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.shop.graph import RELATIONS

if TYPE_CHECKING:
    from django.db import models

DEEPEST = 4
MODELS = list(RELATIONS)


@dataclass
class Step:
    """A relation that is followed, and what is done with each row it leads to."""

    accessor: str
    many: bool
    style: str
    rows: list[Rows] = field(default_factory=list)


@dataclass
class Rows:
    """Rows of a model: the relations that are followed from each."""

    model: type[models.Model]
    steps: list[Step] = field(default_factory=list)


@dataclass
class Root:
    """A loop over a queryset: how it is built, where, what is loaded ahead."""

    rows: Rows
    building: str
    place: str
    ahead: list[str]


@st.composite
def rows(draw: st.DrawFn, model: type[models.Model], depth: int = 1) -> Rows:
    most = 3 if depth == 1 else 2
    least = 1 if depth == 1 else 0
    chosen = draw(
        st.lists(st.sampled_from(RELATIONS[model]), min_size=least, max_size=most, unique=True)
        if depth <= DEEPEST
        else st.just([])
    )
    steps = []
    for accessor, targets, many in chosen:
        style = draw(st.sampled_from(["statement", "function", "expression"]))
        step = Step(accessor, many, style)
        step.rows = [draw(rows(target, depth + 1)) for target in targets]
        steps.append(step)
    return Rows(model, steps)


BUILDINGS = {
    "all": "{0}.objects.all()",
    "filter": "{0}.objects.filter(pk__gt=1)",
    "order": '{0}.objects.order_by("-pk")',
    "only": '{0}.objects.only("pk")',
    "defer": '{0}.objects.defer("name")',
    "slice": "{0}.objects.all()[:4]",
    "iterator": "{0}.objects.iterator(chunk_size=3)",
    "in_bulk": "{0}.objects.in_bulk().values()",
    "raw": '{0}.objects.raw("SELECT * FROM shop_{1} ORDER BY id")',
    "union": "{0}.objects.order_by().filter(pk=1).union({0}.objects.order_by().exclude(pk=1))",
}
PLACES = ["here", "variable", "again", "function", "list"]


@st.composite
def roots(draw: st.DrawFn) -> Root:
    model = draw(st.sampled_from(MODELS))
    walked = draw(rows(model))
    paths = [path for path in _paths(walked) if path]
    ahead = draw(st.lists(st.sampled_from(paths), max_size=2, unique=True)) if paths else []
    return Root(
        walked,
        draw(st.sampled_from(sorted(BUILDINGS))),
        draw(st.sampled_from(PLACES)),
        ahead,
    )


def _paths(walked: Rows, before: str = "") -> list[str]:
    """What could have been loaded ahead; not beyond a generic key."""
    found = []
    for step in walked.steps:
        path = f"{before}__{step.accessor}" if before else step.accessor
        found.append(path)
        if len(step.rows) == 1:
            found += _paths(step.rows[0], path)
    return found


walks = st.lists(roots(), min_size=1, max_size=2)


class Writer:
    """Source code of a walk: a function ``run`` that returns what it read."""

    def __init__(self) -> None:
        self._functions: list[str] = []
        self._names = (f"v{n}" for n in count())

    def source(self, walk: list[Root]) -> str:
        body = [line for root in walk for line in self._root(root)]
        lines = ["def run():", "    found = []", *(f"    {line}" for line in body)]
        return "\n".join([*self._functions, *lines, "    return found", ""])

    def _root(self, root: Root) -> list[str]:
        name = root.rows.model.__name__
        expression = BUILDINGS[root.building].format(name, name.lower())
        if root.ahead:
            given = ", ".join(f'"{path}"' for path in root.ahead)
            head, dot, tail = _split(expression)
            expression = f"{head}.prefetch_related({given}){dot}{tail}"
        lines: list[str] = []
        if root.place == "list":
            expression = f"list({expression})"
        elif root.place != "here":
            variable = next(self._names)
            lines.append(f"{variable} = {expression}")
            if root.place == "again" and root.building in {"all", "filter", "order", "defer"}:
                lines.append(f"{variable} = {variable}.exclude(pk=0)")
            if root.place == "function":
                function = f"rows_{variable}"
                self._functions.append(f"def {function}():\n    return {expression}\n")
                lines = []
                variable = f"{function}()"
            expression = variable
        row = next(self._names)
        lines.append(f"for {row} in {expression}:")
        return [*lines, *_indented(self._reads(root.rows, row))]

    def _reads(self, walked: Rows, row: str) -> list[str]:
        lines = [f"found.append({row}.name)"]
        for step in walked.steps:
            lines += self._step(step, row)
        return lines

    def _step(self, step: Step, row: str) -> list[str]:
        if step.many:
            return self._many(step, row)
        value = next(self._names)
        # A relation that leads nowhere is None, or from the other side an AttributeError.
        lines = [f'{value} = getattr({row}, "{step.accessor}", None)']
        if step.style == "expression" and len(step.rows) == 1 and not step.rows[0].steps:
            return (
                [f'found.append(getattr({row}.{step.accessor}, "name", None))']
                if (step.accessor not in _MAY_RAISE)
                else [*lines, f'found.append(getattr({value}, "name", None))']
            )
        for each in step.rows:
            lines.append(f"if isinstance({value}, {each.model.__name__}):")
            lines += _indented(self._body(step, each, value))
        return lines

    def _many(self, step: Step, row: str) -> list[str]:
        (each,) = step.rows
        value = next(self._names)
        expression = f"{row}.{step.accessor}.all()"
        if step.style == "expression" and not each.steps:
            return [f"found += [{value}.name for {value} in {expression}]"]
        return [f"for {value} in {expression}:", *_indented(self._body(step, each, value))]

    def _body(self, step: Step, each: Rows, value: str) -> list[str]:
        if step.style != "function":
            return self._reads(each, value)
        function, row = f"read_{next(self._names)}", next(self._names)
        body = "\n".join(_indented(self._reads(each, row)))
        self._functions.append(f"def {function}({row}, found):\n{body}\n")
        return [f"{function}({value}, found)"]


_MAY_RAISE = {"pupil", "profile", "sequel"}


def _split(expression: str) -> tuple[str, str, str]:
    """A root's expression before what ends a queryset, and that."""
    for end in (".iterator(", ".in_bulk(", ".union(", "[:"):
        head, found, tail = expression.partition(end)
        if found:
            return head, found, tail
    return expression, "", ""


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
