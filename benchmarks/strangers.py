"""The guard on test suites that nobody here wrote: what it names, and what it costs.

Each package's source distribution is fetched with pip, unpacked into a temporary directory, given
a virtual environment of its own with this checkout, and tested as it is: without the option, with
it, and in pairs for the ratio of CPU time, one after the other.  docs/strangers.md says what became
of each finding.

    python benchmarks/strangers.py [--pairs 3] [--scan] [--keep DIRECTORY] [PACKAGE ...]

With --scan it is guard_scan that is run, once, with settings that add the app to the package's
(docs/scan-strangers.md).  Spirit's tests need libmagic.  Nothing is changed in what was fetched.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
DJANGO = "Django~=5.2.0"


@dataclass(frozen=True)
class Stranger:
    """A package, what its tests need, and how they are run."""

    version: str
    requirements: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    #: Folders to copy before the tests, as the package's own command does.
    copies: tuple[tuple[str, str], ...] = ()
    #: Of a scan: the settings to add the app to, and who asks.
    settings: str = ""
    users: str = "staff"


STRANGERS = {
    "djangorestframework-jsonapi": Stranger(
        version="8.1.0",
        settings="example.settings.test",
        users="anonymous",
        requirements=(
            "djangorestframework>=3.16",
            "django-filter",
            "django-polymorphic",
            "factory-boy",
            "Faker",
            "inflection",
            "pytest-factoryboy",
            "syrupy",
        ),
    ),
    "django-spirit": Stranger(
        version="0.14.3",
        settings="test_project.test_project.settings.test",
        requirements=("-e", ".[huey]", "python-magic==0.4.27"),
        arguments=("-o", "python_files=tests*.py", "spirit"),
        environment={"DJANGO_SETTINGS_MODULE": "test_project.test_project.settings.test"},
        copies=(
            ("spirit/extra/project_template", "test_project"),
            ("spirit/extra/project_template/project_name", "test_project/test_project"),
        ),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("packages", nargs="*", default=sorted(STRANGERS), metavar="PACKAGE")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--scan", action="store_true", help="guard_scan in place of the tests")
    parser.add_argument("--keep", type=Path, help="work here, and leave it")
    options = parser.parse_args()
    unknown = set(options.packages) - set(STRANGERS)
    if unknown:
        parser.error(f"{', '.join(unknown)}: it knows {', '.join(STRANGERS)}")
    with tempfile.TemporaryDirectory() as temporary:
        for name in options.packages:
            place = (options.keep or Path(temporary)) / name
            place.mkdir(parents=True, exist_ok=True)
            if options.scan:
                scan(name, STRANGERS[name], place)
            else:
                visit(name, STRANGERS[name], place, options.pairs)


def visit(name: str, stranger: Stranger, place: Path, pairs: int) -> None:
    print(f"\n== {name} {stranger.version}", flush=True)
    source = fetch(name, stranger, place)
    python = install(stranger, source, place)
    plain = test(stranger, source, python, "off")
    guarded = test(stranger, source, python, "report")
    print(guarded.text[guarded.text.find("query guard ===") :].partition("\n")[2])
    print(f"without: {plain.outcome}\nwith:    {guarded.outcome}")
    if plain.outcome != guarded.outcome:
        sys.exit("the guard changed the outcome")
    ratios = []
    for _ in range(pairs):
        off = test(stranger, source, python, "off").cpu
        ratios.append(test(stranger, source, python, "report").cpu / off)
    if ratios:
        shown = ", ".join(f"{ratio:.3f}" for ratio in ratios)
        print(f"CPU time with over without: {shown}; median {statistics.median(ratios):.3f}")


def scan(name: str, stranger: Stranger, place: Path) -> None:
    print(f"\n== {name} {stranger.version}", flush=True)
    source = fetch(name, stranger, place)
    python = install(stranger, source, place)
    run(str(python), "-m", "pip", "--quiet", "install", "libcst", "model-bakery")
    (source / "scan_settings.py").write_text(
        f'from {stranger.settings} import *\nINSTALLED_APPS = [*INSTALLED_APPS, "nplusone_guard"]\n'
    )
    command = ("-m", "django", "guard_scan", "--skip-checks", f"--users={stranger.users}")
    subprocess.run(
        [python, "-W", "ignore", *command, "--runs=1", "--fail-on=never", f"--json={name}.json"],
        cwd=source,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "scan_settings", "PYTHONPATH": str(source)},
        check=True,
    )


def fetch(name: str, stranger: Stranger, place: Path) -> Path:
    """The unpacked source distribution."""
    pip = (sys.executable, "-m", "pip", "--quiet", "download", "--no-deps", "--no-binary", ":all:")
    run(*pip, "--dest", str(place), f"{name}=={stranger.version}")
    (archive,) = place.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")
    source = place / archive.name.removesuffix(".tar.gz")
    for origin, target in stranger.copies:
        shutil.copytree(source / origin, source / target, dirs_exist_ok=True)
    return source


def install(stranger: Stranger, source: Path, place: Path) -> Path:
    """The Python of a new environment with what the tests need and this checkout."""
    run(sys.executable, "-m", "venv", str(place / "venv"))
    python = place / "venv" / "bin" / "python"
    needed = (DJANGO, "pytest", "pytest-django", *stranger.requirements)
    run(str(python), "-m", "pip", "--quiet", "install", *needed, str(CHECKOUT), cwd=source)
    return python


@dataclass(frozen=True)
class Tested:
    text: str
    cpu: float  # seconds

    @property
    def outcome(self) -> str:
        """``378 passed``."""
        found = re.findall(r"^(.*\d (?:passed|failed).*?) in [\d.]+s", self.text, re.MULTILINE)
        return found[-1] if found else "no test ran"


def test(stranger: Stranger, source: Path, python: Path, mode: str) -> Tested:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [python, "-m", "pytest", "-q", f"--query-guard={mode}", *stranger.arguments],
        cwd=source,
        env={**os.environ, **stranger.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,  # a test that fails without the guard fails with it
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Tested(done.stdout, cpu)


def run(*command: str, cwd: Path | None = None) -> None:
    subprocess.run(command, cwd=cwd, check=True)


if __name__ == "__main__":
    main()
