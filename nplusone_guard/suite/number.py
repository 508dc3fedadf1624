"""A number of a command line."""

from __future__ import annotations

import argparse


def from_one(text: str) -> int:
    """A whole number from 1; raises ``argparse.ArgumentTypeError``."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"it takes a whole number from 1, not {text!r}")
    return int(text)
