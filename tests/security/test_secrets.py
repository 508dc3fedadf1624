"""No value of a request reaches any output: planted everywhere, looked for everywhere."""

from __future__ import annotations

import json
import logging

import pytest
import sentry_sdk
from django.test import Client, override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY, generate_latest

from nplusone_guard.dashboard import recording
from nplusone_guard.integrations import sentry
from nplusone_guard.report.console import render, to_svg
from nplusone_guard.report.github import render as to_github
from nplusone_guard.report.json import to_json
from nplusone_guard.report.junit import properties
from nplusone_guard.report.write import render as of_run
from nplusone_guard.suite.run import Run, Seen
from tests import serving
from tests.telemetry.test_sentry import Kept

#: What could be a password, a token, a card's number or a name; nothing that stands in our text.
SECRETS = st.one_of(
    st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789", min_size=8, max_size=24),
    st.text("0123456789", min_size=12, max_size=16),
    st.builds("{}-{} ü€{}".format, st.integers(10**6, 10**9), st.integers(10**6), st.uuids()),
).map("zq{}qz".format)

EXPORTERS = [
    f"nplusone_guard.integrations.{name}.export"
    for name in ("logs", "opentelemetry", "prometheus", "sentry")
]


@pytest.fixture
def site(tmp_path, db):
    path = tmp_path / "guard.sqlite3"
    with override_settings(
        DEBUG=True,
        ROOT_URLCONF="tests.security.urls",
        MIDDLEWARE=[serving.MIDDLEWARE],
        NPLUSONE_GUARD={
            "DASHBOARD": {"PATH": str(path)},
            "EXPORTERS": EXPORTERS,
            "EXPLAIN": True,
            "SLOW_QUERY_MS": 0.0001,
            "REPORTERS": ["nplusone_guard.report.console.log", "tests.serving.collect"],
        },
    ):
        yield path


def written(path):
    """All bytes of the store's files."""
    assert recording.writer().flush()
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


def shown(reports, tmp_path):
    """Each report in each format."""
    run = Run()
    for number, report in enumerate(reports):
        run.record(Seen(report, "tests/test_orders.py::test_list", number))
        picture = tmp_path / "report.svg"
        to_svg(report, picture)
        yield picture.read_text()
        yield render(report)
        yield to_json(report)
        yield repr(report)
    yield repr(properties(reports))
    plain = run.to_dict()
    yield to_github(plain)
    for form in ("html", "json", "md", "sarif"):
        yield of_run(plain, form)


@pytest.mark.parametrize("view", ["asking", "failing"])
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(secrets=st.lists(SECRETS, min_size=5, max_size=5, unique=True))
def test_no_value_of_a_request_is_in_any_output(  # noqa: PLR0913  one fixture an output
    view, secrets, site, caplog, tmp_path, monkeypatch
):
    caplog.set_level(logging.DEBUG, "nplusone_guard")
    caplog.clear()
    serving.reports.clear()
    monkeypatch.setattr(sentry, "_sent", {})
    transport = Kept()
    client = sentry_sdk.Client(
        dsn="https://key@sentry.invalid/1", transport=transport, default_integrations=False
    )
    spans = InMemorySpanExporter()
    tracing = TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    query, cookie, header, token, body = secrets
    browser = Client()
    browser.cookies["session"] = cookie.encode("ascii", "ignore").decode()
    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(client)
        with tracing.get_tracer("test").start_as_current_span("POST"):
            response = browser.post(
                f"/{view}/?{'q'}={query}",
                json.dumps({"password": body}),
                content_type="application/json",
                headers={
                    "x-api-key": header.encode("ascii", "ignore").decode(),
                    "authorization": f"Bearer {token.encode('ascii', 'ignore').decode()}",
                },
            )
    client.close()
    tracing.shutdown()
    assert response.status_code == 200
    assert len(serving.reports) == 1
    outputs = {
        "formats": "\n".join(shown(serving.reports, tmp_path)),
        "log": caplog.text,
        "store": written(site).decode("utf-8", "replace"),
        "sentry": json.dumps(transport.events, default=str, ensure_ascii=False),
        "spans": "".join(span.to_json() for span in spans.get_finished_spans()),
        "prometheus": generate_latest(REGISTRY).decode(),
        "headers": repr(response.headers),
    }
    assert all(outputs.values())
    for name, text in outputs.items():
        for secret in secrets:
            for part in {
                secret,
                secret.encode("ascii", "ignore").decode(),
                json.dumps(secret)[1:-1],
            }:
                assert part not in text, name
