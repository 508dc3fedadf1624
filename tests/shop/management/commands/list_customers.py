"""A command that repeats itself."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from tests.shop.models import Order


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("--most", type=int)

    def handle(self, *args, **options):
        for order in Order.objects.all()[: options["most"]]:
            self.stdout.write(order.customer.name)
