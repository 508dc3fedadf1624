"""A virtual environment for each tool, under .peers/: pinned versions, one Django for all."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".peers"
PINS = Path(__file__).with_name("requirements.txt")
DEV = ROOT / "requirements" / "dev.txt"
EXAMPLE = ROOT / "requirements" / "example.txt"
#: For the situations: what they and the judge import.
DETECTION = ("djangorestframework", "pytest", "rich", "psycopg[binary]")
#: The oldest that django-nplus1 takes.
PYTHON = "3.12"


class NotInstalled(Exception):
    """A tool that pip could not install; the message is pip's own."""


def pins(text: str) -> dict[str, str]:
    """Package → version, of a requirements file."""
    lines = (line.partition("#")[0].partition(";")[0].strip() for line in text.splitlines())
    return dict(line.split("==", 1) for line in lines if "==" in line)


def without_django(text: str) -> str:
    """The pins of a requirements file, but Django's."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("django=="))


def python_of(package: str, needed: Iterable[str], *, example: bool, django: str = "") -> Path:
    """The Python of the package's environment, made or brought up to date where it has to be.

    ``package`` may be "", for what a tool is compared with.  ``example`` installs what the orders
    API needs as well.  ``django`` takes another Django than the pinned one.  Raises
    ``NotInstalled``.
    """
    name = (package or "nothing") + ("-api" if example else "") + (f"-{django}" if django else "")
    venv = FOLDER / name
    venv.mkdir(parents=True, exist_ok=True)
    own = PINS.read_text()
    if django:
        own = own.replace(f"django=={pins(own)['django']}", f"django=={django}.*")
    files = {
        "pins.txt": own,
        "base.txt": without_django(DEV.read_text()),
        "example.txt": without_django(EXAMPLE.read_text()),
    }
    for file, text in files.items():
        (FOLDER / f"{name}-{file}").write_text(text)
    arguments = ["django", *needed, *([package] if package else [])]
    if example:
        arguments += ["-r", str(FOLDER / f"{name}-example.txt")]
    for file in ("pins.txt", "base.txt"):
        arguments += ["-c", str(FOLDER / f"{name}-{file}")]
    stamp = hashlib.sha256("\n".join([*arguments, *files.values()]).encode()).hexdigest()
    done = venv / "installed"
    if not done.exists() or done.read_text() != stamp:
        _install(venv, arguments)
        done.write_text(stamp)
    return venv / "bin" / "python"


def _install(venv: Path, arguments: list[str]) -> None:
    print(f"installing {venv.name} ...", file=sys.stderr, flush=True)
    run([interpreter(), "-m", "venv", "--clear", str(venv)])
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    try:
        run([*pip, "install", *arguments])
    except subprocess.CalledProcessError as error:
        shutil.rmtree(venv)
        said = [line for line in error.stderr.splitlines() if line.startswith("ERROR:")]
        raise NotInstalled(said[0] if said else error.stderr.strip()[-200:]) from error


def interpreter() -> str:
    """A Python 3.12 or 3.13.  Raises ``SystemExit`` where there is none."""
    sys.path.insert(0, str(ROOT))
    from noxfile import interpreter as find

    for version in (PYTHON, "3.13"):
        if found := find(version):
            return found
    sys.exit(f"The comparison needs Python {PYTHON} or 3.13.")


def run(command: list[str], **options: object) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, **options).stdout
