"""What the guard costs a request of many lazy loads, as a ratio to the same request without it.

One process, SQLite in memory (the fastest database gives the harshest ratio), the variants taken
in turn in a new random order each round, so that drift of the machine hits all alike.  Measured is
the process's own CPU time, of which the database is part here: what else the machine does is not
counted.  Each round gives one ratio per variant; the table shows their median and the middle half.

    python benchmarks/overhead.py [--rounds 60] [--loads 500]
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import statistics
import sys
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ.pop("DATABASE_URL", None)

import django

django.setup()

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers
from rich.console import Console
from rich.table import Table

from nplusone_guard.capture.recorder import observe
from nplusone_guard.middleware import GuardMiddleware
from tests.shop.models import Category, Customer, Order, OrderItem, Product

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest

    View = Callable[[HttpRequest], HttpResponse]


def plain(_: HttpRequest) -> HttpResponse:
    """Load a relation in a loop of the view itself."""
    return HttpResponse(str(sum(len(item.product.name) for item in OrderItem.objects.all())))


def method(_: HttpRequest) -> HttpResponse:
    """Load it in a method that is called per row, two functions down."""

    def name(item: OrderItem) -> str:
        return product(item).name

    def product(item: OrderItem) -> Product:
        return item.product

    return HttpResponse(str(sum(len(name(item)) for item in OrderItem.objects.all())))


def deep(request: HttpRequest, depth: int = 40) -> HttpResponse:
    """The plain view, forty calls deeper."""
    return deep(request, depth - 1) if depth else plain(request)


class ItemSerializer(serializers.ModelSerializer[OrderItem]):
    product_name = serializers.CharField(source="product.name")

    class Meta:
        model = OrderItem
        fields = ("id", "quantity", "product_name")


def serializer(_: HttpRequest) -> HttpResponse:
    """Load it from a serializer field."""
    return HttpResponse(str(len(ItemSerializer(OrderItem.objects.all(), many=True).data)))


@contextmanager
def wrapper(execute_wrapper: Callable[..., Any]) -> Iterator[None]:
    with connection.execute_wrapper(execute_wrapper):
        yield


def no_op(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    return execute(sql, params, many, context)


def one_frame(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """The least that a wrapper which names places does: it looks at its caller's caller."""
    frame = sys._getframe(1).f_back
    _ = (id(frame.f_code), frame.f_lasti)
    return execute(sql, params, many, context)


@contextmanager
def guarded() -> Iterator[None]:
    connection.execute_wrappers.insert(0, observe)
    try:
        yield
    finally:
        connection.execute_wrappers.remove(observe)


def variants(view: View) -> dict[str, tuple[View, Callable[[], AbstractContextManager[Any]]]]:
    """Name → what to call, and what to hold meanwhile."""
    return {
        "nothing": (view, nullcontext),
        "no-op wrapper": (view, lambda: wrapper(no_op)),
        "one-frame wrapper": (view, lambda: wrapper(one_frame)),
        "guard": (GuardMiddleware(view), guarded),
        "guard, idle": (view, guarded),
        "CaptureQueriesContext": (view, lambda: CaptureQueriesContext(connection)),
    }


def measure(view: View, rounds: int) -> dict[str, list[float]]:
    """Ratios to nothing, a list for each variant, an element for each round."""
    request = RequestFactory().get("/items/")
    chosen = variants(view)
    ratios: dict[str, list[float]] = {name: [] for name in chosen}
    for turn in range(rounds + 2):
        seconds: dict[str, float] = {}
        for name in random.sample(list(chosen), len(chosen)):
            call, hold = chosen[name]
            gc.collect()
            gc.disable()
            with hold():
                start = process_time()
                call(request)
                seconds[name] = process_time() - start
            gc.enable()
        if turn >= 2:  # the first two warm the caches
            for name, value in seconds.items():
                ratios[name].append(value / seconds["nothing"])
    return ratios


def prepare(loads: int) -> None:
    """Fill the database."""
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
    category = Category.objects.create(name="books")
    products = Product.objects.bulk_create(
        Product(name=f"book {number}", category=category) for number in range(loads)
    )
    order = Order.objects.create(customer=Customer.objects.create(name="Ada"))
    OrderItem.objects.bulk_create(OrderItem(order=order, product=product) for product in products)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--loads", type=int, default=500)
    arguments = parser.parse_args()
    settings.NPLUSONE_GUARD = {"ENABLED": True, "ACTION": "record"}
    prepare(arguments.loads)
    if observe in connection.execute_wrappers:
        connection.execute_wrappers.remove(observe)
    table = Table(
        title=f"{arguments.loads} lazy loads, {arguments.rounds} rounds, ratio to nothing"
    )
    table.add_column("request")
    table.add_column("with")
    for heading in ("median", "25 %", "75 %"):
        table.add_column(heading, justify="right")
    for view in (plain, method, deep, serializer):
        for name, ratios in measure(view, arguments.rounds).items():
            low, median, high = statistics.quantiles(ratios, n=4)
            table.add_row(view.__name__, name, f"{median:.3f}", f"{low:.3f}", f"{high:.3f}")
        table.add_section()
    Console(width=100).print(table)
    print(f"Python {sys.version.split()[0]}, Django {django.__version__}")


if __name__ == "__main__":
    main()
