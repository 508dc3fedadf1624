"""gunicorn's settings, which it reads by itself: ``gunicorn config.wsgi``."""

import os
from pathlib import Path

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"

# Processes, and requests at a time in each: a thread that waits for the database waits alone.
# A process holds as many database connections as it has threads.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))

# The longest that gunicorn takes: a URL with many filters is longer than its default of 4,094.
limit_request_line = 8_190

# Longer than a proxy keeps an idle connection (60 s with most): else it sends a request into one
# that is being closed, and answers 502.
keepalive = 75

timeout = 30
graceful_timeout = 30
# A process makes room for a new one some day, and not all at once.
max_requests = 10_000
max_requests_jitter = 1_000

# Heartbeats are files: on a disk they may block the worker.
if Path("/dev/shm").is_dir():  # noqa: S108  Linux's memory
    worker_tmp_dir = "/dev/shm"  # noqa: S108
control_socket_disable = True

# The application logs a line for each request, with its id; gunicorn's has none.
accesslog = None
logconfig_dict = {
    "formatters": {"line": {"()": "observability.logs.json_formatter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "line",
        },
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "gunicorn.access": {"handlers": [], "level": "WARNING", "propagate": False},
    },
}
