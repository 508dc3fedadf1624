"""The plots of the comparison: each says in its title what it shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .canvas import (
    COLOURS,
    DASHES,
    GREY,
    MARKERS,
    Drawn,
    canvas,
    decades,
    finish,
    note,
    plain_ticks,
)
from .measure import Condition, Round
from .stats import Compared, line
from .summary import Behaviour, Figure, Parts, of_users
from .table import in_ms, shown, times

VARIANTS = ("tuned", "naive")
#: Figures whose ratio is drawn; a share of time is no factor.
FACTORS = ("throughput", "p50", "p95", "p99", "queries per request")
SAME = "POST orders/"


def ratios(conditions: Sequence[Condition], tables: Sequence[list[Figure]]) -> Drawn:
    """Naive by tuned, with intervals: a panel for each condition."""
    figure, panels = canvas(1, len(tables), (3 + 4.2 * len(tables), 4.2), sharey=True, sharex=True)
    for axes, condition, table in zip(panels, conditions, tables, strict=True):
        rows = [row for row in table if row.name in FACTORS]
        for at, row in enumerate(reversed(rows)):
            ratio = row.compared.ratio
            axes.plot([ratio.low, ratio.high], [at, at], color=COLOURS["naive"], lw=3)
            axes.plot(ratio.value, at, MARKERS["naive"], color=COLOURS["naive"], ms=7)
            note(axes, times(ratio), (ratio.value, at), offset=(0, 13), ha="center")
        axes.axvline(1, color=GREY, lw=1)
        note(axes, "as tuned", (1, len(rows) - 0.45), offset=(4, 0), color=GREY, fontsize=9)
        axes.set_xscale("log")
        axes.set_ylim(-0.5, len(rows) - 0.3)
        axes.set_yticks(range(len(rows)), [_measured(row.name) for row in reversed(rows)])
        axes.set_xlabel("naive divided by tuned (log scale; bar: 95 % interval)", fontsize=10)
        if len(tables) > 1:
            axes.set_title(condition.name, fontsize=11)
    low, high = panels[0].get_xlim()
    panels[0].set_xlim(low / 2.2, high * 2.2)
    plain_ticks(panels[0], "x", decades(low / 2.2, high * 2.2))
    found = {row.name: row.compared.ratio.value for row in tables[-1]}
    where = f" at {conditions[-1].name}" if len(tables) > 1 else ""
    return finish(
        figure,
        f"The naive variant runs {shown(found['queries per request'])} times the queries: "
        f"{shown(found['p50'])} times the median response time and "
        f"{shown(found['throughput'])} times the throughput{where}",
    )


def _measured(name: str) -> str:
    return f"{name} response time" if name.startswith("p") else name


def latency(conditions: Sequence[Condition], tables: Sequence[list[Figure]]) -> Drawn:
    """Milliseconds that half, 95 % and 99 % of the requests kept to."""
    names = ("p50", "p95", "p99")
    figure, panels = canvas(1, len(tables), (2 + 3.6 * len(tables), 4.4), sharey=True)
    for axes, condition, table in zip(panels, conditions, tables, strict=True):
        rows = [row for row in table if row.name in names]
        for variant in VARIANTS:
            found = [getattr(row.compared, variant) for row in rows]
            values = [each.value for each in found]
            axes.plot(
                range(len(names)), values, DASHES[variant], marker=MARKERS[variant],
                color=COLOURS[variant], lw=2, ms=7,
            )  # fmt: skip
            for at, each in enumerate(found):
                axes.plot([at, at], [each.low, each.high], color=COLOURS[variant], lw=4, alpha=0.35)
                offset = (-9, 11) if variant == "naive" else (9, -13)
                ha = "right" if variant == "naive" else "left"
                note(
                    axes, f"{in_ms(each.value)}", (at, each.value),
                    offset=offset, ha=ha, color=COLOURS[variant],
                )  # fmt: skip
            note(axes, variant, (2, values[-1]), offset=(9, 8), color=COLOURS[variant])
        axes.set_yscale("log")
        axes.set_xlim(-0.7, 2.7)
        axes.set_xticks(range(3), ["half", "95 %", "99 %"])
        axes.set_xlabel("share of requests answered within\n(bar: 95 % interval)")
        if len(tables) > 1:
            axes.set_title(condition.name, fontsize=11)
    panels[0].set_ylabel("response time in ms (log scale)")
    low, high = panels[0].get_ylim()
    panels[0].set_ylim(low / 1.6, high * 1.5)
    plain_ticks(panels[0], "y", decades(low / 1.6, high * 1.5))
    (row,) = [row for row in tables[-1] if row.name == "p95"]
    where = f" at {conditions[-1].name}" if len(tables) > 1 else ""
    return finish(
        figure,
        f"95 % of the naive requests are answered within {in_ms(row.compared.naive.value)}, "
        f"of the tuned ones within {in_ms(row.compared.tuned.value)}{where}",
    )


def endpoints(conditions: Sequence[Condition], tables: Sequence[list[Behaviour]]) -> Drawn:
    """Median response time and queries of each endpoint: a panel for each condition."""
    names = list(dict.fromkeys(each.name for table in reversed(tables) for each in table))
    figure, panels = canvas(
        len(tables), 1, (10, 1.4 + 0.62 * len(names) * len(tables)), sharex=True, sharey=True
    )
    for axes, condition, table in zip(panels, conditions, tables, strict=True):
        for each in table:
            at = len(names) - 1 - names.index(each.name)
            axes.plot([each.ms.tuned.value, each.ms.naive.value], [at, at], color="#bbbbbb", lw=2)
            _ends(axes, each, at)
        axes.set_xscale("log")
        axes.set_ylim(-0.6, len(names) - 0.4)
        labels = [f"{name}\n(the same code)" if name == SAME else name for name in names]
        axes.set_yticks(range(len(names)), reversed(labels))
        if len(tables) > 1:
            axes.set_title(condition.name, fontsize=11)
    panels[-1].set_xlabel("median response time in ms (log scale)")
    low, high = panels[0].get_xlim()
    panels[0].set_xlim(low / 5, high * 5)
    plain_ticks(panels[0], "x", decades(low / 5, high * 5))
    worst = tables[-1][0]
    where = f" at {conditions[-1].name}" if len(tables) > 1 else ""
    return finish(
        figure,
        f"{worst.name} costs most: {in_ms(worst.ms.naive.value)} and "
        f"{worst.queries.naive.value:.0f} queries in place of {in_ms(worst.ms.tuned.value)} and "
        f"{worst.queries.tuned.value:.0f}{where}",
    )


def _ends(axes: object, each: Behaviour, at: int) -> None:
    """Both values of an endpoint: the smaller is labelled on its left."""
    by_ms = sorted(VARIANTS, key=lambda variant: getattr(each.ms, variant).value)
    for variant, (x, ha) in zip(by_ms, ((-9, "right"), (9, "left")), strict=True):
        ms, queries = getattr(each.ms, variant).value, getattr(each.queries, variant).value
        axes.plot(ms, at, MARKERS[variant], color=COLOURS[variant], ms=8)
        note(
            axes, f"{variant} {in_ms(ms)}, {queries:.0f} queries", (ms, at),
            offset=(x, 0), ha=ha, color=COLOURS[variant], fontsize=9,
        )  # fmt: skip


def shares(conditions: Sequence[Condition], told: Sequence[tuple[Parts, Parts]]) -> Drawn:
    """A mean request's time on the server: in the database, and outside of it."""
    bars = [
        (f"{variant}\n{condition.name}" if len(told) > 1 else variant, variant, part)
        for condition, both in zip(conditions, told, strict=True)
        for variant, part in zip(VARIANTS, both, strict=True)
    ]
    figure, (axes,) = canvas(1, 1, (9, 1.8 + 0.75 * len(bars)))
    longest = max(part.db_ms + part.app_ms for _, _, part in bars)
    for at, (_, variant, part) in enumerate(reversed(bars)):
        axes.barh(at, part.db_ms, color=COLOURS[variant], height=0.6)
        axes.barh(at, part.app_ms, left=part.db_ms, color=COLOURS[variant], alpha=0.3, height=0.6)
        whole = part.db_ms + part.app_ms
        note(
            axes,
            f"database {in_ms(part.db_ms)} ({part.db_ms / whole:.0%}), rest {in_ms(part.app_ms)}",
            (whole, at),
        )
    axes.set_yticks(range(len(bars)), [label for label, _, _ in reversed(bars)])
    axes.set_xlim(0, longest * 1.75)
    axes.set_xlabel("ms of a mean request on the server (full colour: database; pale: the rest)")
    axes.grid(visible=False, axis="y")
    tuned, naive = told[-1]
    where = f" at {conditions[-1].name}" if len(told) > 1 else ""
    return finish(
        figure,
        f"A mean naive request spends {in_ms(naive.db_ms)} in the database, "
        f"a tuned one {in_ms(tuned.db_ms)}{where}",
    )


def over_time(conditions: Sequence[Condition]) -> Drawn:
    """The median of each second, phase after phase: drift would show."""
    figure, panels = canvas(
        len(conditions), 1, (11, 1.4 + 2.7 * len(conditions)), sharex=True, sharey=True
    )
    start = min(pair[0].begin for each in conditions for pair in each.rounds)
    for axes, condition in zip(panels, conditions, strict=True):
        for number, pair in enumerate(of_users(condition.rounds)):
            for variant, phase in zip(VARIANTS, pair, strict=True):
                at = np.array([each.began for each in phase.begun]) - phase.begin
                ms = np.array([each.ms for each in phase.begun])
                seconds = [s for s in range(int(phase.seconds)) if ((at >= s) & (at < s + 1)).any()]
                y = [float(np.median(ms[(at >= s) & (at < s + 1)])) for s in seconds]
                x = [phase.begin - start + s + 0.5 for s in seconds]
                axes.plot(
                    x, y, DASHES[variant], marker=MARKERS[variant],
                    color=COLOURS[variant], ms=4, lw=1.5,
                )  # fmt: skip
                if number == len(condition.rounds) - 1 and x:
                    note(axes, variant, (x[-1], y[-1]), offset=(9, 0), color=COLOURS[variant])
        axes.set_yscale("log")
        axes.set_ylabel("median of a second, ms (log)", fontsize=10)
        if len(conditions) > 1:
            axes.set_title(condition.name, fontsize=11)
    low, high = panels[0].get_ylim()
    panels[0].set_ylim(low / 1.8, high * 1.8)
    plain_ticks(panels[0], "y", decades(low / 1.8, high * 1.8))
    panels[-1].set_xlabel("seconds since the first phase")
    moved = [_moved(condition.rounds) for condition in conditions]
    tuned, naive = (
        max((each[side] for each in moved), key=lambda f: abs(np.log(f))) for side in (0, 1)
    )
    return finish(
        figure,
        f"From the first round to the last the median became {shown(tuned)} times what it was "
        f"(tuned) and {shown(naive)} times (naive)",
    )


def _moved(rounds: Sequence[Round]) -> tuple[float, float]:
    first, last = of_users([rounds[0], rounds[-1]])
    both = [
        float(np.median([e.ms for e in late.begun]) / np.median([e.ms for e in early.begun]))
        for early, late in zip(first, last, strict=True)
    ]
    return both[0], both[1]


def network(conditions: Sequence[Condition], means: Sequence[Compared]) -> Drawn:
    """What a longer way to the database costs a mean request."""
    figure, (axes,) = canvas(1, 1, (9, 4.8))
    x = [condition.round_trip_ms or 0.0 for condition in conditions]
    slopes = {}
    for variant in VARIANTS:
        found = [getattr(each, variant) for each in means]
        fitted = line(x, [each.value for each in found])
        slopes[variant] = fitted.each
        ends = np.array([0, max(x) * 1.05])
        axes.plot(ends, fitted.fixed + fitted.each * ends, DASHES[variant], color=COLOURS[variant])
        for at, each in zip(x, found, strict=True):
            axes.plot([at, at], [each.low, each.high], color=COLOURS[variant], lw=4, alpha=0.35)
            axes.plot(at, each.value, MARKERS[variant], color=COLOURS[variant], ms=8)
            note(axes, f"{in_ms(each.value)}", (at, each.value), offset=(0, 14), ha="center")
        note(
            axes, f"{variant}: {in_ms(fitted.each)} more for each ms",
            (ends[1], fitted.fixed + fitted.each * ends[1]), color=COLOURS[variant],
        )  # fmt: skip
    axes.set_xlim(0, max(x) * 1.55)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("measured round trip to the database in ms (SELECT 1, median)")
    axes.set_ylabel("mean response time in ms (bar: 95 % interval)")
    return finish(
        figure,
        f"Each millisecond of a round trip adds {in_ms(slopes['naive'])} to a mean naive "
        f"request and {in_ms(slopes['tuned'])} to a tuned one",
    )
