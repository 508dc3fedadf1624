"""Django signals, for what a project does with reports itself.

``traced`` is sent when the trace of a request (or of a task that an integration traces) has ended,
whatever ``ACTION`` says, with ``report``, a :class:`~nplusone_guard.report.Report`.  A receiver
that raises is logged by Django and changes nothing.

.. code-block:: python

    from django.dispatch import receiver
    from nplusone_guard.signals import traced

    @receiver(traced)
    def count(sender, report, **kwargs):
        statsd.histogram("queries", report.queries, tags=[f"route:{report.trace.route}"])
"""

from __future__ import annotations

from django.dispatch import Signal

traced = Signal()
