"""Users in a closed loop, a thread and a kept connection each; each answer is checked."""

from __future__ import annotations

import hashlib
import http.client
import random
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Read only, so that each answer is known beforehand; orders are each user's own.
MIXES = {
    "tuned": ("/api/v1/orders/", "/api/v1/orders/?page_size=3", "/api/v1/products/"),
    "naive": ("/api/naive/orders/", "/api/naive/orders/?page_size=4"),
}
PATHS = (*MIXES["tuned"], *MIXES["naive"])
#: Times that the first user asks for all pages before what is answered counts.
WARM = 8


@dataclass(frozen=True)
class Answer:
    """What must be the same each time: status, the guard's two headers, the body's hash."""

    status: int
    queries: str | None
    findings: str | None
    body: str


@dataclass
class Tally:
    """Of a run: answered requests, seconds, and what was wrong."""

    answered: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.answered / self.seconds


def plan(paths: Sequence[str], seed: int) -> Iterator[str]:
    """Without end: which page is asked for next."""
    chance = random.Random(seed)
    while True:
        yield chance.choice(paths)


class User:
    def __init__(self, port: int, token: str) -> None:
        self.token = token
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str) -> Answer:
        headers = {"Host": "localhost", "Authorization": f"Token {self.token}"}
        self._connection.request("GET", path, headers=headers)
        response = self._connection.getresponse()
        body = response.read()
        return Answer(
            response.status,
            response.headers["X-Guard-Queries"],
            response.headers["X-Guard-Findings"],
            hashlib.blake2b(body, digest_size=8).hexdigest(),
        )

    def close(self) -> None:
        self._connection.close()


class Crowd:
    """All users of one server, who know what each of them is to be answered."""

    def __init__(self, port: int, tokens: Sequence[str]) -> None:
        self.users = [User(port, token) for token in tokens]
        self.expected: dict[tuple[str, str], Answer] = {}
        self.asked = 0

    def learn(self) -> None:
        """Ask for each page of each user, one after the other: so it is to be from now on.

        Raises ``SystemExit`` for an answer that is no success.
        """
        first = self.users[:1] * WARM  # each process answers a few before
        for user in (*first, *self.users):
            for path in PATHS:
                answer = user.get(path)
                self.asked += 1
                if answer.status != 200:
                    raise SystemExit(f"GET {path} answered {answer.status}.")
                self.expected[user.token, path] = answer

    def learn_from(self, other: Crowd) -> None:
        """The same bodies are expected, and no headers of the guard."""
        self.expected = {
            key: replace(answer, queries=None, findings=None)
            for key, answer in other.expected.items()
        }

    def run(self, seconds: float, *, paths: Sequence[str] = PATHS, seed: int = 0) -> Tally:
        """All at once, each with the next request when the last is answered."""
        tally = Tally()
        lock = threading.Lock()
        start = time.monotonic()
        threads = [
            threading.Thread(
                target=self._loop,
                args=(user, start + seconds, plan(paths, seed + number), tally, lock),
            )
            for number, user in enumerate(self.users)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        tally.seconds = time.monotonic() - start
        self.asked += tally.answered
        return tally

    def _loop(
        self, user: User, end: float, plan: Iterator[str], tally: Tally, lock: threading.Lock
    ) -> None:
        answered, wrong = 0, []
        try:
            while time.monotonic() < end:
                path = next(plan)
                answer = user.get(path)
                answered += 1
                if answer != self.expected[user.token, path]:
                    expected = self.expected[user.token, path]
                    wrong.append(f"GET {path}: {answer}, expected {expected}")
        except (OSError, http.client.HTTPException) as error:
            wrong.append(f"{type(error).__name__}: {error}")
        with lock:
            tally.answered += answered
            tally.wrong += wrong

    def distinct(self) -> int:
        """How many different numbers of queries the users are to see: one would prove nothing."""
        return len({answer.queries for answer in self.expected.values()})

    def close(self) -> None:
        for user in self.users:
            user.close()
