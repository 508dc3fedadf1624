"""Errors to Sentry, with the request's id, and without what is private."""

from __future__ import annotations

from typing import Any

from api.request_id import request_id


def start(dsn: str, **options: Any) -> None:
    """Begin to send; further options are those of ``sentry_sdk.init``.

    The SDK itself reads ``SENTRY_ENVIRONMENT`` and ``SENTRY_RELEASE``.
    """
    import sentry_sdk  # noqa: PLC0415  without a DSN nothing of it is loaded
    from sentry_sdk.integrations.logging import ignore_logger  # noqa: PLC0415

    # Whoever scans the network asks for hosts that we are not: no fault of ours.
    ignore_logger("django.security.DisallowedHost")

    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        # They hold passwords and what queries were asked with.
        include_local_variables=False,
        max_request_body_size="never",
        before_send=_named,
        **options,
    )


def _named(event: Any, hint: Any) -> Any:
    event.setdefault("tags", {})["request_id"] = request_id()
    # Filters name people and orders.
    event.get("request", {}).pop("query_string", None)
    return event
