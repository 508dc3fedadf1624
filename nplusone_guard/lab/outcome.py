"""What experiments showed, as frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nplusone_guard.finding import Cost, Experiment, Finding
    from nplusone_guard.lab.origin import Origin
    from nplusone_guard.report import Report
    from nplusone_guard.trace import CallSite


@dataclass(frozen=True, slots=True)
class Proof:
    """A finding and the experiment with its fix.

    ``finding``: with ``fix.proven`` filled.  ``diff``: where the result changes, a unified diff
    of the two; it may hold data, and is in no report's JSON.
    """

    finding: Finding
    experiment: Experiment
    diff: str = ""

    @property
    def verdict(self) -> str:
        """The experiment's."""
        return self.experiment.verdict


@dataclass(frozen=True, slots=True)
class ChosenFix:
    """Code to add to a root queryset.

    ``finding``: the id of the finding that it mends; empty where it mends none, but spares a
    query that ran once.  ``where``: the expression that it is added to, if that is known.
    """

    code: str
    finding: str = ""
    where: CallSite | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The cheapest proven set of fixes: fewest queries, then cells.

    ``fixes``: what to add, together.  ``tried``: how many sets were run.
    """

    fixes: tuple[ChosenFix, ...]
    before: Cost
    after: Cost
    tried: int


@dataclass(frozen=True, slots=True)
class Proofs:
    """What :func:`nplusone_guard.lab.prove` found.

    ``before``: the cost of the unchanged call.  ``best`` is ``None`` where no fix is proven.
    ``report``: that of the unchanged call, each ``finding.fix.proven`` filled.  ``unstable``: why
    nothing could be compared, empty where two unchanged runs agree.  ``status``: that of a
    response.
    """

    label: str
    before: Cost
    proofs: tuple[Proof, ...]
    best: Chosen | None
    report: Report
    unstable: str = ""
    status: int | None = None

    @property
    def failed(self) -> tuple[Proof, ...]:
        """Those that were run and did not do what they promise."""
        return tuple(
            each
            for each in self.proofs
            if each.verdict in {"no effect", "worse", "changes the result"}
        )

    @property
    def doubt(self) -> str:
        """Why the call proves nothing; empty where it proves something."""
        if self.unstable:
            return self.unstable
        if self.status is not None and self.status >= 400:  # noqa: PLR2004  an error
            return f"the call answers {self.status}"
        return "" if self.before.queries else "the call runs no query"

    def __str__(self) -> str:
        from nplusone_guard.lab.text import render_proofs  # noqa: PLC0415  loads on use

        return render_proofs(self)


@dataclass(frozen=True, slots=True)
class UnusedLookup:
    """An eager load that neither changes the result nor adds a query when it is taken away.

    ``method``: ``"select_related"`` or ``"prefetch_related"``; ``path``: the lookup as it is
    written, or the part of it that is unused.  ``model``: the label of the queryset's model;
    ``queryset``: which one; ``evaluated``: where it was evaluated; ``origin``: where it was
    built, if that is known.
    """

    method: str
    path: str
    model: str
    queryset: Origin
    before: Cost
    after: Cost
    evaluated: CallSite | None = None
    origin: CallSite | None = None


@dataclass(frozen=True, slots=True)
class UnreadColumn:
    """``name``: as ``defer()`` takes it; ``bytes``: of its values, the mean of the rows seen.

    ``wide``: it is worth to be left out.
    """

    name: str
    bytes: float
    wide: bool = False


@dataclass(frozen=True, slots=True)
class UnreadColumns:
    """The columns of one queryset that nobody reads, the widest first.

    ``code``: the ``only()`` or ``defer()`` to type, for the wide ones; empty where none is wide.
    ``before`` and ``after``: with and without the wide ones (any of them, where none is wide).
    ``rows``: how many it loaded.  ``through``: the prefetch that loads them, where it is not a
    queryset that the code evaluates.
    """

    model: str
    queryset: Origin
    columns: tuple[UnreadColumn, ...]
    code: str
    rows: int
    before: Cost
    after: Cost
    through: str = ""
    evaluated: CallSite | None = None
    origin: CallSite | None = None

    @property
    def bytes(self) -> float:
        """Bytes per row that the wide ones take."""
        return sum(each.bytes for each in self.wide)

    @property
    def wide(self) -> tuple[UnreadColumn, ...]:
        """Those that are worth to be left out."""
        return tuple(each for each in self.columns if each.wide)


@dataclass(frozen=True, slots=True)
class Ablation:
    """What :func:`nplusone_guard.lab.ablate` found.

    ``report``: that of the unchanged call, with what is unused as findings.  ``unstable``: why
    nothing could be compared, empty where two unchanged runs agree.
    """

    label: str
    before: Cost
    lookups: tuple[UnusedLookup, ...]
    columns: tuple[UnreadColumns, ...]
    report: Report
    unstable: str = ""

    def __str__(self) -> str:
        from nplusone_guard.lab.text import render_ablation  # noqa: PLC0415  loads on use

        return render_ablation(self)
