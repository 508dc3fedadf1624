"""A tab in locust's web UI, with the table.

https://docs.locust.io/en/stable/extending-locust.html#extending-web-ui
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nplusone_guard.load import tables

if TYPE_CHECKING:
    from nplusone_guard.load.measures import Measures

_KEY = "nplusone-guard"


def extend(web_ui: Any, measures: Measures) -> None:
    """Add the tab, its table and its file of CSV to a ``locust.web.WebUI``."""
    from flask import Response  # noqa: PLC0415  it comes with locust

    arguments = web_ui.template_args
    arguments.setdefault("extended_tabs", []).append({"title": "Queries", "key": _KEY})
    arguments.setdefault("extended_tables", []).append(
        {
            "key": _KEY,
            "structure": [{"key": key, "title": title} for key, title in tables.COLUMNS],
        }
    )
    arguments.setdefault("extended_csv_files", []).append(
        {"href": f"/{_KEY}/csv", "title": "Download queries CSV"}
    )

    @web_ui.app.after_request
    def add_rows(response: Any) -> Any:
        from flask import request  # noqa: PLC0415  the same

        if request.path.endswith("/stats/requests") and response.is_json:
            content = response.get_json()
            content.setdefault("extended_stats", []).append(
                {"key": _KEY, "data": tables.rows(measures)}
            )
            response.set_data(web_ui.app.json.dumps(content))
        return response

    @web_ui.app.route(f"/{_KEY}/csv")
    @web_ui.auth_required_if_enabled
    def guard_csv() -> Response:
        return Response(
            tables.to_csv(measures),
            mimetype="text/csv",
            headers={"Content-Disposition": "attachment; filename=queries.csv"},
        )
