"""Take the README's block of output and the picture of a report anew: what the guard says today.

make readme
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "example_project"
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "_static" / "report.svg"
COLUMNS = "96"  # what fits the page of a repository

#: The block in the README, between two comments.
BLOCK = re.compile(r"(?<=<!-- make demo -->\n)```text\n.*?```\n(?=<!-- /make demo -->)", re.DOTALL)

kept: list[Any] = []


def demo_output() -> str:
    """What ``make demo`` prints, of the two requests."""
    with tempfile.TemporaryDirectory() as folder:
        said = subprocess.run(
            [sys.executable, str(EXAMPLE / "demo.py")],
            env={
                **os.environ,
                "DATABASE_URL": f"sqlite:///{Path(folder) / 'demo.sqlite3'}",
                "COLUMNS": COLUMNS,
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return said[said.index("--- ") : said.index("\nGo on by hand")]


def keep(report: Any) -> None:
    """The reporter by which the picture gets its report."""
    kept.append(report)


def picture(path: Path) -> None:
    """The report of the naive list, as a terminal shows it."""
    os.chdir(EXAMPLE)
    sys.path.insert(0, str(EXAMPLE))
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "ENV_FILE": os.devnull,
        "DATABASE_URL": "sqlite://:memory:",
        "ALLOWED_HOSTS": "testserver",
    }
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client
    from django.test.utils import override_settings

    from nplusone_guard.report.console import to_svg

    call_command("migrate", verbosity=0)
    call_command("seed_orders", token="0" * 40)
    reporting = {**settings.NPLUSONE_GUARD, "REPORTERS": ["refresh.keep"]}
    with override_settings(NPLUSONE_GUARD=reporting):
        for _ in range(2):  # the first request pays for imports
            Client().get("/api/naive/orders/", headers={"Authorization": f"Token {'0' * 40}"})
    to_svg(kept[-1], path, title="python manage.py runserver")


def main() -> None:
    before = README.read_text()
    block = f"```text\n$ make demo\n\n{demo_output()}```\n"
    after, found = BLOCK.subn(lambda _: block, before)
    if found != 1:
        sys.exit("README.md needs one <!-- make demo --> ... <!-- /make demo -->.")
    README.write_text(after)
    PICTURE.parent.mkdir(exist_ok=True)
    picture(PICTURE)


if __name__ == "__main__":
    import refresh  # the reporter is found by its dotted path, not in __main__

    refresh.main()
