"""The console report, as golden files show it."""

from __future__ import annotations

import pytest

from nplusone_guard.report.console import render
from tests.report import samples
from tests.report.golden import check

SAMPLES = [
    samples.clean,
    samples.clean_block,
    samples.n_plus_one,
    samples.serializer,
    samples.duplicate,
    samples.over_budget,
    samples.suppressed_and_stale,
    samples.unknown_place,
    samples.many_findings,
    samples.many_levels,
    samples.hostile,
    samples.long_names,
]


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """The project that the samples point into, as the current directory."""
    for name, source in samples.SOURCES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.__name__)
def test_it_reads_as_the_golden_file_shows(sample):
    check(f"console-{sample.__name__}.txt", render(sample()) + "\n")


@pytest.mark.parametrize("width", [40, 60, 200])
def test_it_fits_another_width_as_the_golden_file_shows(width):
    check(f"console-serializer-{width}.txt", render(samples.serializer(), width=width) + "\n")


def test_its_colours_are_those_of_the_golden_file():
    text = render(samples.over_budget(), color=True)
    check("console-over_budget-color.txt", text.replace("\x1b", "␛") + "\n")
