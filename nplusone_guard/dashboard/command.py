"""``manage.py guard_report``: the store from a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplusone_guard.commands import OK, UNUSABLE
from nplusone_guard.dashboard.collected import collected
from nplusone_guard.dashboard.filters import ANY, NONE, Filters
from nplusone_guard.dashboard.listing import found_in, ms, shown
from nplusone_guard.dashboard.recording import store
from nplusone_guard.report.html import render
from nplusone_guard.report.run import run_to_json
from nplusone_guard.report.text import safe
from nplusone_guard.report.words import (
    WORDINGS,
    advice,
    counted,
    headline,
    place_name,
    subject,
)

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Callable, Iterator

    from nplusone_guard.dashboard.store import Row, Store, Stored

_LISTED = 50
_ALL = 1_000_000


def add_store_subcommands(
    parser: ArgumentParser, subcommands: _SubParsersAction[ArgumentParser]
) -> None:
    """``list`` and ``show``; without one of them, the options stand for all that is stored."""
    listing = subcommands.add_parser(
        "list",
        help="the requests that the dashboard has stored",
        description="The requests that the dashboard has stored, the last one first.",
    )
    listing.add_argument("--path", default="", help="only those with this in their path")
    listing.add_argument("--status", default="", help="only those of this status: 404, 4xx")
    listing.add_argument(
        "--finding",
        default="",
        choices=[ANY, NONE, *WORDINGS],
        help="only those with such a finding",
    )
    listing.add_argument("--limit", type=int, default=_LISTED, help=f"at most (default {_LISTED})")
    _add_outputs(listing)
    listing.set_defaults(subcommand=_list)
    showing = subcommands.add_parser(
        "show",
        help="one of them, with its findings and fixes",
        description="A request that the dashboard has stored, with its findings and fixes.",
    )
    showing.add_argument("id", help="its id, as `list` and its page have it")
    _add_outputs(showing)
    showing.set_defaults(subcommand=_show)
    parser.add_argument("--clear", action="store_true", help="forget all stored requests")
    _add_outputs(parser, "all_")
    parser.set_defaults(subcommand=_everything)


def _add_outputs(parser: ArgumentParser, prefix: str = "") -> None:
    for form, what in (("html", "a page"), ("json", "JSON")):
        parser.add_argument(
            f"--{form}",
            dest=f"{prefix}{form}",
            metavar="FILE",
            help=f'write {what} to this file, "-" for the terminal',
        )


def _everything(options: Namespace) -> tuple[str, int]:
    held = store()
    if options.clear:
        return f"Forgot {counted(held.clear(), 'request')} in {held.path}.\n", OK
    if not options.all_html and not options.all_json:
        return _table(held, held.list(limit=_LISTED)), OK
    return _run(held, held.list(limit=_ALL), options.all_html, options.all_json)


def _list(options: Namespace) -> tuple[str, int]:
    held = store()
    filters = Filters(path=options.path, status=options.status, finding=options.finding)
    rows = held.list(filters, limit=max(options.limit, 1))
    if options.html or options.json:
        return _run(held, rows, options.html, options.json)
    return _table(held, rows), OK


def _run(held: Store, rows: Any, html: str | None, as_json: str | None) -> tuple[str, int]:
    run = collected(_stored(held, reversed(rows)))
    return _written((html, lambda: render(run)), (as_json, lambda: run_to_json(run))), OK


def _stored(held: Store, rows: Any) -> Iterator[Stored]:
    """The requests with all that is known, but for those that went meanwhile."""
    for row in rows:
        found = held.get(row.id)
        if found is not None:
            yield found


def _show(options: Namespace) -> tuple[str, int]:
    held = store()
    found = held.get(options.id)
    if found is None:
        return f"{held.path} has no request {safe(options.id)}.\n", UNUSABLE
    if options.html or options.json:
        report = json.dumps(found.payload["report"], indent=2) + "\n"
        return _written(
            (options.html, lambda: render(collected([found]))), (options.json, lambda: report)
        ), OK
    return "".join(f"{line}\n" for line in _told(found)), OK


def _written(*outputs: tuple[str | None, Callable[[], str]]) -> str:
    """Write each to its file; what is for the terminal is given back."""
    text = ""
    for file, make in outputs:
        if file == "-":
            text += make()
        elif file:
            Path(file).write_text(make(), "utf-8")
            text += f"{file}\n"
    return text


def _table(held: Store, rows: Any) -> str:
    if not rows:
        return f"No request in {held.path}.\n"
    return "".join(f"{_line(row)}\n" for row in rows)


def _line(row: Row) -> str:
    words = shown(row)
    found = ", ".join([*found_in(row), *([words["saves"]] if row.wasted else [])])
    return (
        f"{row.id}  {words['time']}  {words['status'] or '-':>3}  {words['counted']:>13}  "
        f"{words['took']:>10}  {words['method']} {words['path']}{f'  {found}' if found else ''}"
    )


def _told(found: Stored) -> Iterator[str]:
    row, report = found.row, found.payload["report"]
    yield f"{safe(row.method)} {safe(row.path)}  {'' if row.status is None else row.status}"
    yield (
        f"{counted(row.queries, 'query')}, {counted(row.rows, 'row')}, "
        f"db {ms(row.db_ms)} of {ms(row.wall_ms)}"
    )
    for each in report["violations"]:
        yield f"over budget: {each['actual']:,} {safe(each['limit'])}, allowed {each['allowed']:,}"
    for finding in report["findings"]:
        yield ""
        yield headline(finding)
        if finding["location"] is not None:
            yield f"  at    {place_name(finding['location'])}"
        if finding["field_path"]:
            yield f"  field {safe(finding['field_path'])}"
        for number, line in enumerate(advice(finding)):
            yield f"  {'fix  ' if not number else '     '} {line}"
    yield ""
    for group in report["groups"]:
        place = place_name(group["location"]) or ""
        yield f"{group['count']:>6}x {ms(group['db_ms']):>10}  {subject(group)}  {place}".rstrip()
