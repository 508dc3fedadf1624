"""Queries of asynchronous views and of responses that are made while they are sent."""

from __future__ import annotations

import pytest

from tests.rendered.site import Found, Site


def customer(at, where="Order.objects.all()", **changed):
    return Found(
        "shop.Order.customer",
        5,
        at=at,
        path="customer",
        fix='select_related("customer")',
        where=where,
    )._replace(**changed)


#: name → (source, expected finding); each view reads the customer of every order.
VIEWS = {
    "async for, and a function in a thread": (
        """
        async def orders(request):
            names = []
            async for order in Order.objects.all():
                customer = await sync_to_async(lambda: order.customer)()
                names.append(customer.name)
            return JsonResponse({"names": names})
        """,
        customer("order.customer"),
    ),
    "async for, and getattr in a thread": (
        """
        async def orders(request):
            names = []
            async for order in Order.objects.filter(pk__gt=0):
                customer = await sync_to_async(getattr)(order, "customer")
                names.append(customer.name)
            return JsonResponse({"names": names})
        """,
        customer(
            'await sync_to_async(getattr)(order, "customer")', "Order.objects.filter(pk__gt=0)"
        ),
    ),
    "the whole loop in a thread": (
        """
        def names():
            return [order.customer.name for order in Order.objects.all()]

        async def orders(request):
            return JsonResponse({"names": await sync_to_async(names)()})
        """,
        customer("order.customer"),
    ),
    "rows read in a thread, the loop in the view": (
        """
        async def orders(request):
            found = await sync_to_async(list)(Order.objects.order_by("pk"))
            names = [(await sync_to_async(lambda: order.customer)()).name for order in found]
            return JsonResponse({"names": names})
        """,
        customer("order.customer", 'Order.objects.order_by("pk")'),
    ),
    "async comprehension": (
        """
        async def name(order):
            return (await sync_to_async(lambda: order.customer)()).name

        async def orders(request):
            names = [await name(order) async for order in Order.objects.all()]
            return JsonResponse({"names": names})
        """,
        customer("order.customer"),
    ),
    "async generator": (
        """
        async def numbered():
            async for order in Order.objects.all():
                yield order

        async def orders(request):
            names = []
            async for order in numbered():
                names.append((await sync_to_async(lambda: order.customer)()).name)
            return JsonResponse({"names": names})
        """,
        customer("order.customer"),
    ),
    "class-based view": (
        """
        class Orders(View):
            async def get(self, request):
                names = []
                async for order in self.orders():
                    names.append((await sync_to_async(lambda: order.customer)()).name)
                return JsonResponse({"names": names})

            def orders(self):
                return Order.objects.filter(pk__gt=0)

        orders = Orders.as_view()
        """,
        customer("order.customer", "Order.objects.filter(pk__gt=0)"),
    ),
    "iterator": (
        """
        async def orders(request):
            names = []
            async for order in Order.objects.all().aiterator():
                names.append((await sync_to_async(lambda: order.customer)()).name)
            return JsonResponse({"names": names})
        """,
        customer("order.customer"),
    ),
    "synchronous view": (
        """
        def orders(request):
            return JsonResponse({"names": [order.customer.name for order in Order.objects.all()]})
        """,
        customer("order.customer"),
    ),
    "streaming response": (
        """
        def names():
            for order in Order.objects.all():
                yield f"{order.customer.name} "

        def orders(request):
            return StreamingHttpResponse(names())
        """,
        customer("order.customer"),
    ),
    "asynchronous streaming response": (
        """
        async def names():
            async for order in Order.objects.all():
                customer = await sync_to_async(lambda: order.customer)()
                yield f"{customer.name} "

        async def orders(request):
            return StreamingHttpResponse(names())
        """,
        customer("order.customer"),
    ),
}
URLS = """
    urlpatterns = [path("", orders)]
"""


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_relation_loaded_row_by_row(site, name):
    source, expected = VIEWS[name]
    site.write(source, URLS)
    assert site.found(asynchronous=True) == [expected]
    assert site.mend() == []


def test_streaming_response_of_a_synchronous_server(site):
    source, expected = VIEWS["streaming response"]
    site.write(source, URLS)
    assert site.found() == [expected]
    assert site.mend() == []


def test_count_for_each_row(site):
    site.write(
        """
        async def orders(request):
            sizes = []
            async for order in Order.objects.all():
                size = getattr(order, "items_count", None)
                sizes.append(await order.items.acount() if size is None else size)
            return JsonResponse({"sizes": sizes})
        """,
        URLS,
    )
    (found,) = site.found(asynchronous=True)
    assert found == Found(
        "shop.Order.items",
        5,
        at=found.at,
        path="items",
        fix='annotate(items_count=Count("items", distinct=True))',
        where="Order.objects.all()",
    )
    assert "order.items.acount()" in found.at
    assert site.mend() == []


def test_relation_read_row_by_row_in_an_async_for(site):
    site.write(
        """
        async def orders(request):
            quantities = []
            async for order in Order.objects.all():
                async for item in order.items.all():
                    quantities.append(item.quantity)
            return JsonResponse({"quantities": quantities})
        """,
        URLS,
    )
    assert site.found(asynchronous=True) == [
        Found(
            "shop.Order.items",
            5,
            at="order.items.all()",
            path="items",
            fix='prefetch_related("items")',
            where="Order.objects.all()",
        )
    ]
    assert site.mend() == []


def test_get_for_each_key(site):
    site.write(
        """
        async def names(request):
            keys = [order.customer_id async for order in Order.objects.all()]
            names = []
            for key in keys:
                names.append((await Customer.objects.aget(pk=key)).name)
            return JsonResponse({"names": names})

        urlpatterns = [path("", names)]
        """,
    )
    (found,) = site.found(asynchronous=True)
    assert (found.relation, found.count, found.fix) == (
        None,
        5,
        "Customer.objects.in_bulk(keys)",
    )
    assert "Customer.objects.aget(pk=key)" in found.at


def test_get_for_each_key_all_at_once(site):
    site.write(
        """
        import asyncio

        async def name(key):
            return (await Customer.objects.aget(pk=key)).name

        async def names(request):
            keys = [order.customer_id async for order in Order.objects.all()]
            return JsonResponse({"names": await asyncio.gather(*map(name, keys))})

        urlpatterns = [path("", names)]
        """,
    )
    (found,) = site.found(asynchronous=True)
    assert (found.kind, found.relation, found.count) == ("n_plus_one", None, 5)
    assert "Customer.objects.aget(pk=key)" in found.at
    assert [place.function for place in site.finding().group.path] == ["name", "names"]


def test_three_questions_asked_at_once_are_no_finding(site):
    site.write(
        """
        import asyncio

        async def counts(request):
            found = await asyncio.gather(
                Order.objects.acount(), Customer.objects.acount(), Tag.objects.acount()
            )
            return JsonResponse({"counts": found})

        urlpatterns = [path("", counts)]
        """,
    )
    assert site.found(asynchronous=True) == []
    assert site.report.queries == 3


POOL = """
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    def name(order):
        try:
            return order.customer.name
        finally:
            close_connection()

    def orders(request):
        with ThreadPoolExecutor(2) as pool:
            tasks = [pool.submit(copy_context().run, name, order) for order in Order.objects.all()]
            return JsonResponse({"names": [task.result() for task in tasks]})
"""


def test_threads_of_a_pool_that_run_in_the_requests_context(committed_shop, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    site = Site(tmp_path)
    site.write(POOL, URLS)
    assert site.found() == [customer("order.customer")]
    assert site.mend() == []
