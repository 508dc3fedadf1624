"""The tools, each switched on as its documentation says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

GUARD = "nplusone_guard"


@dataclass(frozen=True)
class Tool:
    """``package`` on the package index; how its documentation says to switch it on.

    ``middleware`` stands first, or last where ``last``.  ``how``: one line for the reader of the
    tables.  ``detects``: whether it names repeated queries by itself.  ``meant``: to see what.
    """

    package: str
    how: str
    app: str = ""
    middleware: str = ""
    last: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    detects: bool = True
    meant: str = ""


TOOLS = {
    GUARD: Tool(
        package="",
        meant="repeated statements of any kind, by the place that they come from",
        how="`GuardMiddleware`, its reports read by a reporter",
        app="nplusone_guard",
        middleware="nplusone_guard.middleware.GuardMiddleware",
        settings={
            "NPLUSONE_GUARD": {"ENABLED": True, "REPORTERS": ["benchmarks.peers.adapters.keep"]}
        },
    ),
    "zeal": Tool(
        package="django-zeal",
        meant=(
            "relations, deferred columns and `get()`; no aggregates, writes or repeated questions"
        ),
        how="its middleware, with `ZEAL_RAISE = False`, so that it tells more than the first",
        app="zeal",
        middleware="zeal.middleware.zeal_middleware",
        last=True,
        settings={"ZEAL_RAISE": False},
    ),
    "nplusone": Tool(
        package="nplusone",
        meant="relations, of rows that were loaded together; and eager loads that nobody used",
        how="its middleware, its logger read",
        app="nplusone.ext.django",
        middleware="nplusone.ext.django.NPlusOneMiddleware",
    ),
    "django-nplus1": Tool(
        package="django-nplus1",
        meant=(
            "relations, deferred columns and `get()`; and eager loads that nobody "
            "used. Repeated statements are an option of its own, off by default"
        ),
        how="its middleware, its logger read",
        app="django_nplus1",
        middleware="django_nplus1.NPlus1Middleware",
    ),
    "query-doctor": Tool(
        package="django-query-doctor",
        meant=(
            "statements repeated 3 times or more, on the default database; and "
            "missing indexes, wide rows and more"
        ),
        how="`diagnose_queries()` round the request, its prescriptions read",
        app="query_doctor",
    ),
    "query-guard": Tool(
        package="django-query-guard",
        meant=(
            "statements that are sent twice, on the default database; identifiers "
            "are folded too, so that two tables may be one to it"
        ),
        how="`with query_guard():` round the request; it names the most repeated statement",
    ),
    "silk": Tool(
        package="django-silk",
        how="its middleware; requests and queries are kept in the same database",
        app="silk",
        middleware="silk.middleware.SilkyMiddleware",
        detects=False,
    ),
    "debug-toolbar": Tool(
        package="django-debug-toolbar",
        how="its middleware, shown for each request, default panels",
        app="debug_toolbar",
        middleware="debug_toolbar.middleware.DebugToolbarMiddleware",
        settings={
            "DEBUG_TOOLBAR_CONFIG": {
                "SHOW_TOOLBAR_CALLBACK": "benchmarks.peers.tools.always",
                "IS_RUNNING_TESTS": False,
            }
        },
        detects=False,
    ),
}

#: Those whose findings are compared, ours first.
DETECTORS = [name for name, tool in TOOLS.items() if tool.detects]


def always(_: object) -> bool:
    """Whether the toolbar is shown."""
    return True


def switched_on(name: str, apps: list[str], middleware: list[str]) -> dict[str, Any]:
    """Settings with the tool and without the guard, from a project's own; ``name`` may be ""."""
    apps = [each for each in apps if each != "nplusone_guard"]
    middleware = [each for each in middleware if not each.startswith("nplusone_guard.")]
    tool = TOOLS.get(name)
    if tool is None:
        return {"INSTALLED_APPS": apps, "MIDDLEWARE": middleware}
    own = [tool.middleware] if tool.middleware else []
    return {
        "INSTALLED_APPS": [*apps, *([tool.app] if tool.app else [])],
        "MIDDLEWARE": [*middleware, *own] if tool.last else [*own, *middleware],
        **tool.settings,
    }
