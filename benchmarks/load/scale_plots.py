"""The plots of growth: by rows of a page, and by users at a time."""

from __future__ import annotations

import numpy as np

from .canvas import (
    COLOURS,
    DASHES,
    GREY,
    MARKERS,
    Drawn,
    canvas,
    corner,
    decades,
    finish,
    note,
    plain_ticks,
)
from .scale import Scale
from .table import shown

VARIANTS = ("tuned", "naive")


def by_rows(scale: Scale) -> Drawn:
    """Time and queries of a page, both on log scales, with the line that was fitted."""
    figure, (time, queries) = canvas(1, 2, (12.5, 5))
    for variant in VARIANTS:
        pages = scale.pages[variant]
        rows = [page.rows for page in pages]
        colour = COLOURS[variant]
        fits = scale.by_row(variant)
        for axes, values, fit, unit in (
            (time, [page.ms for page in pages], fits[0], "ms"),
            (queries, [page.queries for page in pages], fits[1], "queries"),
        ):
            x = np.geomspace(rows[0], rows[-1], 60)
            y = fit.fixed + fit.each * x
            axes.plot(x[y > 0], y[y > 0], DASHES[variant], color=colour, lw=1.5, alpha=0.7)
            axes.plot(rows, values, MARKERS[variant], color=colour, ms=8)
            for at, value in zip(rows, values, strict=True):
                text = f"{shown(value)} ms" if unit == "ms" else f"{value:.0f}"
                above = 12 if variant == "naive" else -12
                ha = "right" if variant == "naive" else "left"
                note(axes, text, (at, value), offset=(0, above), ha=ha, color=colour)
            note(
                axes, f"{variant}:\n{_more(fit.each, unit)}\nfor each row",
                (rows[-1], values[-1]), offset=(14, -6 if variant == "naive" else 20), color=colour,
            )  # fmt: skip
        for page in pages:
            time.plot([page.rows] * 2, [page.low, page.high], color=colour, lw=4, alpha=0.3)
    corner(time, "bar: middle half of the requests; line: fixed + each x rows, fitted")
    for axes, label in (
        (time, "median response time in ms (log scale)"),
        (queries, "queries of a request (log scale)"),
    ):
        axes.set(xscale="log", yscale="log", xlabel="rows of a page (log scale)", ylabel=label)
        axes.set_xlim(rows[0] / 2.5, rows[-1] * 4.5)
        low, high = axes.get_ylim()
        axes.set_ylim(low / 1.5, high * 1.8)
        plain_ticks(axes, "x", [float(row) for row in rows])
        plain_ticks(axes, "y", decades(low / 1.5, high * 1.8))
    (naive, asked), (tuned, tuned_asked) = scale.by_row("naive"), scale.by_row("tuned")
    return finish(
        figure,
        f"Each row more costs the naive list {naive.each:.2f} ms and {shown(asked.each)} queries, "
        f"the tuned one {tuned.each:.2f} ms and {_more(tuned_asked.each, 'queries')}",
    )


def _more(each: float, unit: str) -> str:
    if abs(each) < 0.005:
        return "no query" if unit == "queries" else f"no {unit}"
    return f"{each:.2f} {unit}"


def by_users(scale: Scale) -> Drawn:
    """Throughput and p95 with the users at a time; the knee is marked where there is one."""
    figure, (rate, wait) = canvas(1, 2, (12.5, 5))
    for variant in VARIANTS:
        steps = scale.steps[variant]
        users = [step.users for step in steps]
        colour = COLOURS[variant]
        knee = scale.knee(variant)
        for axes, values, unit in (
            (rate, [step.rate for step in steps], ""),
            (wait, [step.p95 for step in steps], " ms"),
        ):
            axes.plot(
                users, values, DASHES[variant], marker=MARKERS[variant], color=colour, lw=2, ms=7
            )
            for at, value in zip(users, values, strict=True):
                offset = (0, 14 if (variant == "tuned") == (axes is rate) else -14)
                text = f"{shown(value)}{unit}"
                note(axes, text, (at, value), offset=offset, ha="center", color=colour)
            note(axes, variant, (users[-1], values[-1]), offset=(14, 0), color=colour)
            if knee is not None:
                value = values[users.index(knee.users)]
                axes.plot(knee.users, value, "o", ms=20, mfc="none", mec=GREY, mew=1.5)
                below = (0, 32 if (variant == "tuned") == (axes is rate) else -32)
                note(axes, "knee", (knee.users, value), offset=below, ha="center", color=GREY)
    for axes, label in (
        (rate, "throughput in requests/s (log scale)"),
        (wait, "p95 response time in ms (log scale)"),
    ):
        axes.set(xscale="log", yscale="log", xlabel="users at a time (log scale)", ylabel=label)
        axes.set_xlim(users[0] / 1.6, users[-1] * 2.6)
        low, high = axes.get_ylim()
        axes.set_ylim(low / 1.8, high * 1.8)
        plain_ticks(axes, "x", [float(each) for each in users])
        plain_ticks(axes, "y", decades(low / 1.8, high * 1.8))
    if any(scale.knee(variant) for variant in VARIANTS):
        corner(rate, "knee: past it throughput grows < 10 % while p95 more than doubles")
    said = " ".join(knee_said(scale, variant) for variant in VARIANTS)
    return finish(figure, said)


def knee_said(scale: Scale, variant: str) -> str:
    """The knee, or that there was none, in a sentence."""
    knee, most = scale.knee(variant), scale.steps[variant][-1]
    if knee is None:
        return (
            f"{variant.title()}: no knee up to {most.users} users ({shown(most.rate)} requests/s)."
        )
    return (
        f"{variant.title()}: more than {knee.users} users only wait "
        f"({shown(knee.rate)} requests/s, then {shown(most.rate)} with {most.users})."
    )
