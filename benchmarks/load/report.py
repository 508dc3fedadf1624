"""A run, reported: printed, as a page, as plots, as JSON."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from . import plots, scale_plots, stats, summary
from .drive import VARIANTS
from .measure import Condition, Run
from .page import Plot, plain, render, write
from .scale import CROWD, READER, Scale
from .table import print_behaviours, print_figures, print_growth, shown

TITLE = "What an N+1 costs under load"


def heading(condition: Condition) -> str:
    if condition.round_trip_ms is None:
        return condition.name
    return f"{condition.name} (measured: {condition.round_trip_ms:.2f} ms)"


def report_bench(run: Run, folder: Path, console: Console) -> Path:
    """Tables on the console; a page, plots and JSON in the folder."""
    conditions = run.conditions
    figures = [summary.figures(each.rounds) for each in conditions]
    behaviours = [summary.behaviours(each.rounds) for each in conditions]
    parts = [summary.parts(each.rounds) for each in conditions]
    drawn = [
        Plot(
            "ratios",
            "Right of the line: more than tuned. A bar that does not reach it is a difference.",
            plots.ratios(conditions, figures),
        ),
        Plot("latency", "Bars: 95 % intervals.", plots.latency(conditions, figures)),
        Plot("endpoints", "q: mean queries.", plots.endpoints(conditions, behaviours)),
        Plot("shares", "From the Server-Timing header.", plots.shares(conditions, parts)),
        Plot(
            "time",
            "Tuned and naive phases take turns; a machine that slows down would slow both.",
            plots.over_time(conditions),
        ),
    ]
    if len(conditions) > 1:
        means = [
            stats.compare(
                stats.pairs_of(summary.of_users(each.rounds), lambda sample: sample.ms), stats.mean
            )
            for each in conditions
        ]
        network = "An N+1 pays the way to the database once for each query."
        drawn.insert(0, Plot("network", network, plots.network(conditions, means)))
    for condition, rows, by_endpoint in zip(conditions, figures, behaviours, strict=True):
        print_figures(console, f"{run.server}: {heading(condition)}", rows)
        print_behaviours(console, by_endpoint)
    tables = [
        {"heading": heading(condition), "figures": rows, "behaviours": by_endpoint}
        for condition, rows, by_endpoint in zip(conditions, figures, behaviours, strict=True)
    ]
    html = render(
        "bench.html",
        title=TITLE,
        under=f"The orders API, tuned and naive, on {run.server}",
        run=run,
        rounds=len(conditions[0].rounds),
        replicates=stats.REPLICATES,
        conditions=tables,
        same=plots.SAME,
        plots=drawn,
    )
    told = {
        "server": run.server,
        "load": plain(run.load),
        "seconds": run.seconds,
        "conditions": [
            {
                "name": condition.name,
                "delay_ms": condition.delay_ms,
                "round_trip_ms": condition.round_trip_ms,
                "figures": plain(rows),
                "endpoints": plain(by_endpoint),
            }
            for condition, rows, by_endpoint in zip(conditions, figures, behaviours, strict=True)
        ],
    }
    stem = f"bench-{run.server.split()[0].lower()}"
    return _written(write(folder, stem, html, drawn, told), run.seconds, console)


def report_scale(scale: Scale, folder: Path, console: Console) -> Path:
    """The same of growth."""
    pages = list(zip(*(scale.pages[each] for each in VARIANTS), strict=True))
    steps = list(zip(*(scale.steps[each] for each in VARIANTS), strict=True))
    knees = [scale_plots.knee_said(scale, each) for each in VARIANTS]
    print_growth(
        console,
        f"{scale.server}: by rows of a page",
        ["rows", "tuned ms", "naive ms", "ratio", "tuned queries", "naive queries"],
        [
            [
                str(tuned.rows),
                *(shown(each) for each in (tuned.ms, naive.ms)),
                f"{shown(naive.ms / tuned.ms)}x",
                *(f"{each:.0f}" for each in (tuned.queries, naive.queries)),
            ]
            for tuned, naive in pages
        ],
    )
    print_growth(
        console,
        f"{scale.server}: by users at a time",
        ["users", "tuned /s", "naive /s", "tuned p95 ms", "naive p95 ms"],
        [
            [str(tuned.users), *map(shown, (tuned.rate, naive.rate, tuned.p95, naive.p95))]
            for tuned, naive in steps
        ],
    )
    for sentence in knees:
        console.print(sentence, highlight=False)
    drawn = [
        Plot("rows", "Lines: fixed + each * rows, as fitted.", scale_plots.by_rows(scale)),
        Plot(
            "users",
            "Past the knee throughput grows by less than 10 % while p95 more than doubles.",
            scale_plots.by_users(scale),
        ),
    ]
    html = render(
        "scale.html",
        title=f"{TITLE}: how it grows",
        under=f"The orders API, tuned and naive, on {scale.server}",
        scale=scale,
        pages=pages,
        steps=steps,
        knees=knees,
        reader=READER,
        crowd=CROWD,
        plots=drawn,
    )
    stem = f"scale-{scale.server.split()[0].lower()}"
    told = {**plain(scale), "knees": knees}
    return _written(write(folder, stem, html, drawn, told), scale.seconds, console)


def _written(page: Path, seconds: float, console: Console) -> Path:
    console.print(f"{page} and its plots; {seconds:.0f} s", highlight=False, soft_wrap=True)
    return page
