"""Experiments: change a root queryset while a call runs, run it again, and compare.

:func:`prove` applies the fixes that a report suggests, :func:`ablate` takes away what a queryset
loads and nobody reads.  No source is edited.  While a call runs, the methods of ``QuerySet`` that
evaluate one are replaced, for the running context alone, and a queryset that is evaluated at the
place of a finding's root (same call path, same statement, same database) gets the fix's calls
before it fetches.

The public API, which other parts of the package build on:

``prove(call, *, report=None, equal=None, safe=True, runs=3, most=24, ...) -> Proofs``
    Each finding's fix tried, alone and with the others.  ``Proofs.proofs`` has a :class:`Proof` a
    finding (``finding``, ``experiment``, ``diff``), ``Proofs.best`` the cheapest proven set
    (:class:`Chosen`), ``Proofs.report`` the report with each ``finding.fix.proven`` filled.

``ablate(call, *, equal=None, safe=True, runs=3, wide=100, ...) -> Ablation``
    ``Ablation.lookups``: each eager load that nobody needed (:class:`UnusedLookup`);
    ``Ablation.columns``: the columns of each queryset that nobody reads
    (:class:`UnreadColumns`); ``Ablation.report``: the report with both as findings
    (``unused_eager``, ``overfetch``).

:class:`~nplusone_guard.finding.Experiment`
    ``verdict``, ``code``, ``before``, ``after`` (each a :class:`~nplusone_guard.finding.Cost`:
    queries, rows, cells, ms), ``reason``.  The verdicts:

    ``proven``: fewer queries, and the same result;
    ``no effect``: the same result from as many queries;
    ``worse``: the same result from more queries;
    ``changes the result``: another result, or an exception; ``Proof.diff`` shows it;
    ``not comparable``: two runs without any change differ already;
    ``not tried``: the reason says why, e.g. that the code that reads has to change too.

Both raise :class:`~nplusone_guard.errors.LabRefused`, before anything runs, inside a served
request and where ``DEBUG`` is off outside of tests; and as soon as a call sends an unsafe request,
writes, or asks a database that is no test database.  Its message says what was refused, where,
and which argument allows it.
"""

from __future__ import annotations

from nplusone_guard.errors import LabRefused
from nplusone_guard.finding import Cost, Experiment
from nplusone_guard.lab.ablate import ablate
from nplusone_guard.lab.outcome import (
    Ablation,
    Chosen,
    ChosenFix,
    Proof,
    Proofs,
    UnreadColumn,
    UnreadColumns,
    UnusedLookup,
)
from nplusone_guard.lab.prove import prove

__all__ = [
    "prove",
    "ablate",
    "Proofs",
    "Proof",
    "Chosen",
    "ChosenFix",
    "Ablation",
    "UnusedLookup",
    "UnreadColumns",
    "UnreadColumn",
    "Experiment",
    "Cost",
    "LabRefused",
]
