"""The JSON form of a run, version 1; ``run.schema.json`` describes it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from nplusone_guard.report.json import schema


def run_to_json(run: dict[str, Any]) -> str:
    """The text of ``Run.to_dict()``: ASCII, keys sorted, so that equal runs are equal bytes."""
    return json.dumps(run, indent=2, sort_keys=True) + "\n"


def run_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a run, with that of a report, which it refers to."""
    text = files("nplusone_guard.report").joinpath("run.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    loaded["$defs"]["report"] = {"$id": "schema.json", **schema()}
    return loaded
