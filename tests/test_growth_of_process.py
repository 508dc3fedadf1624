"""What a process of many requests keeps: nothing that grows with them."""

from __future__ import annotations

import gc
import weakref

from tests.serving import guarded, wsgi


def finalizers():
    """How many objects the process has promised to clean up after."""
    gc.collect()
    return len(weakref.finalize._registry)


def test_a_request_leaves_no_finalizer_behind(shop):
    with guarded(middleware=[]):
        wsgi("/orders/")
        before = finalizers()
        for _ in range(5):
            wsgi("/orders/")
        of_the_client = finalizers() - before
    with guarded():
        wsgi("/orders/")
        before = finalizers()
        for _ in range(5):
            wsgi("/orders/")
        assert finalizers() - before == of_the_client
