"""A page that holds fewer rows than there are hides that queries grow with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nplusone_guard.scan.targets import Target

#: The arguments of the paginations of DRF and what is built on them.
_SIZED_BY = ("page_size_query_param", "limit_query_param")
_SIZES = ("page_size", "default_limit")
_MOST = ("max_page_size", "max_limit")


def larger_page(target: Target, size: int) -> dict[str, int]:
    """What to ask for so that a page holds ``size`` rows; empty where none is needed or known."""
    if not _too_small(target, size):
        return {}
    pages = target.view.pagination_class
    name = next((found for each in _SIZED_BY if (found := getattr(pages, each, None))), None)
    if not isinstance(name, str) or (_first(pages, _MOST) or size) < size:
        return {}
    return {name: size}


def page_doubt(target: Target, size: int) -> str:
    """Why a list can't be seen to grow; empty where it can."""
    if not _too_small(target, size) or larger_page(target, size):
        return ""
    held = _held(target)
    return f"a page holds {held} of {size} rows, so that queries can not be seen to grow"


def _too_small(target: Target, size: int) -> bool:
    held = _held(target)
    return held is not None and held < size


def _held(target: Target) -> int | None:
    view = target.view
    if not isinstance(view, type):
        return None
    actions = getattr(target.callback, "actions", None)
    if isinstance(actions, dict):
        action = getattr(view, actions.get("get", ""), None)
        extra = hasattr(action, "mapping")  # an @action, which pages as it likes
        lists = actions.get("get") == "list" and not extra
    else:
        lists = hasattr(view, "list") or hasattr(view, "paginate_by")
    if not lists:
        return None
    held = getattr(view, "paginate_by", None) or _first(
        getattr(view, "pagination_class", None), _SIZES
    )
    return held if isinstance(held, int) else None


def _first(pages: Any, names: tuple[str, ...]) -> int | None:
    found = (getattr(pages, name, None) for name in names)
    return next((each for each in found if isinstance(each, int)), None)
