"""Rates: who is stopped, for how long, and what a caller can't do about it."""

from __future__ import annotations

import os
from uuid import uuid4

import pytest
from django.core.cache import caches
from redis import Redis, RedisError
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import User
from api.throttles import WriteThrottle

LOG_IN = "/api/v1/auth/login/"
PRODUCTS = "/api/v1/products/"
ORDERS = "/api/v1/orders/"
WRONG = {"username": "ada", "password": "wrong"}


@pytest.fixture
def rates(monkeypatch):
    """``rates(user="2/min")`` in place of the configured ones."""

    def change(**given):
        for scope, rate in given.items():
            monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, scope, rate)

    return change


def test_five_log_ins_a_minute_are_tried_and_no_sixth(anyone, ada):
    assert [anyone.post(LOG_IN, WRONG).status_code for _ in range(6)] == [401] * 5 + [429]
    right = {"username": "ada", "password": "lovelace-1815"}
    assert anyone.post(LOG_IN, right).status_code == 429


def test_who_is_stopped_is_told_for_how_long(anyone, db):
    for _ in range(5):
        anyone.post(LOG_IN, WRONG)
    response = anyone.post(LOG_IN, WRONG)
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert response.json()["error"]["code"] == "throttled"
    assert response.json()["error"]["details"] is None


def test_after_a_minute_it_goes_on(anyone, db, monkeypatch):
    for _ in range(6):
        stopped = anyone.post(LOG_IN, WRONG)
    later = SimpleRateThrottle.timer() + int(stopped.headers["Retry-After"]) + 60
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda self: later)
    assert anyone.post(LOG_IN, WRONG).status_code == 401


def test_another_address_has_a_count_of_its_own(anyone, db):
    for _ in range(6):
        anyone.post(LOG_IN, WRONG)
    assert anyone.post(LOG_IN, WRONG, REMOTE_ADDR="192.0.2.1").status_code == 401


def test_a_caller_does_not_choose_an_address(anyone, db):
    answers = [
        anyone.post(LOG_IN, WRONG, headers={"X-Forwarded-For": f"192.0.2.{number}"})
        for number in range(6)
    ]
    assert answers[-1].status_code == 429


def test_version_2_counts_with_version_1(anyone, db):
    for _ in range(5):
        anyone.post(LOG_IN, WRONG)
    assert anyone.post(LOG_IN.replace("v1", "v2"), WRONG).status_code == 429


def test_without_credentials_60_requests_a_minute_are_answered(anyone, hers, db):
    answers = [anyone.get(PRODUCTS).status_code for _ in range(61)]
    assert (answers.count(200), answers[-1]) == (60, 429)
    assert hers.get(PRODUCTS).status_code == 200


def test_a_user_s_requests_are_counted_wherever_they_come_from(hers, api, rates):
    rates(user="3/min")
    answers = [hers.get(ORDERS, REMOTE_ADDR=f"192.0.2.{number}") for number in range(4)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429]
    assert api.get(ORDERS).status_code == 200


def test_writes_are_counted_on_all_endpoints_together_and_reads_are_not(hers, rates):
    rates(writes="2/min")
    assert hers.post(ORDERS, {}).status_code == 400
    assert hers.patch("/api/v1/profile/", {}).status_code == 200
    assert hers.post(ORDERS, {}).status_code == 429
    assert hers.get(ORDERS).status_code == 200


def test_sign_ups_have_a_rate_of_their_own(anyone, db, rates):
    rates(signup="1/min")
    answers = [anyone.post("/api/v1/auth/signup/", {}).status_code for _ in range(2)]
    assert answers == [400, 429]
    assert anyone.post(LOG_IN, WRONG).status_code == 401


def test_counting_costs_no_query(anyone, stocked, cost):
    stocked(1)
    assert [cost(anyone.get, PRODUCTS) for _ in range(3)] == [2, 2, 2]


@pytest.mark.parametrize(
    ("scope", "rate"),
    [("login", "5/min"), ("writes", "60/min"), ("anon", "60/min"), ("user", "600/min")],
)
def test_the_rates_are_these(scope, rate):
    assert SimpleRateThrottle.THROTTLE_RATES[scope] == rate


# --- Redis ---


@pytest.fixture
def redis(settings, monkeypatch):
    """Throttles that count in Redis, under names of the test's own."""
    url = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/0"
    try:
        Redis.from_url(url).ping()
    except RedisError as error:
        if os.environ.get("REQUIRE_SERVICES", "") not in ("", "0"):
            raise
        pytest.skip(f"needs Redis: {error}")
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url,
            "KEY_PREFIX": uuid4().hex,
            "TIMEOUT": 60,
        }
    }
    return caches["default"]


def test_counts_in_redis_are_those_of_all_processes(hers, ada, redis, rates):
    rates(writes="3/min")
    hers.post(ORDERS, {})
    key = f"throttle_writes_{ada.user.pk}"
    assert len(redis.get(key)) == 1
    redis.set(key, redis.get(key) * 3)  # as two other processes would
    assert hers.post(ORDERS, {}).status_code == 429


def test_users_are_told_apart_by_their_key(rf, db):
    keys = set()
    for name in ("ada", "grace"):
        request = rf.post(ORDERS)
        request.user = User.objects.create_user(name)
        keys.add(WriteThrottle().get_cache_key(request, None))
    assert len(keys) == 2
