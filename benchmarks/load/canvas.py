"""How all plots look: colours that differ for every eye, the finding as title, little ink."""

from __future__ import annotations

import io
import textwrap
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter

#: Okabe and Ito's blue and vermilion; shapes and dashes differ too.
COLOURS = {"tuned": "#0072B2", "naive": "#D55E00"}
MARKERS = {"tuned": "o", "naive": "s"}
DASHES = {"tuned": "-", "naive": "--"}
GREY = "#666666"

STYLE = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "axes.axisbelow": True,
    "svg.fonttype": "none",
    "text.parse_math": False,
}


def canvas(
    rows: int, columns: int, size: tuple[float, float], **given: Any
) -> tuple[Canvas, list[Axes]]:
    """A figure of ``size`` inches, and its axes, row by row."""
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, **given)
    return figure, [each for line in axes for each in line]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plot as PNG, and what it shows in a sentence."""

    finding: str
    png: bytes


def finish(figure: Canvas, title: str) -> Drawn:
    """The plot, with its finding above all."""
    width = figure.get_size_inches()[0]
    with mpl.rc_context(STYLE):
        figure.suptitle(
            textwrap.fill(title, int(width * 9.5)),
            x=0.01,
            ha="left",
            fontweight="bold",
            fontsize=13,
        )
        figure.tight_layout()
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=130)
    plt.close(figure)
    return Drawn(title, out.getvalue())


def note(axes: Axes, text: str, at: tuple[float, float], **given: Any) -> None:
    """A direct label, ``offset`` points away from where it belongs."""
    offset = given.pop("offset", (6, 0))
    behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85}
    style = {"fontsize": 10, "va": "center", "annotation_clip": False, "bbox": behind, **given}
    axes.annotate(text, at, xytext=offset, textcoords="offset points", **style)


def corner(axes: Axes, text: str) -> None:
    """What the signs mean, in the lower right corner."""
    axes.text(
        0.99, 0.02, text, transform=axes.transAxes, ha="right", fontsize=8.5, color=GREY
    )  # fmt: skip


def plain_ticks(axes: Axes, which: str, values: list[float] | None = None) -> None:
    """Numbers as people write them, also on a log scale."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    if values is not None:
        axis.set_ticks(values)
        axis.set_ticks([], minor=True)
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(FuncFormatter(lambda _value, _: ""))


def decades(low: float, high: float) -> list[float]:
    """Ticks of a log scale: 1, 2 and 5 of each power of ten between the two."""
    steps = [m * 10.0**e for e in range(-3, 8) for m in (1, 2, 5)]
    chosen = [step for step in steps if low <= step <= high]
    return chosen if len(chosen) <= 9 else [step for step in chosen if f"{step:e}"[0] == "1"]
