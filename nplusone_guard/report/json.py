"""The JSON form of a report, version 1; ``schema.json`` describes it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from nplusone_guard.report.place import shown_path

if TYPE_CHECKING:
    from nplusone_guard.finding import Cost, Experiment, Finding, Fix
    from nplusone_guard.report.report import Report
    from nplusone_guard.trace import CallSite, QueryGroup

VERSION = 1


def to_dict(report: Report) -> dict[str, Any]:
    """Plain data; milliseconds to three places, paths relative to the current directory."""
    assessment = report.assessment
    trace = assessment.trace
    return {
        "version": VERSION,
        "label": trace.label,
        "route": trace.route,
        "method": trace.method,
        "status": trace.status,
        "queries": trace.queries,
        "duplicates": assessment.duplicates,
        "rows": trace.rows,
        "db_ms": round(trace.db_ms, 3),
        "wall_ms": round(trace.wall_ms, 3),
        "truncated": trace.truncated,
        "groups": [_group(group) for group in trace.groups],
        "findings": [finding_to_dict(finding) for finding in assessment.findings],
        "violations": [
            {"limit": each.limit, "allowed": each.allowed, "actual": round(each.actual, 3)}
            for each in assessment.violations
        ],
    }


def to_json(report: Report, *, indent: int | None = None) -> str:
    """The JSON text, ASCII only."""
    return json.dumps(to_dict(report), indent=indent)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of :func:`to_dict`."""
    text = files("nplusone_guard.report").joinpath("schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _group(group: QueryGroup) -> dict[str, Any]:
    return {
        "shape": group.shape.id,
        "sql": group.shape.text,
        "count": group.count,
        "rows": group.rows,
        "db_ms": round(group.db_ms, 3),
        "first_ms": round(group.first_ms, 3),
        "last_ms": round(group.last_ms, 3),
        "database": group.database,
        "operation": group.operation,
        "location": _site(group.site),
        "relation": group.access.relation if group.access else None,
    }


def finding_to_dict(finding: Finding) -> dict[str, Any]:
    """A finding and what is nested in it, as plain data."""
    return {
        "id": finding.id,
        "kind": finding.kind,
        "count": finding.count,
        "relation": finding.relation,
        "field_path": finding.field_path,
        "location": _site(finding.location),
        "origin": _site(finding.origin),
        "path": finding.path,
        "fix": _fix(finding.fix),
        "shape": finding.shape.id,
        "sql": finding.shape.text,
        "db_ms": round(finding.db_ms, 3),
        "severity": finding.severity,
        "nested": [finding_to_dict(each) for each in finding.nested],
    }


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    return {
        "code": fix.code,
        "where": _site(fix.where),
        "explain": fix.explain,
        "proven": _experiment(fix.proven),
    }


def _experiment(experiment: Experiment | None) -> dict[str, Any] | None:
    if experiment is None:
        return None
    return {
        "verdict": experiment.verdict,
        "code": experiment.code,
        "before": _cost(experiment.before),
        "after": _cost(experiment.after),
        "reason": experiment.reason,
    }


def _cost(cost: Cost | None) -> dict[str, Any] | None:
    if cost is None:
        return None
    return {
        "queries": cost.queries,
        "rows": cost.rows,
        "cells": cost.cells,
        "ms": round(cost.ms, 3),
    }


def _site(site: CallSite | None) -> dict[str, Any] | None:
    if site is None:
        return None
    return {
        "file": shown_path(site.file),
        "line": site.line,
        "function": site.function,
        "end_line": site.end_line,
        "column": site.column,
        "end_column": site.end_column,
    }
