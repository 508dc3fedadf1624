"""Each situation in a request, under one tool; run in the tool's environment.  Prints JSON.

python situations.py TOOL
"""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

TOOL = sys.argv[1]
sys.path[0] = str(Path(__file__).resolve().parents[2])
os.environ |= {"DJANGO_SETTINGS_MODULE": "benchmarks.peers.settings", "PEER": TOOL}

from benchmarks.peers.adapters import LISTENING, Told
from benchmarks.peers.shop import as_filled, fill


def main() -> None:
    copies = fill()
    import django
    from django.test import Client

    from tests.situations import SITUATIONS

    client = Client()
    situations = {}
    for name, situation in SITUATIONS.items():
        if situation.skipped:
            continue
        told: list[Told] = []
        error = ""
        with as_filled(copies):
            try:
                with LISTENING[TOOL](told):
                    client.get(f"/{name}/")
            except Exception as failure:  # noqa: BLE001  what a tool breaks is part of the verdict
                error = f"{type(failure).__name__}: {failure}"
        situations[name] = {"told": [each.plain() for each in told], "error": error}
    answer = {
        "django": django.get_version(),
        "python": platform.python_version(),
        "situations": situations,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
