"""What is so of each situation, by no tool: statements, and the lines that repeated ones came from.

Run in the environment without a tool.  Prints JSON.  A line is one of the project on the stack of
a statement that is sent at least twice; where a project's serializer is on the stack, which reads
its fields' sources in the library's code, each line of its class is one as well.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path[0] = str(Path(__file__).resolve().parents[2])
os.environ |= {"DJANGO_SETTINGS_MODULE": "benchmarks.peers.settings", "PEER": ""}

from benchmarks.peers.shop import as_filled, fill, folded

if TYPE_CHECKING:
    from types import FrameType

TESTS = str(Path(sys.path[0]) / "tests") + os.sep


class Stacks:
    """An execute wrapper: statements, and the lines of the project that each came from."""

    def __init__(self) -> None:
        self.lines: dict[str, list[set[tuple[str, int]]]] = defaultdict(list)

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.lines[folded(str(sql))].append(_lines(sys._getframe(1)))
        return execute(sql, params, many, context)

    @property
    def queries(self) -> int:
        return sum(map(len, self.lines.values()))

    @property
    def repeated(self) -> set[tuple[str, int]]:
        found = [stacks for stacks in self.lines.values() if len(stacks) > 1]
        return {line for stacks in found for lines in stacks for line in lines}


def _lines(frame: FrameType | None) -> set[tuple[str, int]]:
    found = set()
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(TESTS):
            found.add((file, frame.f_lineno))
        elif "rest_framework" in file:
            found |= _class_lines(type(frame.f_locals.get("self")))
        frame = frame.f_back
    return found


def _class_lines(kind: type) -> set[tuple[str, int]]:
    try:
        file = inspect.getsourcefile(kind) or ""
        lines, first = inspect.getsourcelines(kind)
    except (OSError, TypeError):
        return set()
    if not file.startswith(TESTS):
        return set()
    return {(file, first + number) for number in range(len(lines))}


def main() -> None:
    copies = fill()
    from django.db import connections
    from django.test import Client

    from tests.situations import SITUATIONS

    client = Client()
    answer = {}
    for name, situation in SITUATIONS.items():
        if situation.skipped:
            continue
        stacks = Stacks()
        with (
            as_filled(copies),
            connections["default"].execute_wrapper(stacks),
            connections["other"].execute_wrapper(stacks),
        ):
            client.get(f"/{name}/")
        answer[name] = {
            "queries": stacks.queries,
            "lines": sorted(stacks.repeated),
            "expected": situation.expected,
            "fixes": situation.fixes,
        }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
