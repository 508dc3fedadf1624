"""The same without the dashboard's URLs."""

from tests.dashboard.browsable import plain as urlpatterns

__all__ = ["urlpatterns"]
