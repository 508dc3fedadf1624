"""The methods that are replaced: for how long, and for whom."""

from __future__ import annotations

import threading
from contextvars import copy_context

import pytest
from django.db.models import QuerySet
from django.db.models.query import RawQuerySet

from nplusone_guard.lab import prove
from nplusone_guard.lab.session import Session, entered, in_session
from tests.shop.models import Order

pytestmark = pytest.mark.django_db(databases="__all__")

REPLACED = [
    (QuerySet, "_fetch_all"),
    (QuerySet, "_iterator"),
    (QuerySet, "aiterator"),
    (RawQuerySet, "_fetch_all"),
]


def methods():
    return [vars(cls)[name] for cls, name in REPLACED]


def names():
    return [order.customer.name for order in Order.objects.all()]


def test_the_methods_are_replaced_during_a_run_and_restored_after_it(shop):
    before, during = methods(), []

    def watched():
        during.append(methods())
        return names()

    prove(watched)
    assert all(each not in before for run in during for each in run)
    assert methods() == before


def test_they_are_restored_after_an_exception(shop):
    before = methods()
    with pytest.raises(KeyError):
        prove(lambda: {}["missing"])
    assert methods() == before


def test_they_are_restored_after_an_interrupt(shop):
    before = methods()

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prove(interrupted)
    assert methods() == before


def test_only_the_context_that_proves_is_on_trial(shop):
    seen = {}

    def look(name):
        seen[name] = in_session()

    def called():
        for run, arguments in (
            (look, ("plain",)),
            (copy_context().run, (look, "copied")),
        ):
            thread = threading.Thread(target=run, args=arguments)
            thread.start()
            thread.join()
        return names()

    assert prove(called, runs=0).best is not None
    assert seen == {"plain": False, "copied": True}
    assert not in_session()


def test_two_experiments_at_once_leave_nothing_replaced(shop):
    before = methods()
    first, second = entered(Session({})), entered(Session({}))
    first.__enter__()
    thread = threading.Thread(
        target=lambda: (second.__enter__(), second.__exit__(None, None, None))
    )
    thread.start()
    thread.join()
    assert methods() != before
    first.__exit__(None, None, None)
    assert methods() == before
