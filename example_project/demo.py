"""See an N+1 named, and the same page without it; or serve the API to look on by hand.

    python demo.py            the demonstration
    python demo.py --serve    migrate, seed and serve on 127.0.0.1:8000

Starts the real server with the real middleware and asks it over HTTP, as a client would.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATABASE = HERE / "var" / "demo.sqlite3"
PAGES = [
    ("The order list as it is first written", "/api/naive/orders/"),
    ("The same page from a tuned queryset", "/api/v1/orders/"),
]
SECONDS_TO_START = 30


def environment() -> dict[str, str]:
    DATABASE.parent.mkdir(exist_ok=True)
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{DATABASE}",
        "NAIVE_API": "true",
        "PYTHONUNBUFFERED": "1",
    }


def manage(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=HERE, env=environment(), check=True
    )


def prepare(token: str) -> None:
    manage("migrate", "--verbosity", "0")
    manage("seed_orders", "--customers", "200", "--orders", "2000", "--token", token)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def get(port: int, path: str, token: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Authorization": f"Token {token}"})
    response = connection.getresponse()
    response.read()
    return response


def wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    sys.exit(f"The server did not come up on port {port}. It said:\n{log.read_text()}")


def demonstrate() -> None:
    token = secrets.token_hex(20)
    prepare(token)
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as sink:
            server = subprocess.Popen(
                [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
                cwd=HERE,
                env={**environment(), "FORCE_COLOR": "1" if sys.stdout.isatty() else ""},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=sink,
            )
        try:
            wait(server, port, log)
            for heading, path in PAGES:
                get(port, path, token)  # the first request pays for imports
                before = log.stat().st_size
                response = get(port, path, token)
                if response.status != http.HTTPStatus.OK:
                    sys.exit(f"GET {path} answered {response.status}:\n{log.read_text()}")
                said = log.read_bytes()[before:].decode()
                # Between the guard's lines stand the server's own, a line for each request.
                report = [line for line in said.splitlines() if '"GET /' not in line]
                print(f"\n--- {heading}: GET {path}\n")
                print("\n".join(report).strip())
                for name in ("Server-Timing", "X-Guard-Queries", "X-Guard-Findings"):
                    print(f"{name}: {response.headers[name]}")
        finally:
            server.terminate()
            server.wait()
    print("\nGo on by hand: make serve")


def serve() -> None:
    token = secrets.token_hex(20)
    prepare(token)
    print(
        "\nServing on http://127.0.0.1:8000/; reports appear here. Ctrl-C ends it. Try:\n\n"
        f"  curl -sD- -o /dev/null -H 'Authorization: Token {token}' "
        "http://127.0.0.1:8000/api/naive/orders/\n"
        f"  curl -sD- -o /dev/null -H 'Authorization: Token {token}' "
        "http://127.0.0.1:8000/api/v1/orders/\n",
        flush=True,
    )
    with contextlib.suppress(KeyboardInterrupt):
        manage("runserver", "127.0.0.1:8000")


def main() -> None:
    parser = argparse.ArgumentParser(description="Demonstrate or serve the orders API.")
    parser.add_argument("--serve", action="store_true", help="serve on 127.0.0.1:8000")
    try:
        serve() if parser.parse_args().serve else demonstrate()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(error.cmd[1:])} failed; see above.")


if __name__ == "__main__":
    main()
