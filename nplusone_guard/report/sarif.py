"""A run as SARIF 2.1.0, which code hosts show beside the code.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nplusone_guard import __version__
from nplusone_guard.report.edit import insertion
from nplusone_guard.report.place import is_file_name, path_in_checkout, site_of, source_span
from nplusone_guard.report.text import safe
from nplusone_guard.report.words import (
    WORDINGS,
    advice,
    counted,
    endpoint_name,
    headline,
    nearest_place,
    place_name,
    seen,
    subject,
    total,
    walk,
)

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_DEFAULTS = {"n_plus_one": "error"}
_MOST_RELATED = 20
_MOST_TESTS = 20
_ROOT = "%SRCROOT%"


def render(run: dict[str, Any]) -> str:
    """The text: one result for each finding, with its levels as related locations.

    Places are relative to the checkout; those outside it are absolute.  A finding of the baseline
    is suppressed.
    """
    rules = [_rule(kind) for kind in WORDINGS]
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "nplusone_guard",
                        "semanticVersion": __version__,
                        "rules": rules,
                    }
                },
                "automationDetails": {"id": "nplusone_guard/"},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {
                    _ROOT: {"description": {"text": "The directory of the checkout."}}
                },
                "results": [_result(finding) for finding in run["findings"]],
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _rule(kind: str) -> dict[str, Any]:
    wording = WORDINGS[kind]
    return {
        "id": kind,
        "name": wording.name,
        "shortDescription": {"text": wording.short},
        "fullDescription": {"text": wording.help.partition("\n\n")[0].replace("`", "")},
        "help": {"text": wording.help.replace("`", ""), "markdown": wording.help},
        "defaultConfiguration": {"level": _DEFAULTS.get(kind, "warning")},
        "properties": {"tags": ["performance", "database"], "precision": "very-high"},
    }


def _result(finding: dict[str, Any]) -> dict[str, Any]:
    result = {
        "ruleId": finding["kind"],
        "ruleIndex": list(WORDINGS).index(finding["kind"]),
        "level": _LEVELS[finding["severity"]],
        "message": _message(_text(finding)),
        "locations": _locations(finding),
        "partialFingerprints": {
            # The second is the one by which GitHub tells alerts apart.
            "nplusoneGuard/v1": finding["id"],
            "primaryLocationLineHash": f"{finding['id']}:1",
        },
        "suppressions": [{"kind": "external", "justification": "The baseline lists it."}]
        if finding["known"]
        else [],
        "properties": {
            "queries": total(finding),
            "wasted": finding["wasted"],
            "requests": finding["requests"],
            "tests": [safe(test) for test in finding["tests"][:_MOST_TESTS]],
        },
    }
    related = _related(finding)
    if related:
        result["relatedLocations"] = related
    edit = _edit(finding)
    if edit:
        result["fixes"] = [edit]
    return result


def _text(finding: dict[str, Any]) -> str:
    said = f"{headline(finding)} in one request of {endpoint_name(finding)}"
    if finding["field_path"]:
        said += f", for {safe(finding['field_path'])}"
    if finding["wasted"]:
        said += f"; a fix saves {counted(finding['wasted'], 'query')}"
    lines = [f"{said}.", *advice(finding), f"Seen in {seen(finding)}."]
    return "\n".join(lines)


def _message(text: str) -> dict[str, str]:
    """Where brackets would be a link (3.11.6), they are said to be none."""
    return {"text": re.sub(r"[\[\]]", r"\\\g<0>", text) if "](" in text else text}


def _locations(finding: dict[str, Any]) -> list[dict[str, Any]]:
    found = _location(nearest_place(finding))
    return [] if found is None else [found]


def _location(place: dict[str, Any] | None) -> dict[str, Any] | None:
    if place is None or not is_file_name(place["file"]):
        return None
    region: dict[str, Any] = {"startLine": place["line"]}
    span = source_span(site_of(place))
    if span is not None:
        start, last, end = span
        region |= {"startColumn": start + 1, "endLine": last, "endColumn": end + 1}
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": artifact(place["file"]), "region": region}
    }
    if place["function"]:
        name = safe(place["function"])
        location["logicalLocations"] = [{"fullyQualifiedName": name}]
    return location


def artifact(file: str) -> dict[str, str]:
    """The location of a file: relative to the checkout where it is below it."""
    path = path_in_checkout(file)
    if path.startswith("/") or Path(path).is_absolute():
        return {"uri": f"file:///{_quoted(path.lstrip('/'))}"}
    # Without the dot a first segment with a colon would be a scheme (RFC 3986, 4.2).
    return {"uri": _quoted(path).replace(":", "%3A"), "uriBaseId": _ROOT}


def _quoted(path: str) -> str:
    return quote(path, safe="/:", errors="replace")


def _related(finding: dict[str, Any]) -> list[dict[str, Any]]:
    fix = finding["fix"] or {"where": None}
    places = [
        *(
            (each["location"], f"{each['count']} of the queries: {_level(each)}.")
            for each in walk(finding)
            if each is not finding
        ),
        (fix["where"], "The place of the fix."),
        (finding["origin"], "The queryset that the rows came from."),
    ]
    related: list[dict[str, Any]] = []
    known: set[tuple[str | None, str]] = set()
    for place, text in places:
        location = _location(place)
        if location is None or (place_name(place), text) in known:
            continue
        known.add((place_name(place), text))
        related.append({"id": len(related) + 1, **location, "message": _message(text)})
    return related[:_MOST_RELATED]


def _level(finding: dict[str, Any]) -> str:
    field = finding["field_path"]
    return f"{subject(finding)}, for {safe(field)}" if field else subject(finding)


def _edit(finding: dict[str, Any]) -> dict[str, Any] | None:
    """The fix as a change of the source, where it is one beyond doubt."""
    found = insertion(finding["fix"])
    if found is None:
        return None
    region = {"startLine": found.line, "startColumn": found.column + 1}
    region |= {"endLine": found.line, "endColumn": found.column + 1}
    replacement = {"deletedRegion": region, "insertedContent": {"text": found.text}}
    change = {
        "artifactLocation": artifact(finding["fix"]["where"]["file"]),
        "replacements": [replacement],
    }
    return {
        "description": {"text": f"Add {safe(found.text)} to the queryset."},
        "artifactChanges": [change],
    }
