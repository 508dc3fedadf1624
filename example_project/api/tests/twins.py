"""Each naive twin: whose it is, which mistakes it makes, and what the guard says of them."""

from __future__ import annotations

from dataclasses import dataclass

EAGER = "no eager loading"
COUNTED = "count per row"
ADDED_UP = "totals per row in Python"
UNPAGINATED = "unpaginated"
FILTERED = ".filter() on a prefetched relation"
READ_BACK = "deferred columns read back"

MISTAKES = (EAGER, COUNTED, ADDED_UP, UNPAGINATED, FILTERED, READ_BACK)


@dataclass(frozen=True)
class Twin:
    """``found``: kinds and relations.  ``fixes``: the code to add; empty where words only.

    ``tuned_by``: what the tuned queryset has in common with the code to add.
    """

    path: str
    tuned: str
    by: str
    mistakes: tuple[str, ...]
    found: frozenset[tuple[str, str]] = frozenset()
    fixes: frozenset[str] = frozenset()
    tuned_by: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.path


_ITEMS = 'prefetch_related("items__product__category")'
_MATCHING = (
    'prefetch_related(Prefetch("items", queryset=OrderItem.objects.filter(quantity__gt=0), '
    'to_attr="matching_items"))'
)
_N_PLUS_ONE = "n_plus_one"

TWINS = (
    Twin(
        "orders/",
        "orders/",
        "staff",
        (EAGER, COUNTED, ADDED_UP),
        frozenset(
            {
                (_N_PLUS_ONE, "orders.Order.customer"),
                (_N_PLUS_ONE, "orders.Order.items"),
                (_N_PLUS_ONE, "orders.OrderItem.product"),
                (_N_PLUS_ONE, "catalogue.Product.category"),
            }
        ),
        frozenset({'select_related("customer")', _ITEMS}),
        ('select_related("customer")', "product__category"),
    ),
    Twin(
        "orders/{id}/",
        "orders/{id}/",
        "ada",
        (EAGER, COUNTED, ADDED_UP),
        frozenset(
            {
                ("duplicate", "orders.Order.items"),
                (_N_PLUS_ONE, "orders.OrderItem.product"),
                (_N_PLUS_ONE, "catalogue.Product.category"),
            }
        ),
        frozenset({_ITEMS, ""}),
        ("product__category",),
    ),
    Twin(
        "orders-prefetched/",
        "orders/",
        "staff",
        (FILTERED,),
        frozenset({(_N_PLUS_ONE, "orders.Order.items")}),
        frozenset({_MATCHING}),
        ('prefetch_related(Prefetch("items"',),
    ),
    Twin("orders-prefetched/{id}/", "orders/{id}/", "ada", (FILTERED,)),
    Twin(
        "order-events/",
        "order-events/",
        "staff",
        (UNPAGINATED, "a row for a key"),
        frozenset({(_N_PLUS_ONE, "orders.OrderEvent.order")}),
        frozenset({'source="order_id"'}),
    ),
    Twin(
        "products/",
        "products/",
        "staff",
        (READ_BACK, EAGER),
        frozenset(
            {
                (_N_PLUS_ONE, "catalogue.Product.category"),
                (_N_PLUS_ONE, "catalogue.Product.price"),
                (_N_PLUS_ONE, "catalogue.Product.stock"),
            }
        ),
        frozenset(
            {'select_related("category")', 'only("category", "name", "sku", "price", "stock")'}
        ),
        ('select_related("category")',),
    ),
    Twin("products/{id}/", "products/{id}/", "staff", (READ_BACK, EAGER)),
    Twin(
        "categories/",
        "categories/",
        "staff",
        (COUNTED,),
        frozenset({(_N_PLUS_ONE, "catalogue.Category.products")}),
        frozenset({'annotate(products_count=Count("products", distinct=True))'}),
        ('Count("products"',),
    ),
    Twin("categories/{id}/", "categories/{id}/", "staff", (COUNTED,)),
    Twin("profile/", "profile/", "ada", (EAGER,)),
)
