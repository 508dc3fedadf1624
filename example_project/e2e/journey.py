"""What clients do, step by step.  A step asserts, and gives what there is to say of it."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from e2e.client import Client
from e2e.server import STAFF, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

V1 = "/api/v1/"
ORDERS = 2_000
ITEMS = 50
PASSWORD = secrets.token_urlsafe(16)


@dataclass
class Journey:
    """Who travels, and what they have learnt on the way."""

    server: Server
    ada: Client = field(init=False)
    ben: Client = field(init=False)
    staff: Client = field(init=False)
    refresh: str = ""
    order: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ada, self.ben, self.staff = (
            Client(self.server.port, f"192.0.2.{number}") for number in (1, 2, 3)
        )

    def steps(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """Each step's name and what takes it, in their order."""
        yield "probes answer without TLS, all else is sent to HTTPS", self._probes
        yield "the docs page and its files are served", self._docs
        yield "sign up", self._sign_up
        yield "log in", self._log_in
        yield "refresh", self._refresh
        yield f"create an order with {ITEMS} items", self._create
        yield f"page through {ORDERS:,} orders", self._page
        yield "another user's order is refused, to read and to write", self._refused
        yield "cancel the order", self._cancel
        yield "hit the login throttle", self._throttle
        yield "log out", self._log_out
        yield "a long URL and an unknown one are errors in the API's form", self._errors
        yield "each line of the log is JSON, with its request's id", self._log

    def close(self) -> None:
        for client in (self.ada, self.ben, self.staff):
            client.close()

    # --- Steps ---

    def _probes(self) -> str:
        for path in ("/healthz", "/readyz"):
            answer = self.ada.get(path, X_Forwarded_Proto="http")
            assert answer.status == 200, answer
            assert answer.json()["status"] == "ok", answer
        answer = self.ada.get(f"{V1}orders/", X_Forwarded_Proto="http")
        assert answer.status == 301, answer
        assert answer.headers["Location"] == f"https://orders.example{V1}orders/", answer
        return "200, 200, 301"

    def _docs(self) -> str:
        page = self.ada.get(f"{V1}docs/").body.decode()
        files = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(files) >= 3, page
        for file in files:
            answer = self.ada.get(file)
            assert answer.status == 200, (file, answer.status)
            assert "immutable" in answer.headers["Cache-Control"], file
        schema = self.ada.get(f"{V1}schema/?format=json").json()
        assert schema["info"]["version"] == "v1", schema["info"]
        return f"{len(files)} files"

    def _sign_up(self) -> str:
        for name, client in (("ada", self.ada), ("ben", self.ben)):
            given = {"username": name, "password": PASSWORD, "name": name.title()}
            answer = client.post(f"{V1}auth/signup/", {**given, "email": f"{name}@example.com"})
            assert answer.status == 201, answer
            assert "password" not in answer.json(), answer
        answer = self.ada.post(f"{V1}auth/signup/", {**given, "email": "new@example.com"})
        assert answer.status == 400, answer
        assert list(answer.json()["error"]["details"]) == ["username"], answer
        return "201, 201, and 400 for a name that is taken"

    def _log_in(self) -> str:
        for client, given in (
            (self.ada, {"username": "ada", "password": PASSWORD}),
            (self.ben, {"username": "ben", "password": PASSWORD}),
            (self.staff, STAFF),
        ):
            assert client.get(f"{V1}orders/").status == 401
            answer = client.post(f"{V1}auth/login/", given)
            assert answer.status == 200, answer
            client.access = answer.json()["access"]
            assert client.get(f"{V1}orders/").status == 200
            if client is self.ada:
                self.refresh = answer.json()["refresh"]
        return "401 before, 200 after"

    def _refresh(self) -> str:
        spent = self.refresh
        answer = self.ada.post(f"{V1}auth/refresh/", {"refresh": spent})
        assert answer.status == 200, answer
        self.ada.access, self.refresh = answer.json()["access"], answer.json()["refresh"]
        assert self.ada.get(f"{V1}profile/").json()["username"] == "ada"
        assert self.ada.post(f"{V1}auth/refresh/", {"refresh": spent}).status == 401
        return "200, and 401 for the token that is spent"

    def _create(self) -> str:
        products = self._in_stock()
        answer = self.ada.post(
            f"{V1}orders/",
            {"items": [{"product": each["id"], "quantity": 1} for each in products]},
        )
        assert answer.status == 201, answer
        self.order = answer.json()
        total = sum(Decimal(each["price"]) for each in products)
        assert Decimal(self.order["total"]) == total, self.order
        assert len(self.order["items"]) == self.order["item_count"] == ITEMS, self.order
        assert self.ada.get(answer.headers["Location"]).json() == self.order
        in_v2 = self.ada.get(self._path().replace("v1", "v2")).json()
        assert in_v2["total"] == {"amount": self.order["total"], "currency": "EUR"}, in_v2
        assert self._stock(products[0]["id"]) == products[0]["stock"] - 1
        return f"201, {self.order['total']} EUR"

    def _page(self) -> str:
        start = time.perf_counter()
        seen: list[int] = []
        url: str | None = f"{V1}orders/?ordering=created_at&page_size=100"
        pages = 0
        while url:
            page = self.staff.get(url).json()
            assert page["count"] == ORDERS + 1, page["count"]
            seen += [order["id"] for order in page["results"]]
            url = page["next"]
            pages += 1
        assert len(set(seen)) == len(seen) == ORDERS + 1, len(seen)
        assert seen[-1] == self.order["id"], seen[-1]
        took = time.perf_counter() - start
        return f"{pages} pages, {took * 1_000 / pages:.0f} ms each"

    def _refused(self) -> str:
        for version in ("v1", "v2"):
            path = self._path().replace("v1", version)
            answers = [self.ben.get(path), self.ben.patch(path, {"status": "cancelled"})]
            assert [answer.status for answer in answers] == [404, 404], answers
            assert answers[0].json()["error"]["code"] == "not_found", answers
        assert self.ben.get(f"{V1}orders/").json()["count"] == 0
        assert self.ben.get(f"{V1}order-events/").json()["results"] == []
        assert self.ada.get(self._path()).json() == self.order
        return "404, 404"

    def _cancel(self) -> str:
        product = self._in_stock()[0]
        assert self.ada.patch(self._path(), {"status": "paid"}).status == 400
        answer = self.ada.patch(self._path(), {"status": "cancelled"})
        assert (answer.status, answer.json()["status"]) == (200, "cancelled"), answer
        assert self._stock(product["id"]) == product["stock"] + 1
        events = self.ada.get(f"{V1}order-events/").json()["results"]
        assert [event["kind"] for event in events] == ["status_changed", "placed"], events
        return "200, and the stock is back"

    def _throttle(self) -> str:
        guessing = Client(self.server.port, "192.0.2.66")
        statuses = [
            guessing.post(f"{V1}auth/login/", {"username": "ada", "password": guess}).status
            for guess in ("guessed", "ada1815", "", "", "")
        ]
        assert statuses == [401, 401, 400, 400, 400], statuses
        answer = guessing.post(f"{V1}auth/login/", {"username": "ada", "password": PASSWORD})
        assert answer.status == 429, answer
        assert answer.json()["error"]["code"] == "throttled", answer
        wait = int(answer.headers["Retry-After"])
        assert 1 <= wait <= 60, wait
        guessing.close()
        elsewhere = self.ada.post(f"{V1}auth/login/", {"username": "ada", "password": PASSWORD})
        assert elsewhere.status == 200, elsewhere
        return f"429, Retry-After: {wait}; from elsewhere 200"

    def _log_out(self) -> str:
        answer = self.ada.post(f"{V1}auth/logout/", {"refresh": self.refresh})
        assert (answer.status, answer.body) == (204, b""), answer
        answer = self.ada.post(f"{V1}auth/refresh/", {"refresh": self.refresh})
        assert answer.status == 401, answer
        return "204, and no refresh from then on"

    def _errors(self) -> str:
        answer = self.ada.get(f"{V1}products/?name={'x' * 8_000}")
        assert answer.status == 400, answer
        assert answer.json()["error"]["details"]["name"][0]["code"] == "max_length", answer
        answer = self.ada.get(f"{V1}nothing/", X_Request_ID="e2e-unknown-url")
        assert answer.status == 404, answer
        assert answer.headers["X-Request-ID"] == "e2e-unknown-url", answer
        assert answer.json()["error"]["request_id"] == "e2e-unknown-url", answer
        return "400, 404"

    def _log(self) -> str:
        lines = self.server.lines()
        for line in lines:
            assert list(line)[:5] == ["timestamp", "level", "logger", "request_id", "event"], line
        unknown = [line for line in lines if line["request_id"] == "e2e-unknown-url"]
        assert {"access", "django.request"} <= {line["logger"] for line in unknown}, unknown
        assert all(line["request_id"] != "-" for line in lines if line["logger"] == "access")
        assert not [line for line in lines if line["level"] in {"error", "critical"}]
        text = self.server.log.read_text()
        for secret in (PASSWORD, STAFF["password"], self.refresh, self.ada.access):
            assert secret, "nothing was kept"
            assert secret not in text, "a secret is in the log"
        return f"{len(lines)} lines"

    # --- What steps ask for ---

    def _path(self) -> str:
        return f"{V1}orders/{self.order['id']}/"

    def _in_stock(self) -> list[dict[str, Any]]:
        page = self.ada.get(f"{V1}products/?in_stock=true&page_size={ITEMS}").json()
        assert len(page["results"]) == ITEMS, page["count"]
        products: list[dict[str, Any]] = page["results"]
        return products

    def _stock(self, product: int) -> int:
        return int(self.ada.get(f"{V1}products/{product}/").json()["stock"])
