"""One line for each record, whoever logs it: structlog's loggers and the standard library's.

``LOGGING`` names the formatters; all goes through the one chain here.  In JSON each line begins
with the same keys: ``timestamp``, ``level``, ``logger``, ``request_id``, ``event``.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from structlog.stdlib import ProcessorFormatter

from api.request_id import request_id

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor


def configure() -> None:
    """Hand what structlog's loggers and ``warnings`` say to the standard library's logging."""
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def json_formatter() -> ProcessorFormatter:
    """For machines: an object a line, a traceback within it, without the values of variables."""
    return _formatter(
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(default=str),
    )


def console_formatter() -> ProcessorFormatter:
    """For people: colours on a terminal, and tracebacks without the values of variables."""
    return _formatter(
        structlog.dev.ConsoleRenderer(
            colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )


def _formatter(*renderers: Processor) -> ProcessorFormatter:
    return ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(["status_code"])],
        processors=[_headed, ProcessorFormatter.remove_processors_meta, *renderers],
    )


def _headed(logger: Any, method: str, event: EventDict) -> EventDict:
    """What each line begins with; nothing that is logged with it takes its place.

    Django logs a response's status when all middleware is done: that record has the request.
    """
    record = event["_record"]
    request = getattr(record, "request", None)
    head = {
        "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "request_id": getattr(request, "request_id", None) or request_id(),
        "event": event["event"],
    }
    return {**head, **event, **head}
