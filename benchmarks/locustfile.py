"""Customers of the orders API: they log in, read, page, filter, open, order, and read the feed.

Two variants differ in the path alone: ``v1``, tuned, and ``naive``.

    locust -f benchmarks/locustfile.py --tags naive -H http://127.0.0.1:8000 --orders-data FILE

``make load-serve`` starts a server with data, says its address and writes FILE; docs/load.md has
the rest.  Log-in and new orders go to ``v1`` in both variants: the naive twins write nothing.
What a behaviour is called is a tag too: ``--exclude-tags feed place`` leaves those out.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from load import checks, samples
from locust import FastHttpUser, events, tag
from locust.exception import StopUser

import nplusone_guard.integrations.locust  # noqa: F401  the columns and the gates

#: How often each behaviour is chosen, of 20 times.
WEIGHTS = {
    "read_list": 6,
    "turn_page": 4,
    "filter_list": 3,
    "open_order": 4,
    "read_feed": 2,
    "place_order": 1,
}
TAGS = {name: name.split("_")[1 if name.startswith("read") else 0] for name in WEIGHTS}
STATUSES = ("pending", "paid", "shipped", "cancelled")
PAGE_SIZE = 25  # the API's own
#: Seconds after which an access token, good for five minutes, is refreshed.
FRESH = 240

samples.register()
numbers = itertools.count()


@events.init_command_line_parser.add_listener
def add_options(parser: Any) -> None:
    group = parser.add_argument_group("orders", "the orders API")
    group.add_argument("--orders-data", metavar="FILE", help="Accounts and products, as JSON.")
    group.add_argument(
        "--orders-page-size", type=int, default=PAGE_SIZE, help="Rows of a page (25; at most 500)."
    )
    group.add_argument(
        "--orders-think", type=float, default=0.5, help="Mean seconds between requests (0.5)."
    )
    group.add_argument(
        "--orders-as",
        choices=("customers", "staff"),
        default="customers",
        help="Who logs in: customers with their own orders, or staff, who see all.",
    )


@cache
def seeded(file: str | None) -> dict[str, Any]:
    if not file:
        raise SystemExit("--orders-data takes the file that `make load-serve` writes.")
    return dict(json.loads(Path(file).read_text("utf-8")))


def behaviours(variant: str) -> dict[Callable[[Any], None], int]:
    """A task for each behaviour.  Tags are kept on functions, so each variant has its own."""

    def made(name: str) -> Callable[[Any], None]:
        @tag(variant, TAGS[name])
        def behave(user: Customer) -> None:
            user.refresh()
            getattr(user, name)()

        behave.__name__ = name
        return behave

    return {made(name): weight for name, weight in WEIGHTS.items()}


class Customer(FastHttpUser):
    """What both variants do; ``api`` is the path's part in which they differ."""

    abstract = True
    api = "v1"
    network_timeout = connection_timeout = 60.0

    def wait_time(self) -> float:
        """Between a half and three halves of the mean."""
        return random.uniform(0.5, 1.5) * self.options.orders_think

    @property
    def options(self) -> Any:
        return self.environment.parsed_options

    # --- Logging in ---

    def on_start(self) -> None:
        data = seeded(self.options.orders_data)
        accounts = data[self.options.orders_as]
        runner = self.environment.runner
        process = max(0, getattr(runner, "worker_index", 0) or 0)
        self.account = accounts[(next(numbers) + 7 * process) % len(accounts)]
        self.products, self.last = data["products"], data["last_order"]
        self.size = self.options.orders_page_size
        self.known: set[int] = set()
        self.count = len(self.account["orders"] or ())
        given = {"username": self.account["username"], "password": data["password"]}
        with self.asked("POST", "v1", "auth/login/", json=given) as body:
            self.take(body)
        if not self.client.auth_header:
            raise StopUser  # the failure is counted; without a token all else would fail too
        self.read_list()  # it is what people see first, and whence ids are known

    def take(self, body: dict[str, str]) -> None:
        checks.expect(sorted(body), ["access", "refresh"], "keys of the tokens")
        self.client.auth_header = f"Bearer {body['access']}"
        self.spare, self.until = body["refresh"], time.monotonic() + FRESH

    def refresh(self) -> None:
        if time.monotonic() > self.until:
            with self.asked("POST", "v1", "auth/refresh/", json={"refresh": self.spare}) as body:
                self.take(body)

    # --- What they do ---

    def read_list(self) -> None:
        with self.asked("GET", self.api, "orders/", query=self.sized()) as body:
            self.learn(checks.page(body, number=1, size=self.size), body["count"])

    def turn_page(self) -> None:
        number = random.randint(min(2, self.pages), self.pages)
        with self.asked(
            "GET", self.api, "orders/", "?page=N", query=self.sized(page=number)
        ) as body:
            self.learn(checks.page(body, number=number, size=self.size), body["count"])

    def filter_list(self) -> None:
        status = random.choice(STATUSES)
        with self.asked(
            "GET", self.api, "orders/", "?status=S", query=self.sized(status=status)
        ) as body:
            rows = checks.page(body, number=1, size=self.size)
            checks.expect({row["status"] for row in rows} - {status}, set(), "other statuses")

    def open_order(self) -> None:
        if not self.known:
            return
        key = random.choice(sorted(self.known))
        with self.asked("GET", self.api, f"orders/{key}/", name="orders/ID/") as body:
            checks.order(body, key=key)

    def read_feed(self) -> None:
        with self.asked("GET", self.api, "order-events/") as body:
            self.own(row["order"] for row in checks.feed(body, size=PAGE_SIZE))

    def place_order(self) -> None:
        chosen = random.sample(self.products, random.randint(1, 4))
        given: dict[str, Any] = {
            "items": [{"product": key, "quantity": random.randint(1, 3)} for key in chosen]
        }
        if self.options.orders_as == "staff":
            given["customer"] = self.account["customer"]
        with self.asked("POST", "v1", "orders/", json=given, status=201) as body:
            placed = checks.order(body)
            checks.expect(placed["item_count"], len(chosen), "items")
            checks.expect(placed["status"], "pending", "the status")
            self.known.add(placed["id"])

    # --- How they ask ---

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // self.size))

    def sized(self, **query: Any) -> dict[str, Any]:
        return {**query, **({} if self.size == PAGE_SIZE else {"page_size": self.size})}

    def own(self, keys: Iterable[int]) -> set[int]:
        """Orders seeded for this account, or placed since then; another's must not be seen."""
        seen = set(keys)
        seeded_keys = self.account["orders"]
        if seeded_keys is not None:
            strange = {key for key in seen - set(seeded_keys) if key <= self.last}
            checks.expect(strange, set(), "orders of others")
        return seen

    def learn(self, rows: list[dict[str, Any]], count: int) -> None:
        self.known |= self.own(row["id"] for row in rows)
        if count < self.count:
            raise checks.Wrong(f"there were {self.count} orders, now there are {count}")
        self.count = count

    @contextmanager
    def asked(  # noqa: PLR0913  what a request may have
        self,
        method: str,
        api: str,
        path: str,
        suffix: str = "",
        *,
        name: str = "",
        query: dict[str, Any] | None = None,
        status: int = 200,
        **given: Any,
    ) -> Iterator[Any]:
        """The answer's JSON; what raises ``Wrong`` in the block fails the request."""
        url = f"/api/{api}/{path}"
        if query:
            url += "?" + "&".join(f"{key}={value}" for key, value in query.items())
        label = f"/api/{api}/{name or path}{suffix}"
        with self.client.request(method, url, name=label, catch_response=True, **given) as response:
            try:
                if response.status_code != status:
                    print(f"{method} {url}: {(response.text or '')[:500]}", file=sys.stderr)
                checks.expect(response.status_code, status, "status")
                yield response.json()
            except (checks.Wrong, ValueError, KeyError, TypeError) as error:
                response.failure(f"{type(error).__name__}: {error}")


class Tuned(Customer):
    api = "v1"
    tasks = behaviours("tuned")


class Naive(Customer):
    api = "naive"
    tasks = behaviours("naive")


@events.init.add_listener
def keep_chosen(environment: Any, **_: Any) -> None:
    """With ``--tags tuned`` no user of the other variant is begun."""
    chosen = getattr(environment.parsed_options, "tags", None) or ()
    others = {"tuned": Naive, "naive": Tuned}
    drop = [others[name] for name in chosen if name in others]
    if len(drop) == 1:
        environment.user_classes = [each for each in environment.user_classes if each not in drop]
