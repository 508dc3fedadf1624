"""``@allow(...)`` on whatever can be decorated."""

from __future__ import annotations

import asyncio
import inspect

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpResponse
from django.template import engines
from django.template.response import SimpleTemplateResponse
from django.test import RequestFactory
from django.views import View
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from nplusone_guard import allow, capture
from tests.shop.models import Order

CUSTOMER = "shop.Order.customer"

accepted = allow(relation=CUSTOMER, reason="accepted")


def read_customers():
    return [order.customer.name for order in Order.objects.all()]


def read_payers():
    return [order.payer.name for order in Order.objects.order_by("pk")]


def verdict(report):
    """(suppressed, findings) as relations by name: the report has the most expensive first."""
    return (
        sorted((each.finding.relation for each in report.suppressed), key=str),
        sorted((finding.relation for finding in report.findings), key=str),
    )


COVERED = ([CUSTOMER], [])


def test_a_function(shop):
    @accepted
    def names():
        """Read them."""
        return read_customers()

    with capture() as report:
        assert len(names()) == 5
    assert verdict(report) == COVERED
    assert (names.__name__, names.__doc__) == ("names", "Read them.")


def test_a_function_that_is_on_the_stack_several_times(shop):
    @accepted
    def names(depth):
        return names(depth - 1) if depth else read_customers()

    with capture() as report:
        names(3)
        for order in Order.objects.order_by("pk"):
            order.customer.name
    assert verdict(report) == ([CUSTOMER], [CUSTOMER])


def test_a_coroutine_function(shop):
    @accepted
    async def names():
        return await sync_to_async(read_customers)()

    async def run():
        async with capture() as report:
            assert len(await names()) == 5
        return report

    assert inspect.iscoroutinefunction(names)
    assert verdict(async_to_sync(run)()) == COVERED


def test_a_generator_is_covered_and_what_consumes_it_is_not(shop):
    @accepted
    def orders():
        for order in Order.objects.all():
            order.customer.name
            yield order

    with capture() as report:
        for order in orders():
            order.payer.name
            Order.objects.get(pk=order.pk).customer.name
    assert inspect.isgeneratorfunction(orders)
    suppressed, findings = verdict(report)
    assert suppressed == [CUSTOMER]
    assert sorted(findings, key=str) == [None, CUSTOMER, "shop.Order.payer"]


def test_generators_that_take_turns_leave_nothing_behind(shop):
    @accepted
    def first():
        yield from (1, 2)

    @allow(relation="shop.Order.payer", reason="accepted too")
    def second():
        yield from (1, 2, 3)

    with capture() as report:
        assert list(zip(first(), second())) == [(1, 1), (2, 2)]
        read_customers()
        read_payers()
    suppressed, findings = verdict(report)
    assert suppressed == []
    assert sorted(findings) == [CUSTOMER, "shop.Order.payer"]


def test_a_generator_keeps_its_protocol():
    events = []

    @accepted
    def echo():
        got = None
        try:
            while got != "stop":
                try:
                    got = yield got
                except KeyError as error:
                    got = f"caught {error.args[0]}"
        finally:
            events.append("closed")
        return "returned"

    generator = echo()
    assert next(generator) is None
    assert generator.send("a") == "a"
    assert generator.throw(KeyError("b")) == "caught b"
    with pytest.raises(StopIteration) as end:
        generator.send("stop")
    assert end.value.value == "returned"
    assert events == ["closed"]

    generator = echo()
    next(generator)
    generator.close()
    assert events == ["closed", "closed"]


def test_an_async_generator_is_covered_and_what_consumes_it_is_not(shop):
    @accepted
    async def orders():
        async for order in Order.objects.all():
            await sync_to_async(lambda order=order: order.customer.name)()
            yield order

    async def run():
        async with capture() as report:
            async for order in orders():
                await sync_to_async(lambda order=order: order.payer.name)()
        return report

    assert inspect.isasyncgenfunction(orders)
    assert verdict(async_to_sync(run)()) == ([CUSTOMER], ["shop.Order.payer"])


def test_an_async_generator_keeps_its_protocol():
    events = []

    @accepted
    async def echo():
        got = None
        try:
            while got != "stop":
                try:
                    got = yield got
                except KeyError as error:
                    got = f"caught {error.args[0]}"
        finally:
            events.append("closed")

    async def run():
        generator = echo()
        assert await anext(generator) is None
        assert await generator.asend("a") == "a"
        assert await generator.athrow(KeyError("b")) == "caught b"
        with pytest.raises(StopAsyncIteration):
            await generator.asend("stop")
        generator = echo()
        await anext(generator)
        await generator.aclose()

    asyncio.run(run())
    assert events == ["closed", "closed"]


def test_an_async_generator_may_be_closed_in_another_task():
    @accepted
    async def numbers():
        yield 1
        yield 2

    async def run():
        generator = numbers()
        assert await anext(generator) == 1
        await asyncio.create_task(generator.aclose())

    asyncio.run(run())


# --- Views ---


def request_to(view):
    with capture() as report:
        response = view(RequestFactory().get("/"))
    return response, report


def test_a_view_class(shop):
    @accepted
    class Names(View):
        def get(self, request):
            return HttpResponse(", ".join(read_customers()))

    response, report = request_to(Names.as_view())
    assert response.content.startswith(b"customer 0")
    assert verdict(report) == COVERED


def test_a_view_class_does_not_change_its_parent(shop):
    class Names(View):
        def get(self, request):
            return HttpResponse(", ".join(read_customers()))

    accepted(type("Accepted", (Names,), {}))
    _, report = request_to(Names.as_view())
    assert verdict(report) == ([], [CUSTOMER])


def test_an_asynchronous_view_class(shop):
    @accepted
    class Names(View):
        async def get(self, request):
            return HttpResponse(", ".join(await sync_to_async(read_customers)()))

    async def run():
        async with capture() as report:
            await Names.as_view()(RequestFactory().get("/"))
        return report

    assert verdict(async_to_sync(run)()) == COVERED


def test_a_viewset_of_drf(shop):
    @accepted
    class Names(ViewSet):
        def list(self, request):
            return Response(read_customers())

    response, report = request_to(Names.as_view({"get": "list"}))
    assert len(response.data) == 5
    assert verdict(report) == COVERED


def test_one_action_of_a_viewset(shop):
    class Names(ViewSet):
        @accepted
        def list(self, request):
            return Response(read_customers())

        def retrieve(self, request):
            return Response(read_customers())

    assert verdict(request_to(Names.as_view({"get": "list"}))[1]) == COVERED
    assert verdict(request_to(Names.as_view({"get": "retrieve"}))[1]) == ([], [CUSTOMER])


def test_the_rendering_of_a_template_response(shop):
    source = "{% for order in orders %}{{ order.customer.name }} {% endfor %}"

    @accepted
    def names(request):
        return SimpleTemplateResponse(
            engines["django"].from_string(source), {"orders": Order.objects.all()}
        )

    with capture() as report:
        response = names(RequestFactory().get("/"))
        assert not response.is_rendered
        response.render()
    assert b"customer 4" in response.content
    assert verdict(report) == COVERED
    assert "render" not in vars(response)


def test_a_class_that_is_no_view_is_refused():
    class Plain:
        pass

    with pytest.raises(TypeError, match="a class needs a dispatch"):
        accepted(Plain)
