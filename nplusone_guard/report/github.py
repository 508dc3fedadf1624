"""A run as workflow commands, which GitHub Actions shows as annotations on the lines.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import IO, Any

from nplusone_guard.report import markdown
from nplusone_guard.report.place import path_in_checkout, site_of, source_span
from nplusone_guard.report.text import safe
from nplusone_guard.report.words import (
    advice,
    counted,
    endpoint_name,
    headline,
    nearest_place,
    seen,
)

#: GitHub shows so many annotations of a level for a step.
MOST = 10
#: It refuses the summary of a step above so many bytes.
_MOST_SUMMARY = 2**20

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render(run: dict[str, Any]) -> str:
    """A command for each finding that the baseline does not list, at most ten of a level.

    Files are relative to ``GITHUB_WORKSPACE`` where they are below it.
    """
    found = [finding for finding in run["findings"] if not finding["known"]]
    lines: list[str] = []
    number: Counter[str] = Counter()
    for finding in found:
        severity = finding["severity"]
        number[severity] += 1
        if number[severity] <= MOST:
            lines.append(_command(finding))
    lines += [
        f"{counted(count - MOST, f'more {_COMMANDS[severity]}')}: see the summary of the job."
        for severity, count in number.items()
        if count > MOST
    ]
    return "".join(f"{line}\n" for line in lines)


def publish(run: dict[str, Any], out: IO[str]) -> bool:
    """Within a job of GitHub Actions, write the commands to ``out`` and add to its summary.

    Whether it is one.  The summary is left as it is where the run would make it too long.  Raises
    ``OSError`` where it can not be written.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return False
    out.write(render(run))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        content = markdown.render(run).encode("utf-8")
        with Path(summary).open("ab") as file:
            if file.tell() + len(content) <= _MOST_SUMMARY:
                file.write(content)
    return True


def _command(finding: dict[str, Any]) -> str:
    place = nearest_place(finding)
    properties: dict[str, object] = {}
    if place is not None:
        properties = {"file": safe(path_in_checkout(place["file"])), "line": place["line"]}
        span = source_span(site_of(place))
        if span is not None:
            start, last, end = span
            properties["endLine"] = last
            if last == place["line"]:  # columns of several lines are refused
                properties |= {"col": start + 1, "endColumn": end + 1}
    properties["title"] = headline(finding)
    text = "\n".join([_first(finding), *advice(finding), f"Seen in {seen(finding)}."])
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[finding['severity']]} {given}::{_data(text)}"


def _first(finding: dict[str, Any]) -> str:
    field = f", for {safe(finding['field_path'])}" if finding["field_path"] else ""
    saves = f"; a fix saves {counted(finding['wasted'], 'query')}" if finding["wasted"] else ""
    return f"{endpoint_name(finding)}{field}{saves}."


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
