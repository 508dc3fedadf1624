"""The version matrix: each supported pair of Python and Django runs both test suites."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import nox

nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["tests"]

PAIRS = [("3.11", "5.2"), ("3.12", "6.0"), ("3.13", "6.1")]
#: Run where the interpreter is there; not called for where it is not.
OPTIONAL = [("3.14", "6.1")]
#: Tests that run on the oldest and the newest pair alone: what they look at is not Django's frames.
ENDS_ALONE = (
    *("beyond", "dashboard", "lab", "load", "peers", "report", "scan", "security", "suite"),
    *("telemetry", "toolbar"),
)


def name(python: str, django: str) -> str:
    """What a pair is called: ``py3.13-django6.1``."""
    return f"py{python}-django{django}"


NAMES = [name(*pair) for pair in [*PAIRS, *OPTIONAL]]
each_pair = nox.parametrize(("python", "django"), [*PAIRS, *OPTIONAL], ids=NAMES)


def interpreter(version: str) -> str | None:
    """The full path of an interpreter: under pyenv's versions folder, else on the PATH.

    A pyenv shim that stands for nothing installed does not start, and so does not count.
    """
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [str(path / "bin" / "python") for path in sorted(root.glob(f"{version}.*"))[::-1]]
    found = shutil.which(f"python{version}")
    for candidate in [*candidates, *([found] if found else [])]:
        try:
            shown = subprocess.run([candidate, "-V"], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        if shown.stdout.startswith(f"Python {version}."):
            return candidate
    return None


def environment(session: nox.Session, python: str, django: str) -> str:
    """The interpreter of the pair's own environment, with all that the tests need."""
    path = interpreter(python)
    if path is None:
        reason = f"Python {python} is not installed"
        if os.environ.get("CI") and (python, django) in PAIRS:
            session.error(reason)
        session.skip(reason)
    venv = Path(".nox") / name(python, django)
    run = str((venv / "bin" / "python").absolute())
    chosen = venv / "requirements.txt"
    if not chosen.exists():  # none yet, or one that was not finished
        session.run(path, "-m", "venv", "--clear", str(venv), external=True)
    pins = Path("requirements/dev.txt").read_text().splitlines()
    others = [pin for pin in pins if not pin.startswith("django==")]
    chosen.write_text("\n".join([*others, f"django=={django}.*", ""]))
    install = (run, "-m", "pip", "install", "-q", "--disable-pip-version-check")
    session.run(*install, "-r", str(chosen), "-e", ".", external=True)
    return run


@nox.session(python=False)
@each_pair
def tests(session: nox.Session, python: str, django: str) -> None:
    """Run the library's tests and the orders API's."""
    run = environment(session, python, django)
    ends = (python, django) in {PAIRS[0], PAIRS[-1]}
    fewer = [] if ends else [f"--ignore=tests/{name}" for name in ENDS_ALONE]
    session.run(run, "-m", "pytest", "-q", *fewer, *session.posargs, external=True)
    with session.chdir("example_project"):
        session.run(run, "-m", "pytest", "-q", external=True)


@nox.session(python=False)
@each_pair
def services(session: nox.Session, python: str, django: str) -> None:
    """Run the tests that need a database server."""
    run = environment(session, python, django)
    session.run(run, "-m", "tests.services", external=True)
