"""Methods and functions by what they do with a queryset."""

from __future__ import annotations

#: Methods that give a queryset: a call can be added behind them.
GIVE_QUERYSET = frozenset(
    [
        "all",
        "filter",
        "exclude",
        "order_by",
        "annotate",
        "alias",
        "select_related",
        "prefetch_related",
        "only",
        "defer",
        "using",
        "distinct",
        "reverse",
        "extra",
        "select_for_update",
        "fetch_mode",
        "get_queryset",
        "raw",
    ]
)
#: Methods that end a queryset: a call goes in front of them.
END_QUERYSET = frozenset(
    [
        "get",
        "first",
        "last",
        "earliest",
        "latest",
        "iterator",
        "in_bulk",
        "aget",
        "afirst",
        "alast",
        "aearliest",
        "alatest",
        "aiterator",
        "ain_bulk",
        "none",
        "count",
        "exists",
        "union",
        "intersection",
        "difference",
    ]
)
#: Functions and methods whose first argument is what they go through.
GO_THROUGH = frozenset(
    [
        "list",
        "tuple",
        "set",
        "sorted",
        "enumerate",
        "reversed",
        "iter",
        "len",
        "bool",
        "cast",
        "next",
        "get_object_or_404",
        "get_list_or_404",
        "aget_object_or_404",
        "aget_list_or_404",
        "get_serializer",
        "paginate_queryset",
        "filter_queryset",
        "Paginator",
        "get_paginator",
    ]
)
#: Attributes and methods that hand on what their object was made from.
HAND_ON = frozenset({"data", "object_list", "page", "get_page", "get_paginated_response"})
