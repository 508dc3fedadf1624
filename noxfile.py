"""The version matrix: each supported pair of Python and Django runs both test suites."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import nox

nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_existing_virtualenvs = True

PAIRS = [("3.11", "5.2"), ("3.12", "6.0"), ("3.13", "6.1")]


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


@nox.session(python=False)
@nox.parametrize(
    ("python", "django"), PAIRS, ids=[f"py{python}-django{django}" for python, django in PAIRS]
)
def tests(session: nox.Session, python: str, django: str) -> None:
    """Run the library's tests and the orders API's."""
    path = interpreter(python)
    if path is None:
        reason = f"Python {python} is not installed"
        if os.environ.get("CI"):
            session.error(reason)
        session.skip(reason)
    venv = Path(".nox") / f"py{python}-django{django}"
    run = str((venv / "bin" / "python").absolute())
    if not Path(run).exists():
        session.run(path, "-m", "venv", str(venv), external=True)
    install = (run, "-m", "pip", "install", "-q", "--disable-pip-version-check")
    pins = Path("requirements/dev.txt").read_text().splitlines()
    others = [pin for pin in pins if not pin.startswith("django==")]
    chosen = venv / "requirements.txt"
    chosen.write_text("\n".join([*others, f"django=={django}.*", ""]))
    session.run(*install, "-r", str(chosen), "-e", ".", external=True)
    session.run(run, "-m", "pytest", "-q", *session.posargs, external=True)
    with session.chdir("example_project"):
        session.run(run, "-m", "pytest", "-q", external=True)
