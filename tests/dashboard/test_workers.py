"""Several server processes write to one store; ``tests.dashboard.workers`` does it at length."""

from __future__ import annotations

import pytest

from tests.dashboard.workers import load

pytest.importorskip("gunicorn", reason="served by gunicorn where it is installed")


@pytest.mark.parametrize("preload", [False, True], ids=["each loads", "preload"])
def test_each_request_is_stored_or_counted_as_dropped(preload):
    found = load(200, preload=preload)
    assert found.answered == 200
    assert found.added + found.dropped == 200
    assert found.added > 150
    assert "Traceback" not in found.log
