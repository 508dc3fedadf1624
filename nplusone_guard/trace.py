"""What was seen: the frozen data that every later stage reads.

A recorder (``capture/``) ends in one :class:`Trace`; detectors read it and yield findings,
``advise`` adds fixes, ``budget`` judges, ``report`` renders.  Nothing here imports Django, and
nothing here holds a frame, a model instance, a connection or a query parameter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nplusone_guard.allow import Allowance
    from nplusone_guard.shape import Shape

#: The rows of a group are remembered of so many executions, and so many of each.
LOOKS = 2
REMEMBERED_ROWS = 100

#: Operations that follow a relation which ``select_related`` can join.
JOINABLE_OPERATIONS = frozenset({"lazy forward", "lazy one-to-one", "parent link"})

#: Operations of an :class:`Access` that load a relation or a column the first query left out.
#: Repeating one of them is an N+1 whatever the parameters.
LAZY_OPERATIONS = frozenset(
    {
        "lazy forward",
        "lazy reverse",
        "lazy many-to-many",
        "lazy one-to-one",
        "deferred column",
        "generic key",
        "parent link",
    }
)


@dataclass(frozen=True, slots=True)
class CallSite:
    """A place in the source: an expression where the interpreter knows it, else a line.

    ``line`` and ``end_line`` count from 1; ``column`` and ``end_column`` count bytes of the
    UTF-8 line from 0, as in PEP 657.  ``function`` is the qualified name of the code object.
    """

    file: str
    line: int
    function: str
    end_line: int | None = None
    column: int | None = None
    end_column: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One relation followed, by its name as ``prefetch_related`` takes it.

    ``model``: the label of the model that it is followed from.  ``query_name``: as
    ``select_related`` and ``annotate`` take it, where that differs.
    ``joinable``: ``select_related`` can follow it; ``many``: it may lead to several rows;
    ``generic``: it leads to rows of several models.
    """

    lookup: str
    model: str | None = None
    joinable: bool = False
    many: bool = False
    generic: bool = False
    query_name: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """The ORM operation behind a group.

    ``model`` is the model whose rows were read or written (``"orders.OrderItem"``), ``relation``
    the accessor that was followed (``"orders.OrderItem.product"``), ``lookup`` its name as
    ``select_related`` or ``prefetch_related`` take it, ``instance_model`` the model it hangs on;
    ``many``, ``generic`` and ``query_name`` are those of its
    :class:`Step`.
    ``method``: the method of the ORM that the code called (``"save"``, ``"get_or_create"``).
    ``remote``: the field of ``model`` that points back to ``instance_model``, through which a
    subquery correlates.  ``manager``: the name of the default manager of ``model``.  ``columns``:
    names of columns that matter to the operation: those that ``save(update_fields=...)`` or
    ``update()`` names, the one that a ``get()`` looks up, those that ``first()`` orders by.
    ``aggregates``: what an ``aggregate()`` computes, as (alias, function, column).  ``narrowed``:
    the relation was filtered, ordered, cut or reshaped before it was read.  ``managed``: its
    model's default manager filters, as it does in a prefetch and not in a join.  ``peers``: the
    instance's fetch mode is ``FETCH_PEERS``.  ``early``: it was read while its row was being made
    (``__init__``, ``from_db``, ``post_init``).  What Django's frames do not tell is ``None`` or
    empty.
    """

    operation: str
    model: str | None = None
    relation: str | None = None
    lookup: str | None = None
    instance_model: str | None = None
    many: bool = False
    generic: bool = False
    method: str | None = None
    remote: str | None = None
    query_name: str | None = None
    columns: tuple[str, ...] = ()
    aggregates: tuple[tuple[str, str, str], ...] = ()
    narrowed: bool = False
    managed: bool = False
    manager: str = "objects"
    peers: bool = False
    early: bool = False

    @property
    def is_lazy(self) -> bool:
        """Whether it loaded what an earlier query could have brought along."""
        return self.operation in LAZY_OPERATIONS

    @property
    def step(self) -> Step | None:
        """The relation it followed."""
        if self.lookup is None or self.operation == "deferred column":
            return None
        return Step(
            self.lookup,
            model=self.instance_model,
            joinable=self.operation in JOINABLE_OPERATIONS,
            many=self.many,
            generic=self.generic,
            query_name=self.query_name,
        )


@dataclass(frozen=True, slots=True)
class Source:
    """The queryset behind the rows of a group, as far as a fix must know it.

    ``kind``: ``"queryset"``, ``"raw"`` or ``"combined"`` (by ``union()`` and its like).
    ``deferred``: names given to ``only()`` (``only`` is true) or ``defer()``.  ``joined``: it
    follows a to-many relation by a join, which would multiply an aggregate.  ``ahead``: the paths
    that it prefetches.  ``annotations``: the names that it gives to what it computes.
    ``peers``: its fetch mode is ``FETCH_PEERS``.
    """

    kind: str
    only: bool = False
    deferred: tuple[str, ...] = ()
    joined: bool = False
    ahead: tuple[str, ...] = ()
    annotations: tuple[str, ...] = ()
    peers: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """A table that a plan reads in full, and the columns that the statement filters it by."""

    table: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldPath:
    """The field that was being rendered: ``OrderSerializer.items.product_name``.

    A serializer's or form's field, an admin's column, or a node of a template (its text).
    ``sources`` is the chain of source attributes from the root serializer down, e.g.
    ``("items", "product", "name")``, of which the innermost field adds the last ``own``;
    ``many`` whether a to-many field lies above it; ``model`` the label of the model that its
    serializer renders; ``site`` the line that declares it.  ``owner`` is the class that declares
    the innermost field, ``name`` its name there; ``variables`` are the names that a node of a
    template looks up in its context.
    """

    text: str
    sources: tuple[str, ...] = ()
    own: int = 0
    model: str | None = None
    many: bool = False
    site: CallSite | None = None
    owner: object = None
    name: str = ""
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryGroup:
    """The queries of one shape from one call path.

    ``count``: executions.  ``calls``: the most ORM calls that ran it within one scope (a
    ``bulk_create`` in ten batches is one call), which is what detectors compare with their
    threshold.  ``varied``: whether at least two different parameter sets were seen.
    ``redundant``: executions that repeated an earlier one's parameters for nothing (no write to a
    table they read came between); 0 once parameters varied.
    ``batch``: how many keys or rows each execution lists, where all list as many but the last,
    which may list less; 0 where they differ, or there is no such list.
    ``rows``: rows fetched.  ``db_ms``: milliseconds in execute and fetch.  ``path``: the call
    path within the project, innermost first; ``site`` is its innermost place, or the serializer
    field's where no line of the project was on the stack.  ``excuse``: why repeating it is
    legitimate, or ``None``.  ``allowances``: those in force when it first ran.

    Where its rows came from: ``ancestors`` begins with the index in ``Trace.groups`` of the group
    that loaded the instance it hangs on, and the relations from those rows to that instance
    (none: a row itself), goes on with what that row hangs on, and so on; ``via``: those relations
    where the group is not known.  ``chained``: the second instance came from this very group (a
    linked list, a tree); ``forked``: from elsewhere than the first; ``stray``: the instance was
    none of the rows that are remembered of a query.
    ``source``: its queryset, for a group that loaded model instances; ``view``: the class or
    function of the view that ran it.  ``echoes``: the index of an earlier group that had asked
    the same question.  ``peak_ms`` and ``peak_rows``: the most that one execution took.
    ``first_ms`` and ``last_ms``: milliseconds from the start of the trace to the begin of the first
    execution and to the end of the last one, its fetch left out.
    ``scans``: the tables its plan reads in full, where the plan was asked for.
    """

    shape: Shape
    database: str
    operation: str
    count: int
    calls: int
    varied: bool
    redundant: int
    rows: int
    db_ms: float
    site: CallSite | None = None
    path: tuple[CallSite, ...] = ()
    field: FieldPath | None = None
    access: Access | None = None
    limit: int | None = None
    batch: int = 0
    excuse: str | None = None
    allowances: tuple[Allowance, ...] = ()
    ancestors: tuple[tuple[int, tuple[Step, ...]], ...] = ()
    via: tuple[Step, ...] = ()
    chained: bool = False
    forked: bool = False
    stray: bool = False
    source: Source | None = None
    view: object = None
    echoes: int | None = None
    peak_ms: float = 0.0
    peak_rows: int = 0
    first_ms: float = 0.0
    last_ms: float = 0.0
    scans: tuple[Scan, ...] | None = None

    @property
    def is_transaction(self) -> bool:
        """Whether it only steers a transaction; such statements are listed, not counted."""
        return self.operation == "transaction"


@dataclass(frozen=True, slots=True)
class Trace:
    """What one request, test or block did.

    ``label`` names it for people; ``route`` is the URL pattern, ``method`` and ``status`` those
    of the request, all ``None`` outside one.  ``wall_ms``: milliseconds from start to end.
    ``allowances``: all that were in force at any time, so that unused ones can be told.
    ``truncated``: whether the guard reached a limit of its own (``MAX_GROUPS``, ``MAX_OWN_MS``),
    and counted what came then without looking at it.
    """

    label: str
    groups: tuple[QueryGroup, ...]
    wall_ms: float
    route: str | None = None
    method: str | None = None
    status: int | None = None
    allowances: tuple[Allowance, ...] = ()
    truncated: bool = False

    @property
    def queries(self) -> int:
        """Executed statements, transaction statements left out."""
        return sum(group.count for group in self.groups if not group.is_transaction)

    @property
    def transactions(self) -> int:
        """Statements that only steer a transaction (``BEGIN``, ``SAVEPOINT``, ...)."""
        return sum(group.count for group in self.groups if group.is_transaction)

    @property
    def rows(self) -> int:
        """Rows fetched from the database."""
        return sum(group.rows for group in self.groups)

    @property
    def db_ms(self) -> float:
        """Milliseconds spent in execute and fetch."""
        return sum(group.db_ms for group in self.groups)
