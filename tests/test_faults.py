"""A fault of the guard's own, in every stage: the app does not notice, and the log has it once."""

from __future__ import annotations

from functools import reduce
from importlib import import_module

import pytest
from asgiref.sync import async_to_sync

from nplusone_guard import capture, query_budget
from tests.serving import WAYS, chunks, guarded, reports, wsgi
from tests.shop.models import Order

CAPTURE = "nplusone_guard.capture"
#: Stage → (what fails, the view that comes by it).
STAGES = {
    "the settings": ("nplusone_guard.middleware:guard_settings", "orders"),
    "a scope": ("nplusone_guard.middleware:Scope", "orders"),
    "attaching": (f"{CAPTURE}.attach:attach", "orders"),
    "activation": ("nplusone_guard.pipeline:Scope.activate", "orders"),
    "the budget of a view": ("nplusone_guard.middleware:declared_budgets", "orders"),
    "a lane": (f"{CAPTURE}.recorder:Recorder.open_lane", "orders"),
    "finding the group": (f"{CAPTURE}.lane:Lane.locate", "orders"),
    "the walk": (f"{CAPTURE}.lane:find", "orders"),
    "what is written": (f"{CAPTURE}.lane:written_table", "orders"),
    "a field": (f"{CAPTURE}.callsite:read_field", "orders/serialized"),
    "the memo": (f"{CAPTURE}.lane:Memo", "orders/serialized"),
    "the marks": (f"{CAPTURE}.recorder:unchanged", "orders/serialized"),
    "the access": (f"{CAPTURE}.lane:look", "orders"),
    "the rows": (f"{CAPTURE}.rows:Rows.note", "orders"),
    "the parameters": (f"{CAPTURE}.lane:parameters_hash", "orders"),
    "the cursor": (f"{CAPTURE}.recorder:counting_class", "orders"),
    "blanking": (f"{CAPTURE}.lane:blanked", "raw"),
    "folding": (f"{CAPTURE}.group:fold", "orders"),
    "settling": (f"{CAPTURE}.recorder:settle", "orders"),
    "closing": (f"{CAPTURE}.recorder:Recorder.close", "orders"),
    "freezing": (f"{CAPTURE}.group:Group.frozen", "orders"),
    "the trace": ("nplusone_guard.pipeline:Trace", "orders"),
    "detection": ("nplusone_guard.pipeline:detect", "orders"),
    "advice": ("nplusone_guard.pipeline:advise", "orders"),
    "suppression": ("nplusone_guard.pipeline:suppress", "orders"),
    "the budget of a route": ("nplusone_guard.conf:GuardSettings.budget_for", "orders"),
    "judgement": ("nplusone_guard.budget:Budget.violations", "orders"),
    "headers": ("nplusone_guard.middleware:add_headers", "orders"),
    "emission": ("nplusone_guard.middleware:emit", "orders"),
    "rendering": ("nplusone_guard.report.log:render", "orders"),
    "a reporter": ("tests.serving:collect", "orders"),
}
SHOWING = {"REPORTERS": ["nplusone_guard.report.console.log", "tests.serving.collect"]}


def fault(*_, **__):
    raise RuntimeError("injected")


def break_down(monkeypatch, stage, how=fault):
    """Have a function fail; by module, since a subpackage shares its name with a function."""
    module, _, name = stage.partition(":")
    *owners, last = name.split(".")
    owner = reduce(getattr, owners, import_module(module))
    monkeypatch.setattr(owner, last, how)


def faults(caplog):
    return [each for each in caplog.records if each.exc_info and each.name == "nplusone_guard"]


def seen(response):
    """All that a client sees."""
    return response.status_code, dict(response.headers), response.content


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", STAGES)
def test_the_response_is_the_one_without_the_guard(name, way, shop, monkeypatch, caplog):
    send, prefix = WAYS[way]
    stage, view = STAGES[name]
    with guarded(middleware=[]):
        plain = seen(send(f"/{prefix}{view}/"))
    with monkeypatch.context() as patch:
        break_down(patch, stage)
        with guarded(**SHOWING, HEADERS=stage.endswith("headers")):
            response = seen(send(f"/{prefix}{view}/"))
    assert response == plain
    assert len(faults(caplog)) == 1
    assert "injected" in caplog.text
    with guarded():
        send(f"/{prefix}{view}/")
    assert [len(report.findings) for report in reports] == [1]


@pytest.mark.parametrize("way", ["wsgi", "asgi-async"])
@pytest.mark.parametrize(
    "stage",
    [
        "nplusone_guard.streaming:_Traced.__init__",
        f"{CAPTURE}.lane:find",
        f"{CAPTURE}.recorder:settle",
        "nplusone_guard.pipeline:detect",
        "nplusone_guard.middleware:emit",
    ],
)
def test_a_stream_is_the_one_without_the_guard(stage, way, shop, monkeypatch, caplog):
    send, prefix = WAYS[way]
    with guarded(middleware=[]):
        plain = chunks(way, send(f"/{prefix}stream/"))
    break_down(monkeypatch, stage)
    with guarded():
        assert chunks(way, send(f"/{prefix}stream/")) == plain
    assert len(faults(caplog)) == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_coroutine_that_is_not_found_is_no_fault(way, shop, monkeypatch, caplog):
    send, prefix = WAYS[way]
    break_down(monkeypatch, f"{CAPTURE}.callsite:awaiting_frames", lambda _: [])
    with guarded():
        send(f"/{prefix}orders/")
    assert [report.queries for report in reports] == [6]
    assert faults(caplog) == []


RECORDING = [
    "lane:find",
    "lane:look",
    "lane:parameters_hash",
    "recorder:counting_class",
    "recorder:settle",
]
ASSESSING = ["detect", "suppress", "advise", "Trace"]


@pytest.mark.parametrize("stage", RECORDING)
def test_a_block_runs_to_its_end_and_its_report_says_that_there_is_none(
    stage, shop, monkeypatch, caplog
):
    with monkeypatch.context() as patch:
        break_down(patch, f"{CAPTURE}.{stage}")
        with capture() as report:
            names = [order.customer.name for order in Order.objects.all()]
    assert len(names) == 5
    assert len(faults(caplog)) == 1
    with pytest.raises(RuntimeError, match="no report"):
        report.queries


@pytest.mark.parametrize("stage", ASSESSING)
def test_a_block_runs_to_its_end_and_reading_its_report_tells_the_fault(
    stage, shop, monkeypatch, caplog
):
    break_down(monkeypatch, f"nplusone_guard.pipeline:{stage}")
    with capture() as report:
        names = [order.customer.name for order in Order.objects.all()]
    assert len(names) == 5
    assert len(faults(caplog)) == 1
    with pytest.raises(RuntimeError, match="injected"):
        report.queries


def test_an_outer_report_that_lacks_the_queries_of_an_inner_one_is_none(shop, monkeypatch, caplog):
    with capture() as outer:
        with monkeypatch.context() as patch, capture() as inner:
            break_down(patch, f"{CAPTURE}.lane:find")
            Order.objects.count()
        Order.objects.count()
    for report in (inner, outer):
        with pytest.raises(RuntimeError, match="no report"):
            report.queries
    assert len(faults(caplog)) == 1


@pytest.mark.parametrize(
    "stage",
    [
        "nplusone_guard.conf:guard_settings",
        "nplusone_guard.pipeline:open_scope",
        f"{CAPTURE}.lane:find",
        f"{CAPTURE}.recorder:settle",
        "nplusone_guard.pipeline:detect",
        "nplusone_guard.emit:emit",
    ],
)
@pytest.mark.parametrize("action", ["warn", "raise"])
def test_a_function_with_a_budget_returns_what_it_would(stage, action, shop, monkeypatch, caplog):
    def count():
        return Order.objects.count()

    @query_budget(queries=1)
    async def acount():
        return await Order.objects.acount()

    with guarded(ACTION=action), monkeypatch.context() as patch:
        break_down(patch, stage)
        assert query_budget(queries=1)(count)() == 5
        assert len(faults(caplog)) == 1
        assert async_to_sync(acount)() == 5
    assert len(faults(caplog)) == 2


def test_a_fault_is_not_what_a_query_raises(shop, caplog):
    with guarded(), pytest.raises(Order.DoesNotExist):
        wsgi("/orders/0/")
    assert faults(caplog) == []
