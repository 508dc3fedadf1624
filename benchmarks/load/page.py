"""The report: one HTML file with its plots within, and the same plots as files beside it."""

from __future__ import annotations

import base64
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .canvas import Drawn
from .table import shown, times

PACKAGES = ("nplusone-guard", "Django", "djangorestframework", "gunicorn", "locust", "psycopg")


@dataclass(frozen=True, slots=True)
class Plot:
    """``name`` becomes the file's; ``read`` says how it is to be read."""

    name: str
    read: str
    drawn: Drawn

    @property
    def inlined(self) -> str:
        return "data:image/png;base64," + base64.b64encode(self.drawn.png).decode()


def render(template: str, **given: Any) -> str:
    """A page of ``templates/``; whatever it is given is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    environment.filters["times"] = times
    return environment.get_template(template).render(surroundings=surroundings(), **given)


def write(folder: Path, stem: str, html: str, plots: Sequence[Plot], told: Any) -> Path:
    """``stem``.html, .json and a PNG for each plot; gives the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    for plot in plots:
        (folder / f"{stem}-{plot.name}.png").write_bytes(plot.drawn.png)
    (folder / f"{stem}.json").write_text(
        json.dumps({"version": 1, **surroundings(), **told}, indent=2) + "\n", "utf-8"
    )
    page = folder / f"{stem}.html"
    page.write_text(html, "utf-8")
    return page


def surroundings() -> dict[str, str]:
    """When and with what: figures of another machine are other figures."""
    versions = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": f"{os.cpu_count()} processors, {sys.platform} {platform.machine()}",
        "versions": ", ".join(versions),
    }


def plain(value: Any) -> Any:
    """A dataclass, or a list of them, as JSON takes it."""
    return [asdict(each) for each in value] if isinstance(value, list) else asdict(value)
