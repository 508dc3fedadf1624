"""Each operation of the API: who may, with what; what is not valid; who may not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import resolve

from accounts.tokens import issue
from nplusone_guard.view_budget import declared_budgets

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Customer
    from catalogue.models import Category, Product
    from orders.models import Order

Body = dict[str, Any]


@dataclass(frozen=True)
class Shop:
    """What there is to try them on: the order is Ada's, nobody ordered the product.

    ``clients``: by their user's name, each with a token; ``"anyone"`` has none.
    """

    clients: dict[str, Any]
    ada: Customer
    order: Order
    product: Product
    category: Category

    def path(self, version: str, path: str) -> str:
        first = path.partition("/")[0].removesuffix("-prefetched")
        ids = {"orders": self.order, "products": self.product, "categories": self.category}
        key = ids[first].pk if "{id}" in path else None
        return f"/api/{version}/{path.format(id=key)}"


@dataclass(frozen=True)
class Refused:
    """``who`` gets ``status``; with ``given`` in place of what would do."""

    who: str
    status: int
    given: Body | None = None


@dataclass(frozen=True)
class Operation:
    """``given``: a body that will do, for a shop and a version.  ``wrong``: what would not, in it.

    ``refused`` is ``None`` where it was opened to anyone.
    """

    method: str
    path: str
    by: str
    refused: Refused | None
    given: Callable[[Shop, str], Body] | None = None
    wrong: Body | None = None
    status: int = 200
    is_list: bool = False

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def body(self, shop: Shop, version: str) -> Body | None:
        return self.given(shop, version) if self.given else None

    def ask(self, shop: Shop, version: str, client: Any, body: Body | None) -> Any:
        return getattr(client, self.method)(shop.path(version, self.path), body)

    def budget(self, shop: Shop, version: str) -> int:
        """Queries that the view declares."""
        view = resolve(shop.path(version, self.path)).func
        queries = declared_budgets(view, self.method.upper())[-1].queries
        assert queries is not None
        return queries


def _product(shop: Shop, version: str) -> Body:
    price = {"amount": "12.50", "currency": "EUR"} if version == "v2" else "12.50"
    given = {"sku": "B1", "name": "A book", "description": "Long.", "price": price, "stock": 3}
    return {**given, "category": shop.category.pk}


def _order(shop: Shop, version: str) -> Body:
    return {"items": [{"product": shop.product.pk, "quantity": 2}]}


def _token(shop: Shop, version: str) -> Body:
    return {"refresh": issue(shop.ada.user)["refresh"]}


def _always(**given: Any) -> Callable[[Shop, str], Body]:
    return lambda shop, version: given


_NOT_LOGGED_IN = Refused("anyone", 401)
_NOT_STAFF = Refused("ada", 403)
_NOT_HERS = Refused("grace", 404)
_NO_TOKEN = Refused("anyone", 401, {"refresh": "nonsense"})
_ADA = {"username": "ada", "password": "lovelace-1815"}
_GRETA = {"username": "greta", "password": "hopper-1906", "email": "greta@example.com"}

OPERATIONS = (
    Operation("get", "orders/", "staff", _NOT_LOGGED_IN, is_list=True),
    Operation("get", "orders/{id}/", "ada", _NOT_HERS),
    Operation("post", "orders/", "ada", _NOT_LOGGED_IN, _order, {"items": []}, 201),
    Operation(
        "patch", "orders/{id}/", "ada", _NOT_HERS, _always(status="cancelled"), {"status": "lost"}
    ),
    Operation("get", "order-events/", "staff", _NOT_LOGGED_IN, is_list=True),
    Operation("get", "products/", "staff", None, is_list=True),
    Operation("get", "products/{id}/", "staff", None),
    Operation("post", "products/", "staff", _NOT_STAFF, _product, {"stock": -1}, 201),
    Operation("put", "products/{id}/", "staff", _NOT_STAFF, _product, {"stock": -1}),
    Operation("patch", "products/{id}/", "staff", _NOT_STAFF, _product, {"sku": ""}),
    Operation("delete", "products/{id}/", "staff", _NOT_STAFF, status=204),
    Operation("get", "categories/", "staff", None, is_list=True),
    Operation("get", "categories/{id}/", "staff", None),
    Operation("post", "categories/", "staff", _NOT_STAFF, _always(name="Maps"), {"name": ""}, 201),
    Operation("put", "categories/{id}/", "staff", _NOT_STAFF, _always(name="Maps"), {"name": ""}),
    Operation("patch", "categories/{id}/", "staff", _NOT_STAFF, _always(name="M"), {"name": ""}),
    Operation("delete", "categories/{id}/", "staff", _NOT_STAFF, status=204),
    Operation("get", "profile/", "ada", _NOT_LOGGED_IN),
    Operation(
        "put",
        "profile/",
        "ada",
        _NOT_LOGGED_IN,
        _always(name="Ada King", email="king@example.com"),
        {"email": "none"},
    ),
    Operation(
        "patch", "profile/", "ada", _NOT_LOGGED_IN, _always(email="k@example.com"), {"email": ""}
    ),
    Operation(
        "post",
        "auth/signup/",
        "anyone",
        None,
        _always(**_GRETA, name="Greta"),
        {"email": "none"},
        201,
    ),
    Operation(
        "post",
        "auth/login/",
        "anyone",
        Refused("anyone", 401, {**_ADA, "password": "wrong"}),
        _always(**_ADA),
        {"username": ""},
    ),
    Operation("post", "auth/refresh/", "anyone", _NO_TOKEN, _token, {"refresh": ""}),
    Operation("post", "auth/logout/", "anyone", _NO_TOKEN, _token, {"refresh": ""}, 204),
    Operation("get", "schema/", "anyone", None),
    Operation("get", "docs/", "anyone", None),
)
