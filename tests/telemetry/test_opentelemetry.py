"""OpenTelemetry: the span, the events, the metrics; in memory, and over OTLP to a receiver."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

pytest.importorskip("opentelemetry.sdk")

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from nplusone_guard.integrations import attributes
from nplusone_guard.integrations.attributes import OTHER, Bounded

EXPORT = "nplusone_guard.integrations.opentelemetry.export"
ORDERS = "api/^orders/$"


@pytest.fixture
def meter(monkeypatch):
    """The metrics so far: ``{name: {attributes: point}}``."""
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader])
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: provider)

    def points():
        found = {}
        data = reader.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points:
                        key = tuple(sorted(point.attributes.items()))
                        found.setdefault(metric.name, {})[key] = point
        return found

    yield points
    provider.shutdown()


@pytest.fixture
def tracer():
    """A tracer whose spans are kept."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    tracer.kept = exporter.get_finished_spans
    yield tracer
    provider.shutdown()


def test_the_request_s_span_says_what_it_asked_the_database(exporting, get, tracer, meter):
    with exporting(EXPORT), tracer.start_as_current_span("GET row-by-row/"):
        get("/row-by-row/")
    (span,) = tracer.kept()
    said = span.attributes
    assert said["nplusone_guard.queries"] == 6
    assert said["nplusone_guard.rows"] == 10
    assert said["nplusone_guard.findings"] == 1
    assert said["nplusone_guard.duplicates"] == 0
    assert said["nplusone_guard.truncated"] is False
    assert 0 < said["nplusone_guard.db.duration"] < 10


def test_each_finding_is_an_event(exporting, get, tracer, meter):
    with exporting(EXPORT), tracer.start_as_current_span("GET"):
        get("/row-by-row/")
    (event,) = tracer.kept()[0].events
    assert event.name == "nplusone_guard.finding"
    said = dict(event.attributes)
    assert said.pop("nplusone_guard.finding.id")
    assert said.pop("code.function.name").startswith("row_by_row")
    assert said.pop("db.query.text").startswith("SELECT ")
    assert said == {
        "nplusone_guard.finding.kind": "n_plus_one",
        "nplusone_guard.finding.count": 5,
        "nplusone_guard.finding.relation": "shop.Order.customer",
        "nplusone_guard.finding.fix": 'select_related("customer")',
        "db.query.summary": "SELECT shop_customer",
        "code.file.path": "tests/endpoints.py",
        "code.line.number": 17,
    }


def test_without_a_span_metrics_are_counted_all_the_same(exporting, get, meter):
    assert not trace.get_current_span().is_recording()
    with exporting(EXPORT):
        get("/row-by-row/")
        get("/row-by-row/")
        get("/joined/")
    found = meter()
    key = (("http.request.method", "GET"), ("http.route", "row-by-row/"))
    queries = found["nplusone_guard.request.queries"][key]
    assert (queries.count, queries.sum) == (2, 12)
    assert found["nplusone_guard.request.db.duration"][key].count == 2
    assert len(found["nplusone_guard.request.queries"]) == 2
    (finding,) = found["nplusone_guard.findings"].items()
    assert finding[0] == (
        ("http.route", "row-by-row/"),
        ("nplusone_guard.finding.kind", "n_plus_one"),
        ("nplusone_guard.finding.relation", "shop.Order.customer"),
    )
    assert finding[1].value == 2


def test_paths_that_match_no_route_are_one(exporting, get, meter):
    with exporting(EXPORT):
        for number in range(5):
            get(f"/nowhere/{number}/")
    (key,) = meter()["nplusone_guard.request.queries"]
    assert ("http.route", "(no route)") in key


def test_beyond_a_number_of_routes_they_are_one(exporting, get, meter, monkeypatch):
    monkeypatch.setattr(attributes, "routes", Bounded(1))
    with exporting(EXPORT):
        for path in ("/row-by-row/", "/joined/", "/nothing/", "/row-by-row/"):
            get(path)
    routes = [dict(key)["http.route"] for key in meter()["nplusone_guard.request.queries"]]
    assert sorted(routes) == [OTHER, "row-by-row/"]


class Receiver(BaseHTTPRequestHandler):
    """Takes what OTLP over HTTP sends; ``received``: path → bodies."""

    received: dict[str, list[bytes]]

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.setdefault(self.path, []).append(body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    handler = type("Handler", (Receiver,), {"received": {}})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler.received
    server.shutdown()
    server.server_close()
    thread.join()


def test_spans_and_metrics_arrive_over_otlp(exporting, get, receiver, monkeypatch):
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    url, received = receiver
    spans = TracerProvider()
    spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{url}/v1/metrics"))
    meters = MeterProvider(metric_readers=[reader])
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: meters)
    with exporting(EXPORT), spans.get_tracer("test").start_as_current_span("GET"):
        get("/row-by-row/")
    spans.shutdown()
    meters.shutdown()
    traces = ExportTraceServiceRequest.FromString(received["/v1/traces"][0])
    span = traces.resource_spans[0].scope_spans[0].spans[0]
    said = {each.key: each.value for each in span.attributes}
    assert said["nplusone_guard.queries"].int_value == 6
    assert [event.name for event in span.events] == ["nplusone_guard.finding"]
    sent = ExportMetricsServiceRequest.FromString(received["/v1/metrics"][0])
    names = {metric.name for metric in sent.resource_metrics[0].scope_metrics[0].metrics}
    assert names == {
        "nplusone_guard.request.queries",
        "nplusone_guard.request.db.duration",
        "nplusone_guard.findings",
    }
