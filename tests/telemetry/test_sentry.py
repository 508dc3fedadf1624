"""Sentry: an issue for each finding, once; caught in a transport in this process."""

from __future__ import annotations

import pytest
import sentry_sdk
from sentry_sdk.transport import Transport

EXPORT = "nplusone_guard.integrations.sentry.export"


class Kept(Transport):
    """Keeps events in place of sending them."""

    def __init__(self, options=None):
        super().__init__(options)
        self.events = []

    def capture_envelope(self, envelope):
        event = envelope.get_event()
        if event is not None:
            self.events.append(event)


@pytest.fixture
def sent(monkeypatch):
    from nplusone_guard.integrations import sentry

    monkeypatch.setattr(sentry, "_sent", {})
    transport = Kept()
    client = sentry_sdk.Client(
        dsn="https://key@sentry.invalid/1", transport=transport, default_integrations=False
    )
    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(client)
        yield transport.events
    client.close()


def test_a_finding_is_an_issue_with_a_stable_fingerprint(exporting, get, sent):
    with exporting(EXPORT):
        get("/row-by-row/")
    (event,) = sent
    assert event["message"] == "N+1 shop.Order.customer in row-by-row/"
    assert event["level"] == "warning"
    assert event["fingerprint"][0] == "nplusone_guard"
    assert event["tags"]["nplusone_guard.relation"] == "shop.Order.customer"
    said = event["contexts"]["nplusone_guard"]
    assert said["fix"] == 'select_related("customer")'
    assert said["count"] == 5
    assert event["fingerprint"][1] == said["id"]


def test_the_same_finding_is_sent_once(exporting, get, sent):
    with exporting(EXPORT):
        get("/row-by-row/")
        get("/row-by-row/")
    assert len(sent) == 1


def test_after_an_hour_it_is_sent_again(exporting, get, sent, monkeypatch):
    from nplusone_guard.integrations import sentry

    with exporting(EXPORT):
        get("/row-by-row/")
        now = sentry.monotonic()
        monkeypatch.setattr(sentry, "monotonic", lambda: now + 3_601)
        get("/row-by-row/")
    first, second = sent
    assert first["fingerprint"] == second["fingerprint"]


def test_an_error_of_the_same_request_shows_the_shape_as_a_breadcrumb(exporting, get, sent):
    with exporting(EXPORT):
        get("/row-by-row/")
        sentry_sdk.capture_message("later")
    crumbs = sent[-1]["breadcrumbs"]["values"]
    assert any(crumb["message"].startswith("5x SELECT ") for crumb in crumbs)


def test_a_request_without_a_finding_sends_nothing(exporting, get, sent):
    with exporting(EXPORT):
        get("/joined/")
    assert sent == []


def test_an_issue_holds_nothing_of_the_request(exporting, get, sent):
    def as_an_integration_does(event, hint):
        event["request"] = {"url": "https://localhost/reset/secret-token/", "data": "secret-token"}
        event["user"] = {"email": "secret-token"}
        return event

    sentry_sdk.get_isolation_scope().add_event_processor(as_an_integration_does)
    sentry_sdk.add_breadcrumb(message="secret-token")
    with exporting(EXPORT):
        get("/row-by-row/")
    (event,) = sent
    assert "secret-token" not in repr(event)
