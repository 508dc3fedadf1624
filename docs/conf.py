"""Sphinx; `make docs` builds with warnings as errors and without the network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import nplusone_guard

project = "nplusone_guard"
copyright = "nplusone_guard contributors"  # noqa: A001  Sphinx's name
version = release = nplusone_guard.__version__

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
suppress_warnings: list[str] = []

html_theme = "furo"
html_title = "nplusone_guard"
html_static_path = ["_static"]
html_show_sphinx = False
