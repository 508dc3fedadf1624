"""A client behind a proxy that terminates TLS, with the headers that such a proxy sets."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

HOST = "orders.example"
#: Addresses for examples (RFC 5737): each test client comes from one of its own.
ADDRESS = "192.0.2.1"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """Keeps its connection.  ``access`` is sent with each request once it is there."""

    port: int
    address: str = ADDRESS
    access: str | None = None
    _connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def get(self, url: str, **headers: str) -> Answer:
        return self.ask("GET", url, None, **headers)

    def post(self, url: str, given: Any) -> Answer:
        return self.ask("POST", url, given)

    def patch(self, url: str, given: Any) -> Answer:
        return self.ask("PATCH", url, given)

    def ask(self, method: str, url: str, given: Any = None, **headers: str) -> Answer:
        """``url``: a path, or a link out of an answer, whose host is the proxy's."""
        parts = urlsplit(url)
        sent = {
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": self.address,
            **({"Authorization": f"Bearer {self.access}"} if self.access else {}),
            **({} if given is None else {"Content-Type": "application/json"}),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        body = None if given is None else json.dumps(given)
        self._connection.request(method, parts._replace(scheme="", netloc="").geturl(), body, sent)
        response = self._connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def close(self) -> None:
        self._connection.close()
