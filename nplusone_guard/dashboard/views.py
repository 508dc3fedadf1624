"""The views: each reads the store once or twice, and gives a page or a part of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse, HttpResponseRedirect

from nplusone_guard.dashboard.access import guarded
from nplusone_guard.dashboard.assets import asset
from nplusone_guard.dashboard.charts import endpoints as endpoints_shown
from nplusone_guard.dashboard.comparison import comparison
from nplusone_guard.dashboard.detail import detail
from nplusone_guard.dashboard.explain import NoPlanError, plan
from nplusone_guard.dashboard.filters import Filters
from nplusone_guard.dashboard.links import link as url
from nplusone_guard.dashboard.listing import choices, shown, totals_line
from nplusone_guard.dashboard.recording import dropped_here, hindrance, store
from nplusone_guard.dashboard.rendering import fragment, page
from nplusone_guard.dashboard.store import StoreError, Totals
from nplusone_guard.report.text import safe
from nplusone_guard.report.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

    from nplusone_guard.dashboard.store import Row

_ON_A_PAGE = 100
_OTHERS = 8
_TWO = 2
_YEAR = 31_536_000


@guarded("GET", "HEAD")
def listed(request: HttpRequest) -> HttpResponse:
    """The list, from the last request or from ``?before=`` on."""
    filters = Filters.of(request.GET)
    before = _cursor(request, "before")
    held = store()
    error, totals = "", Totals()
    found: Sequence[Row] = ()
    try:
        totals = held.totals()  # before the list: what comes between them is asked for again
        found = held.list(filters, before=before, limit=_ON_A_PAGE + 1)
    except StoreError as problem:
        error = safe(str(problem))
    lost = dropped_here()
    rows = found[:_ON_A_PAGE]
    newest = rows[0].seq if rows and before is None else totals.added
    return page(
        request,
        "requests.html",
        {
            "tab": "requests",
            "rows": [shown(row) for row in rows],
            "error": error,
            "lost": counted(lost, "request") if lost else "",
            "hindrance": hindrance(),
            "filters": filters,
            "route": safe(filters.route) if filters.route else "",
            "narrowed": filters != Filters(),
            "choices": choices(filters),
            "poll": "" if before is not None else _poll(filters, newest),
            "older": filters.query(before=rows[-1].seq) if len(found) > _ON_A_PAGE else "",
            "newer": filters.query() if before is not None else None,
            "totals": totals_line(totals, held.max_bytes),
            "dropped": totals.dropped,
        },
    )


@guarded("GET", "HEAD")
def rows(request: HttpRequest) -> HttpResponse:
    """What came after ``?after=``, as rows of the list; nothing, and at once, where nothing did."""
    filters = Filters.of(request.GET)
    after = _cursor(request, "after") or 0
    held = store()
    try:
        found = held.list(filters, after=after, limit=_ON_A_PAGE)
        if not found:
            response = HttpResponse(status=204)
            if held.totals().added < after:  # another file took its place
                response.headers["HX-Refresh"] = "true"
            return response
    except StoreError:
        return HttpResponse(status=204)  # the page says it when it is loaded
    if len(found) == _ON_A_PAGE:  # and older ones may be missing: the page begins anew
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return fragment(
        "rows.html",
        {
            "rows": [shown(row) for row in found],
            "poll": _poll(filters, found[0].seq),
            "fresh": True,
        },
    )


@guarded("GET", "HEAD")
def one(request: HttpRequest, name: str) -> HttpResponse:
    """One request."""
    held = store()
    try:
        stored = held.get(name)
        if stored is None:
            return _missing(request)
        row = stored.row
        same = Filters(method=row.method, route=row.route or "")
        others = held.list(same, limit=_OTHERS + 1)
    except StoreError as problem:
        return _missing(request, safe(str(problem)))
    return page(request, "request.html", {"tab": "requests", **detail(stored, others)})


@guarded("POST")
def explain(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """The plan of a request's statement: a part for htmx, else a page of its own."""
    try:
        stored = store().get(name)
    except StoreError as problem:
        return _missing(request, safe(str(problem)))
    groups = stored.payload["report"]["groups"] if stored is not None else []
    if number >= len(groups):
        return _missing(request)
    group = groups[number]
    context: dict[str, Any] = {"back": url("request", name)}
    try:
        found = plan(group["sql"], group["database"])
    except NoPlanError as reason:
        context["refused"] = safe(str(reason))
    else:
        context.update(lines=found.lines, note=found.note)
    if request.headers.get("HX-Request") == "true":
        return fragment("plan.html", context)
    return page(request, "plan_page.html", {"tab": "requests", **context})


@guarded("GET", "HEAD")
def compare(request: HttpRequest) -> HttpResponse:
    """Two requests, ``?id=`` each, side by side, the older one first; ``?swap=1`` the newer."""
    names = list(dict.fromkeys(request.GET.getlist("id")))
    context: dict[str, Any] = {"tab": "compare", "chosen": len(names)}
    if len(names) != _TWO:
        return page(request, "compare.html", context)
    held = store()
    try:
        before, after = (held.get(name) for name in names)
    except StoreError as problem:
        return _missing(request, safe(str(problem)))
    if before is None or after is None:
        return _missing(request)
    swap = request.GET.get("swap") == "1"
    before, after = sorted((before, after), key=lambda each: each.row.seq, reverse=swap)
    swapped = f"{url('compare')}?id={before.row.id}&id={after.row.id}&swap={int(not swap)}"
    return page(
        request, "compare.html", {**context, **comparison(before, after), "swapped": swapped}
    )


@guarded("GET", "HEAD")
def endpoints(request: HttpRequest) -> HttpResponse:
    """The endpoints, with what they cost over time."""
    held = store()
    error = ""
    found: list[dict[str, Any]] = []
    try:
        found = endpoints_shown(held.endpoints())
    except StoreError as problem:
        error = safe(str(problem))
    return page(request, "endpoints.html", {"tab": "endpoints", "endpoints": found, "error": error})


@guarded("POST")
def clear(request: HttpRequest) -> HttpResponse:
    """Forget all requests."""
    try:
        store().clear()
    except StoreError as problem:
        return _missing(request, safe(str(problem)))
    return HttpResponseRedirect(url("requests"))


@guarded("GET", "HEAD")
def static(_: HttpRequest, digest: str, file: str) -> HttpResponse:
    """A file for the browser; its URL changes with its content, so it may keep it."""
    found = asset(file)
    if found is None or found.digest != digest:
        raise Http404
    response = HttpResponse(found.content, content_type=found.content_type)
    response.headers["Cache-Control"] = f"private, max-age={_YEAR}, immutable"
    return response


def _missing(request: HttpRequest, error: str = "") -> HttpResponse:
    return page(request, "missing.html", {"tab": "", "error": error}, status=404)


def _poll(filters: Filters, after: int) -> str:
    return f"{url('rows')}?{filters.query(after=after)}"


def _cursor(request: HttpRequest, name: str) -> int | None:
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None  # noqa: PLR2004
