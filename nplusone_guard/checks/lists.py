"""Lists: in pages, of a size that has an end, in an order that an index gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import QuerySet
from rest_framework.pagination import (
    BasePagination,
    CursorPagination,
    LimitOffsetPagination,
    PageNumberPagination,
)
from rest_framework.settings import api_settings

from nplusone_guard.checks.endpoints import of_project
from nplusone_guard.checks.places import class_place, name_place, shown
from nplusone_guard.checks.practice import Practice, quoted, rest_framework
from nplusone_guard.checks.standin import LIST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model

    from nplusone_guard.checks.places import Place
    from nplusone_guard.checks.practices import Api
    from nplusone_guard.checks.standin import Trial

_PAGES = "rest_framework.pagination.PageNumberPagination"


def pages(api: Api) -> Iterator[Practice]:
    """``W111``: a list that is not cut into pages."""
    for trial in _lists(api):
        if trial.queryset is not None and trial.queryset.query.is_sliced:
            continue
        paginator = trial.view.pagination_class
        if paginator is None:
            why, hint = "pagination_class is None", _give_pages(trial)
        elif _size(paginator) is None:
            name = "default_limit" if issubclass(paginator, LimitOffsetPagination) else "page_size"
            why = f"{paginator.__name__} has no {name}, and without one it cuts nothing"
            hint = (
                f"{name} = 25 in {shown(paginator)}"
                if of_project(paginator)
                else rest_framework(PAGE_SIZE=25)
            )
        else:
            continue
        yield Practice(
            "W111",
            shown(type(trial.view)),
            f"Its list holds {_rows(trial)} in one response: {why}.",
            hint,
            _places(trial, "pagination_class"),
            type(trial.view).__module__,
        )


def largest_pages(api: Api) -> Iterator[Practice]:
    """``W112``: pages whose size the client chooses without a limit."""
    for paginator, trial in _paginators(api).items():
        limit = issubclass(paginator, LimitOffsetPagination)
        asked = getattr(paginator, "limit_query_param" if limit else "page_size_query_param", None)
        most = "max_limit" if limit else "max_page_size"
        if not asked or getattr(paginator, most, None) or _size(paginator) is None:
            continue
        if not limit and paginator.get_page_size not in {
            PageNumberPagination.get_page_size,
            CursorPagination.get_page_size,
        }:
            continue
        own = of_project(paginator)
        hint = f"{most} = 100"
        if own:
            hint += f" in {shown(paginator)}"
        else:
            hint = (
                f"class Pages({paginator.__name__}): {hint}, and Pages in place of "
                f"{paginator.__name__}."
            )
        place = class_place(paginator) if own else None
        yield Practice(
            "W112",
            shown(paginator if own else type(trial.view)),
            f"{paginator.__name__} has no {most}: ?{asked}=1000000 gets a million rows at once.",
            hint,
            (place,) if place else _places(trial, "pagination_class"),
            (paginator if own else type(trial.view)).__module__,
        )


def cursor_order(api: Api) -> Iterator[Practice]:
    """``W113``: pages by cursor along a column that no index is on."""
    for trial in _lists(api):
        paginator = trial.view.pagination_class
        if (
            paginator is None
            or not issubclass(paginator, CursorPagination)
            or paginator.get_ordering is not CursorPagination.get_ordering
            or trial.queryset is None
        ):
            continue
        ordering: Any = paginator.ordering
        if any(hasattr(each, "get_ordering") for each in trial.view.filter_backends):
            ordering = getattr(trial.view, "ordering", None) or ordering
        names = [ordering] if isinstance(ordering, str) else list(ordering or ())
        model = trial.queryset.model
        if not names or _is_indexed(model, names[0].lstrip("-")):
            continue
        yield Practice(
            "W113",
            shown(type(trial.view)),
            f'{paginator.__name__} goes through {model._meta.label} by "{names[0]}", which has no '  # noqa: SLF001
            "index: each page sorts the whole table.",
            f"indexes = [models.Index(fields=[{quoted(names)}])] in {model.__name__}.Meta",
            _places(trial, "pagination_class"),
            type(trial.view).__module__,
        )


def _lists(api: Api) -> Iterator[Trial]:
    """Those that the framework's own pagination cuts, if anything does."""
    for trial in api.trials:
        paginator = getattr(trial.view, "pagination_class", None)
        if (
            trial.action == LIST
            and hasattr(trial.view, "pagination_class")
            and (paginator is None or _is_known(paginator))
            and not any(
                of_project(base) and {"paginate_queryset", "paginator"} & vars(base).keys()
                for base in type(trial.view).__mro__
            )
        ):
            yield trial


def _is_known(paginator: Any) -> bool:
    if not isinstance(paginator, type) or not issubclass(paginator, BasePagination):
        return False
    return not any(
        of_project(base) and {"paginate_queryset", "get_page_size", "get_limit"} & vars(base).keys()
        for base in paginator.__mro__
    )


def _paginators(api: Api) -> dict[Any, Trial]:
    """Each pagination class with the first list that it cuts."""
    found: dict[Any, Trial] = {}
    for trial in _lists(api):
        if trial.view.pagination_class is not None:
            found.setdefault(trial.view.pagination_class, trial)
    return found


def _size(paginator: Any) -> object:
    """Rows on a page; ``None`` where there are none that the framework would cut at."""
    if issubclass(paginator, LimitOffsetPagination):
        return paginator.default_limit or None
    if issubclass(paginator, (PageNumberPagination, CursorPagination)):
        return paginator.page_size or None
    return paginator


def _give_pages(trial: Trial) -> str:
    default: Any = api_settings.DEFAULT_PAGINATION_CLASS
    if default is None:
        return rest_framework(DEFAULT_PAGINATION_CLASS=_PAGES, PAGE_SIZE=25)
    return f"pagination_class = {default.__name__} in {type(trial.view).__name__}"


def _rows(trial: Trial) -> str:
    queryset = trial.queryset
    if queryset is None:
        queryset = getattr(trial.view, "queryset", None)
    if not isinstance(queryset, QuerySet):
        return "all there is"
    return f"all rows of {queryset.model._meta.label}"  # noqa: SLF001


def _places(trial: Trial, name: str) -> tuple[Place, ...]:
    cls = type(trial.view)
    return tuple(place for place in (class_place(cls), name_place(cls, name)) if place)


def _is_indexed(model: type[Model], name: str) -> bool:
    """Whether an index leads with a column; ``True`` where the models don't tell."""
    if name == "pk":
        return True
    try:
        field: Any = model._meta.get_field(name)  # noqa: SLF001
    except FieldDoesNotExist:
        return True
    meta = field.model._meta  # noqa: SLF001
    if not meta.managed or field.primary_key or field.unique or field.db_index:
        return True
    leading = [fields[0] for fields in meta.unique_together if fields]
    leading += [each.fields[0] for each in meta.constraints if getattr(each, "fields", ())]
    leading += [each.fields[0].lstrip("-") for each in meta.indexes if each.fields]
    # What an expression's index is good for is not asked.
    expressions = any(each.expressions for each in meta.indexes)
    return expressions or name in leading
