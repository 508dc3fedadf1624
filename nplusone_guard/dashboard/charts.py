"""Endpoints over time, each with two small charts: queries, and the slowest of its requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from nplusone_guard.dashboard.links import link as url
from nplusone_guard.dashboard.listing import ms
from nplusone_guard.report.words import counted, endpoint_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_WIDTH, _HEIGHT, _EDGE = 120, 32, 3
_MOST_POINTS = 24
_MOST_ENDPOINTS = 200


@dataclass(slots=True)
class _Endpoint:
    queries: list[int] = field(default_factory=list)
    wall_ms: list[float] = field(default_factory=list)
    findings: int = 0


def endpoints(
    requests: Iterable[tuple[str, str | None, int, int, float]],
) -> list[dict[str, Any]]:
    """The endpoints with most queries now, first; ``requests`` in their order."""
    seen: dict[tuple[str, str | None], _Endpoint] = {}
    for method, route, queries, findings, wall_ms in requests:
        each = seen.setdefault((method, route), _Endpoint())
        each.queries.append(queries)
        each.wall_ms.append(wall_ms)
        each.findings = findings
    ordered = sorted(seen.items(), key=lambda item: (-item[1].findings, -item[1].queries[-1]))
    return [_shown(method, route, each) for (method, route), each in ordered[:_MOST_ENDPOINTS]]


def _shown(method: str, route: str | None, each: _Endpoint) -> dict[str, Any]:
    queries = [max(part) for part in _parts(each.queries)]
    times = [p95(part) for part in _parts(each.wall_ms)]
    few, most = min(each.queries), max(each.queries)
    return {
        "name": endpoint_name({"method": method, "route": route}),
        "url": f"{url('requests')}?{urlencode({'method': method, 'route': route or ''})}",
        "requests": counted(len(each.queries), "request"),
        "findings": counted(each.findings, "finding") if each.findings else "",
        "last": counted(each.queries[-1], "query"),
        "range": "" if few == most else f"{few:,} to {most:,}",
        "p95": ms(p95(each.wall_ms)),
        "median": ms(_ranked(each.wall_ms, 0.5)),
        "charts": [
            _chart("queries", queries, "{:,}".format),
            _chart("p95", times, ms),
        ],
    }


def p95(values: list[float]) -> float:
    """The value that 95 % of them do not exceed: one of them, not one between them."""
    return _ranked(values, 0.95)


def _ranked(values: list[float], rank: float) -> float:
    ordered = sorted(values)
    return ordered[max(0, ceil(rank * len(ordered)) - 1)]


def _parts(values: list[Any]) -> list[list[Any]]:
    """Consecutive parts of about the same length, as many as a chart has points."""
    number = min(len(values), _MOST_POINTS)
    bounds = [len(values) * index // number for index in range(number + 1)]
    return [values[low:high] for low, high in pairwise(bounds)]


def _chart(name: str, values: list[Any], text: Callable[[Any], str]) -> dict[str, str]:
    """A line from left, the oldest, to right; its lowest edge is zero."""
    top = max(values) or 1
    step = (_WIDTH - 2 * _EDGE) / max(len(values) - 1, 1)
    xs = [_EDGE + step * index for index in range(len(values))]
    ys = [_HEIGHT - _EDGE - (_HEIGHT - 2 * _EDGE) * value / top for value in values]
    if len(values) == 1:
        xs, ys = [_EDGE, _WIDTH - _EDGE], ys * 2
    return {
        "name": name,
        "label": f"{name}: {text(values[0])} at first, {text(max(values))} at most, "
        f"{text(values[-1])} at last",
        "points": " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True)),
        "last": text(values[-1]),
    }
