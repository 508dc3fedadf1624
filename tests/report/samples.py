"""Reports made by hand, one a situation that a reader meets; golden files show each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from nplusone_guard import Budget
from nplusone_guard.allow import Allowance
from nplusone_guard.finding import Fix
from nplusone_guard.report import Suppressed
from nplusone_guard.trace import Access, CallSite
from tests.traces import CUSTOMER, field, finding, group, report

#: The project that the samples point into, by file.
SOURCES = {
    "orders/views.py": """\
class OrderList(ListAPIView):
    serializer_class = OrderSerializer

    def get_queryset(self):
        return Order.objects.filter(placed__year=2026).order_by("-placed")

    def names(self):
        return [order.customer.name for order in self.get_queryset() if order.is_paid_in_full()]
""",
    "orders/serializers.py": """\
class OrderSerializer(ModelSerializer):
    customer_name = CharField(source="customer.name")
    items = ItemSerializer(many=True)
""",
    "orders/export.py": """\
def export(orders):
    for order in orders:
        rate = Rate.objects.get(currency="EUR", day=today)
        writer.writerow([order.pk, order.total * rate.value, "é", order.note, order.customer.name])
""",
}


def site(name, line, code, function):
    """The place of an expression in one of the sources."""
    text = SOURCES[name].splitlines()[line - 1]
    start = len(text[: text.index(code)].encode())
    end = start + len(code.encode())
    return CallSite(f"{Path.cwd().as_posix()}/{name}", line, function, line, start, end)


ITEMS = Access(
    "lazy reverse",
    model="shop.OrderItem",
    relation="shop.Order.items",
    lookup="items",
    instance_model="shop.Order",
    many=True,
)
PRODUCT = Access(
    "lazy forward",
    model="shop.Product",
    relation="shop.OrderItem.product",
    lookup="product",
    instance_model="shop.OrderItem",
)
ORDERS = 'SELECT "shop_order"."id", "shop_order"."customer_id" FROM "shop_order" ORDER BY "placed"'
SELECT_CUSTOMER = (
    'SELECT "shop_customer"."id", "shop_customer"."name", "shop_customer"."email" '
    'FROM "shop_customer" WHERE "shop_customer"."id" = %s LIMIT 21'
)
SELECT_ITEMS = (
    'SELECT "shop_orderitem"."id", "shop_orderitem"."order_id", "shop_orderitem"."product_id", '
    '"shop_orderitem"."quantity" FROM "shop_orderitem" WHERE "shop_orderitem"."order_id" = %s'
)
SELECT_PRODUCT = 'SELECT "shop_product"."id" FROM "shop_product" WHERE "shop_product"."id" = %s'


def queryset():
    code = 'Order.objects.filter(placed__year=2026).order_by("-placed")'
    return site("orders/views.py", 5, code, "OrderList.get_queryset")


def in_a_loop(**changes):
    """A key that is followed in a comprehension."""
    place = site("orders/views.py", 8, "order.customer", "OrderList.names")
    of = group(SELECT_CUSTOMER, 75, access=CUSTOMER, site=place, varied=True, db_ms=20.1)
    fix = Fix(
        'select_related("customer")',
        "Add it to the queryset built there: a join instead of a query per row.",
        where=queryset(),
    )
    return finding(of, path="customer", fix=fix, **changes)


def nested_in_a_serializer():
    """Two levels below a serializer's field, with one cause."""
    items = site("orders/serializers.py", 3, "items = ItemSerializer(many=True)", "OrderSerializer")
    items = replace(items, column=None, end_column=None, end_line=None)
    below = CallSite("/srv/shop/catalogue/serializers.py", 9, "ItemSerializer")
    inner = group(
        SELECT_PRODUCT,
        225,
        access=PRODUCT,
        site=below,
        field=field("OrderSerializer.items.product_name"),
        db_ms=60.3,
    )
    outer = group(
        SELECT_ITEMS,
        75,
        access=ITEMS,
        site=items,
        field=field("OrderSerializer.items"),
        rows=225,
        db_ms=20.1,
    )
    fix = Fix(
        'prefetch_related("items__product")',
        "Add it to the queryset built there: one query per relation instead of one per row.",
        where=queryset(),
    )
    return finding(outer, path="items", fix=fix, nested=(finding(inner, path="items__product"),))


def asked_again():
    place = site("orders/export.py", 3, 'Rate.objects.get(currency="EUR", day=today)', "export")
    of = group(
        'SELECT "shop_rate"."value" FROM "shop_rate" WHERE "currency" = %s AND "day" = %s LIMIT 21',
        75,
        access=Access("get", model="shop.Rate"),
        site=place,
        redundant=74,
        db_ms=112.4,
    )
    fix = Fix("", "Run it once and keep the result; nothing changed meanwhile.")
    return finding(of, "duplicate", severity="warning", fix=fix)


def unknown():
    """Raw SQL from nowhere in the project."""
    return finding(
        group("SELECT 1 FROM shop_audit WHERE id = %s", 3, site=None, path=(), varied=True)
    )


def clean():
    return report(groups=(group(ORDERS, rows=75, db_ms=3.25),), status=200, method="GET")


def clean_block():
    savepoints = group("SAVEPOINT s1", 2, rows=0, db_ms=0.1)
    return report(
        groups=(group(ORDERS, rows=1, db_ms=123.4), savepoints),
        label="nightly export",
        wall_ms=130.9,
    )


def n_plus_one():
    return report(in_a_loop(), status=200, wall_ms=31.7)


def serializer():
    return report(nested_in_a_serializer(), status=200, wall_ms=180.4)


def duplicate():
    return report(asked_again(), label="export", duplicates=74, wall_ms=1_234.5)


def over_budget():
    budget = Budget(queries=10, n_plus_one=0, db_ms=5.5)
    actual = {"queries": 75, "n_plus_one": 1, "db_ms": 20.1}
    violations = budget.violations(actual)
    return report(in_a_loop(), status=200, wall_ms=31.7, violations=violations)


def suppressed_and_stale():
    allowance = Allowance("shop.*.customer", "five rows at most", date(2027, 6, 30), "here:1")
    raw = Allowance("*", "from a library", None, "here:2")
    views = f"{Path.cwd().as_posix()}/orders/views.py"
    lacks = "it gives no reason; write it as # guard: allow[app.Model.field] reason"
    return report(
        groups=(group(ORDERS),),
        suppressed=(Suppressed(in_a_loop(), allowance), Suppressed(unknown(), raw)),
        stale=(
            f'allow("shop.Order.items") at {views}:12 matched nothing: two items at most',
            f'allow("shop.Order.payer") at {views}:14 expired on 2026-01-31: until the rewrite',
            f"the comment at {views}:20 covers nothing: {lacks}",
        ),
    )


def many_findings():
    relations = [f"shop.Order.relation_{number}" for number in range(13)]
    found = (
        finding(group(count=20 - number, access=replace(CUSTOMER, relation=relation), site=None))
        for number, relation in enumerate(relations)
    )
    return report(*found, wall_ms=120.0)


def many_levels():
    levels = tuple(
        finding(group(count=9, access=replace(PRODUCT, relation=f"shop.Item.level_{number}")))
        for number in range(11)
    )
    return report(replace(in_a_loop(), nested=levels), wall_ms=120.0)


def hostile():
    """Text from outside that would steer a terminal, or be read as rich's markup."""
    place = CallSite("/srv/[red]evil[/red]\x1b[2J.py", 3, "run\x1b]0;title\x07")
    access = Access("lazy forward", relation="shop.[bold]Order[/bold].\u202ereversed")
    of = group("SELECT '\x9b31m' FROM [t] -- \r\n", 2, access=access, site=place)
    of = replace(of, shape=replace(of.shape, text="SELECT a FROM [bold]t[/] WHERE b = \x9b31m ?"))
    fix = Fix('select_related("\x1b[31m")', "Add it\u2028here :smile: [link=http://x]now[/link].")
    found = finding(of, fix=fix, nested=(finding(of),))
    stale = ("allow(\x1b[0m) at [dim]x[/dim]:1 matched nothing: \ud800",)
    return report(found, label="GET /\x1b[31m[bold]red[/bold]\n\t\x00/", stale=stale)


def long_names():
    """Names are never cut or broken; SQL and source lines are."""
    relation = f"shop.{'Order' * 12}.{'customer' * 12}"
    place = site("orders/export.py", 4, "order.customer", "export")
    place = replace(place, function="Exporter." + ".<locals>.".join(["function"] * 9))
    of = group(SELECT_ITEMS, 7, access=replace(CUSTOMER, relation=relation), site=place)
    fix = Fix(f'prefetch_related("{"items__product__" * 8}category")', "Add it. " * 20)
    return report(finding(of, fix=fix), label=f"GET /{'orders/' * 20}")


def unknown_place():
    return report(unknown(), label="python manage.py audit")
