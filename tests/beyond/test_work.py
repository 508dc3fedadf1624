"""Tasks, messages, commands: traced by the real libraries' own hooks."""

from __future__ import annotations

import io

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import override_settings

from nplusone_guard import allow
from nplusone_guard.background import traced_work
from nplusone_guard.capture.scope import active
from tests import serving
from tests.shop.models import Order


def names():
    return [order.customer.name for order in Order.objects.all()]


@pytest.fixture
def reports():
    serving.reports.clear()
    with override_settings(NPLUSONE_GUARD={"REPORTERS": ["tests.serving.collect"]}):
        yield serving.reports
    serving.reports.clear()


# --- Any work ---


def test_a_block_of_work_is_reported_as_a_request_is(shop, reports):
    with traced_work("JOB", "nightly"):
        names()
    (report,) = reports
    assert (report.label, report.queries) == ("JOB nightly", 6)
    assert (report.trace.method, report.trace.route) == ("JOB", "nightly")


def test_work_that_fails_is_not_reported_and_leaves_no_trace_open(shop, reports):
    with pytest.raises(ZeroDivisionError), traced_work("JOB", "nightly"):
        len(names()) / 0
    assert reports == []
    assert active.get() is None


def test_the_budget_of_its_name_holds(shop):
    serving.reports.clear()
    settings = {
        "REPORTERS": ["tests.serving.collect"],
        "BUDGETS": {"JOB nightly": {"queries": 2}},
        "ACTION": "raise",
    }
    with override_settings(NPLUSONE_GUARD=settings), traced_work("JOB", "nightly"):
        names()
    (violation,) = serving.reports.pop().violations
    assert (violation.limit, violation.actual) == ("queries", 6)


def test_what_is_allowed_within_is_allowed(shop, reports):
    with (
        traced_work("JOB", "nightly"),
        allow(relation="shop.Order.customer", reason="five at most"),
    ):
        names()
    assert reports[0].findings == ()


def test_work_that_is_not_sampled_is_not_traced(shop):
    serving.reports.clear()
    settings = {"REPORTERS": ["tests.serving.collect"], "SAMPLE_RATE": 0.0}
    with override_settings(NPLUSONE_GUARD=settings), traced_work("JOB", "nightly"):
        names()
    assert serving.reports == []


def test_work_that_is_not_sampled_traces_no_budget_within_it_either(shop):
    from nplusone_guard import query_budget

    serving.reports.clear()
    settings = {"REPORTERS": ["tests.serving.collect"], "SAMPLE_RATE": 0.0, "ACTION": "raise"}
    with override_settings(NPLUSONE_GUARD=settings), traced_work("JOB", "nightly"):
        query_budget(queries=1)(names)()
    assert serving.reports == []


# --- Celery ---


@pytest.fixture
def app():
    celery = pytest.importorskip("celery")
    import nplusone_guard.integrations.celery  # noqa: F401

    app = celery.Celery(
        "tests", broker="memory://", backend="cache+memory://", set_as_current=False
    )

    @app.task(name="shop.tasks.bill", shared=False)
    def bill():
        return names()

    @app.task(name="shop.tasks.bill_apart", shared=False)
    def bill_apart():
        """For a thread of its own, whose connection to a database in memory Django leaves open."""
        found = names()
        connection.connection.close()
        connection.connection = None
        return found

    @app.task(name="shop.tasks.fail", shared=False)
    def fail():
        names()
        raise ZeroDivisionError

    @app.task(name="shop.tasks.both", shared=False)
    def both():
        bill.apply()
        return Order.objects.count()

    return app


def test_a_task_is_a_trace(app, shop, reports):
    assert len(app.tasks["shop.tasks.bill"].apply().get()) == 5
    (report,) = reports
    assert report.label == "TASK shop.tasks.bill"
    assert report.queries == 6
    (finding,) = report.findings
    assert finding.relation == "shop.Order.customer"
    assert finding.fix.code == 'select_related("customer")'


def test_a_task_that_fails_is_reported_and_leaves_no_trace_open(app, shop, reports):
    assert app.tasks["shop.tasks.fail"].apply().failed()
    assert [report.queries for report in reports] == [6]
    assert active.get() is None


def test_a_task_within_a_task_is_in_both(app, shop, reports):
    app.tasks["shop.tasks.both"].apply()
    assert [(report.label, report.queries) for report in reports] == [
        ("TASK shop.tasks.bill", 6),
        ("TASK shop.tasks.both", 7),
    ]


def test_a_worker_s_task_is_a_trace(app, committed_shop, reports):
    testing = pytest.importorskip("celery.contrib.testing.worker")
    from celery.signals import setup_logging

    def leave_alone(**kwargs):
        """A receiver keeps Celery from setting up the logging of this process."""

    setup_logging.connect(leave_alone)
    with testing.start_worker(app, pool="solo", perform_ping_check=False, loglevel="ERROR"):
        app.tasks["shop.tasks.bill_apart"].delay().get(timeout=20)
    setup_logging.disconnect(leave_alone)
    assert [report.label for report in reports] == ["TASK shop.tasks.bill_apart"]


# --- Channels ---


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_a_message_of_a_consumer_is_a_trace(kind, committed_shop, reports):
    pytest.importorskip("channels")
    from asgiref.sync import sync_to_async
    from asgiref.testing import ApplicationCommunicator  # that of channels wants daphne
    from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer

    from nplusone_guard.integrations.channels import TracedConsumer

    class Asynchronous(TracedConsumer, AsyncWebsocketConsumer):
        async def receive(self, text_data=None, bytes_data=None):
            await self.send(", ".join(await sync_to_async(names)()))

    class Synchronous(TracedConsumer, WebsocketConsumer):
        def receive(self, text_data=None, bytes_data=None):
            self.send(", ".join(names()))

    consumer = Asynchronous if kind == "async" else Synchronous

    async def talk():
        scope = {"type": "websocket", "path": "/chat/"}
        talking = ApplicationCommunicator(consumer.as_asgi(), scope)
        await talking.send_input({"type": "websocket.connect"})
        assert (await talking.receive_output(10))["type"] == "websocket.accept"
        await talking.send_input({"type": "websocket.receive", "text": "names"})
        answer = await talking.receive_output(10)
        await talking.send_input({"type": "websocket.disconnect", "code": 1000})
        await talking.wait(10)
        return answer["text"]

    assert async_to_sync(talk)().startswith("customer 0")
    received = [report for report in reports if report.label.endswith("websocket.receive")]
    assert [report.queries for report in received] == [6]
    assert received[0].findings[0].relation == "shop.Order.customer"
    assert any(report.label.endswith("websocket.disconnect") for report in reports)
    connections.close_all()


# --- Commands ---


def test_a_command_is_traced_from_outside(shop, reports):
    out, said = io.StringIO(), io.StringIO()
    call_command("guard_run", "list_customers", stdout=out, stderr=said)
    assert "manage.py list_customers  6 queries" in said.getvalue()
    assert 'select_related("customer")' in said.getvalue()


def test_its_arguments_are_handed_on(shop):
    said = io.StringIO()
    call_command("guard_run", "list_customers", "--most", "2", stderr=said)
    assert "3 queries" in said.getvalue()


def test_it_fails_where_it_is_told_to(shop):
    with pytest.raises(CommandError, match="list_customers repeats its queries"):
        call_command("guard_run", "--fail", "list_customers", stderr=io.StringIO())
