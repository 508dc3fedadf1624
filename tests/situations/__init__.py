"""What can repeat, and what is to be said of it: the one catalogue that tests share.

Each situation is a function that runs queries on the data of ``conftest.fill`` and returns plain
data, with what is expected of a report on it.
"""

from __future__ import annotations

from importlib import import_module

from tests.situations.situation import Situation, of_module

__all__ = ["SITUATIONS", "Situation"]

_MODULES = (
    "relations",
    "inheritance",
    "partial",
    "columns",
    "generic",
    "origins",
    "builders",
    "keys",
    "own_keys",
    "writes",
    "managers",
    "batches",
    "duplicates",
    "rendering",
    "modes",
    "clean",
    "legitimate",
)

#: By name, in the order in which they are written.
SITUATIONS: dict[str, Situation] = {
    each.run.__name__: each
    for name in _MODULES
    for each in of_module(import_module(f"tests.situations.{name}"))
}
