"""``python -m nplusone_guard``: what needs no project and no settings."""

from __future__ import annotations

import argparse
import io
import sys

from nplusone_guard.commands import UNUSABLE, add_subcommands, run
from nplusone_guard.suite.stored import UnreadableRunError


def main(arguments: list[str] | None = None) -> int:
    """Run a subcommand; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m nplusone_guard")
    add_subcommands(parser)
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names are not bound to its encoding
    try:
        text, code = run(options)
    except UnreadableRunError as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return UNUSABLE
    sys.stdout.write(text)
    return code


if __name__ == "__main__":
    sys.exit(main())
