"""The applications that servers load, driven as they drive them."""

from __future__ import annotations

from wsgiref.util import setup_testing_defaults

from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator

from config.asgi import application as asgi
from config.wsgi import application as wsgi


def test_the_wsgi_application_answers(db):
    environ = {"PATH_INFO": "/api/v1/orders/", "HTTP_HOST": "localhost"}
    setup_testing_defaults(environ)
    answer = {}
    response = wsgi(environ, lambda status, headers: answer.update(headers, status=status))
    body = b"".join(response)
    response.close()
    assert answer["status"] == "401 Unauthorized"
    assert answer["X-Guard-Queries"] == "0"
    assert b"credentials" in body


def test_the_asgi_application_answers(db):
    async def ask():
        application = ApplicationCommunicator(
            asgi,
            {
                "type": "http",
                "method": "GET",
                "path": "/api/v1/orders/",
                "query_string": b"",
                "headers": [(b"host", b"localhost")],
            },
        )
        await application.send_input({"type": "http.request"})
        start = await application.receive_output(5)
        body = await application.receive_output(5)
        await application.wait()
        return start, body

    start, body = async_to_sync(ask)()
    assert start["status"] == 401
    assert dict(start["headers"])[b"X-Guard-Queries"] == b"0"
    assert b"credentials" in body["body"]
