"""Run in the server's environment: an empty database gets its tables, data and one of the staff."""

import django

django.setup()

from django.core.management import call_command  # noqa: E402

call_command("migrate", verbosity=0)
call_command("seed_orders", customers=200, orders=2_000)
call_command("createsuperuser", interactive=False, verbosity=0)
