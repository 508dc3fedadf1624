"""``demo.py`` from outside: what stops it, and that it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

DEMO = Path(__file__).resolve().parents[2] / "demo.py"


@pytest.fixture
def start(tmp_path):
    """Start the demonstration in a process group of its own, as a shell does."""

    def run(*arguments):
        return subprocess.Popen(
            [sys.executable, str(DEMO), *arguments],
            env={**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'demo.sqlite3'}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return run


@pytest.fixture
def port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_a_port_in_use_is_said_before_anything_is_done(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = start("--serve", "--port", str(port))
        out, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.strip() == (
        f"Port {port} of 127.0.0.1 is in use; take another: make serve PORT={port + 1}"
    )
    assert out == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("port", ["0", "70000", "http"])
def test_a_port_that_is_none_is_named(start, port):
    process = start("--serve", "--port", port)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"takes a whole number from 1 to 65535, not '{port}'" in said


@pytest.mark.skipif(os.name != "posix", reason="sends a signal to a process group")
def test_ctrl_c_ends_the_server_and_what_started_it(start, port):
    process = start("--serve", "--port", str(port))
    deadline = time.monotonic() + 60
    while not answers(port) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert answers(port)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in said
    assert not answers(port)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal to a process group")
def test_ctrl_c_ends_the_demonstration_without_a_traceback(start):
    process = start()
    process.stdout.readline()  # seeded; the server is starting
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "")
