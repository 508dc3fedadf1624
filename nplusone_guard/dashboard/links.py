"""Where the dashboard's URLs are: whatever they are included under, in whichever namespace."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from django.core.signals import setting_changed
from django.urls import NoReverseMatch, URLResolver, get_resolver, get_urlconf, reverse

from nplusone_guard.dashboard import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def link(name: str, *args: object) -> str:
    """The path of one of the dashboard's pages; raises ``NoReverseMatch`` where it has none."""
    return reverse(f"{namespace(get_urlconf()) or NAMESPACE}:{name}", args=args)


def included() -> bool:
    """Whether the URLs in force have the dashboard."""
    return namespace(get_urlconf()) is not None


@lru_cache(maxsize=16)
def namespace(urlconf: str | None) -> str | None:
    """The dashboard's namespace with those around it, or ``None`` where it is not included."""
    for found in _below(get_resolver(urlconf), ()):
        # Below a path with a part that no link of ours could fill in, it has none.
        with suppress(NoReverseMatch):
            reverse(f"{found}:requests", urlconf=urlconf)
            return found
    return None


def _below(resolver: URLResolver, around: tuple[str, ...]) -> Iterator[str]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            names = (*around, each.namespace) if each.namespace else around
            if each.app_name == NAMESPACE:
                yield ":".join(names)
            else:
                yield from _below(each, names)


def _on_setting_changed(*, setting: str, **_: Any) -> None:
    if setting == "ROOT_URLCONF":
        namespace.cache_clear()


setting_changed.connect(_on_setting_changed, dispatch_uid="nplusone_guard.dashboard")
