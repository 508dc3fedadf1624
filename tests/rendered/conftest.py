from __future__ import annotations

import pytest

from tests.rendered.models import Box, Room, Shelf
from tests.rendered.site import Site


@pytest.fixture
def site(shop, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    return Site(tmp_path)


@pytest.fixture
def shelves(shop):
    """Three shelves in rooms of their own, and a box on the first."""
    found = [
        Shelf.objects.create(name=f"shelf {n}", room=Room.objects.create(name=f"room {n}"))
        for n in range(3)
    ]
    Box.objects.create(name="box", shelf=found[0])
