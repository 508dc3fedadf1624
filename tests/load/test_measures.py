"""What the plugin of locust counts, and when its gates break."""

from __future__ import annotations

import json

import pytest

from nplusone_guard.load.gates import Gate, Gates
from nplusone_guard.load.measures import Endpoint, Measures, Reading, read
from nplusone_guard.load.tables import rows, to_csv, to_html, to_json, to_text

KEY = ("GET", "/orders/")


def measured(*queries, times=(100.0,), failed=False):
    measures = Measures()
    for count in queries:
        for time in times:
            reading = None if count is None else Reading(count, 10.0, 30.0)
            measures.add(KEY, time, reading, failed=failed)
    return measures


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            {
                "X-Guard-Queries": "152",
                "Server-Timing": 'db;dur=7.7;desc="152 queries", app;dur=76.5',
            },
            Reading(152, 7.7, 76.5),
        ),
        (
            {"X-Guard-Queries": "3", "Server-Timing": "cdn;dur=9, app;dur=2, db;dur=1.5"},
            Reading(3, 1.5, 2.0),
        ),
        ({"X-Guard-Queries": "3"}, Reading(3, 0.0, 0.0)),
        ({"Server-Timing": "db;dur=1"}, None),
        ({"X-Guard-Queries": "many"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_headers_are_read(headers, expected):
    assert read(headers) == expected


def test_percentiles_are_not_rounded():
    endpoint = Endpoint()
    for number in range(1, 101):
        endpoint.add(1_000 + number, None, failed=False)
    assert endpoint.percentile(0.95) == 1_095.0
    assert endpoint.percentile(0.5) == 1_050.0
    assert Endpoint().percentile(0.5) is None


def test_what_workers_send_adds_up_to_what_one_process_sees():
    alone = measured(4, 152, None, times=(10.0, 250.5))
    master = Measures()
    for queries in (4, 152, None):
        worker = measured(queries, times=(10.0, 250.5))
        master.merge(json.loads(json.dumps(worker.take())))
        assert worker.take() == []  # what was sent is not sent again
    assert rows(master) == rows(alone)


@pytest.mark.parametrize(
    ("gate", "measures", "said"),
    [
        (Gate(max_queries=10), measured(4, 11), ["GET /orders/: 11 queries, 10 allowed"]),
        (Gate(max_queries=11), measured(4, 11), []),
        (
            Gate(max_queries=11),
            measured(None),
            ["GET /orders/: no response had the header X-Guard-Queries (set HEADERS of the guard)"],
        ),
        (
            Gate(p95_ms=100),
            measured(1, times=(100.1,)),
            ["GET /orders/: p95 of 100.1 ms, 100 ms allowed"],
        ),
        (Gate(p95_ms=100), measured(1, times=(100.0,)), []),
        (
            Gate(max_fail_ratio=0.01),
            measured(1, failed=True),
            ["GET /orders/: 1 of 1 requests failed (100.00%), 1.00% allowed"],
        ),
        (Gate(max_queries=1), Measures(), ["no request was seen, so nothing holds"]),
    ],
)
def test_a_gate_says_endpoint_limit_and_actual(gate, measures, said):
    assert Gates(gate, {}).broken(measures) == said


def test_a_file_has_gates_by_endpoint(tmp_path):
    path = tmp_path / "gates.toml"
    path.write_text(
        '[default]\nmax_queries = 3\np95_ms = 50\n["GET /orders/"]\nmax_queries = 11\n'
        '["GET /gone/"]\np95_ms = 1\n'
    )
    gates = Gates.read(path, Gate(p95_ms=200))
    assert gates.broken(measured(11)) == ["GET /gone/: it was never requested"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[default\n", "line 1"),
        ("default = 3\n", "'default' takes a table of limits"),
        ("[default]\nqueries = 3\n", "'queries' is none of them"),
        ("[default]\nmax_queries = -1\n", "max_queries of 'default' takes a number from 0, not -1"),
    ],
)
def test_a_file_that_can_not_be_read_is_named(tmp_path, text, said):
    path = tmp_path / "gates.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"gates\.toml") as raised:
        Gates.read(path, Gate())
    assert said in str(raised.value)


def test_the_tables_say_the_same():
    measures = measured(4, 6)
    measures.add(("GET", "/<b>\x1b[31m/"), 1.0, None, failed=True)
    assert "/orders/" in to_text(measures)
    assert "\x1b" not in to_text(measures)
    (line,) = [line for line in to_csv(measures).splitlines() if "/orders/" in line]
    assert line == "GET,/orders/,2,0,5.0,6,10.0,30.0,25.0,100.0,100.0,100.0"
    assert json.loads(to_json(measures))["endpoints"][1]["queries_max"] == 6
    page = to_html(measures)
    assert "/&lt;b&gt;" in page
    assert "<b>" not in page
