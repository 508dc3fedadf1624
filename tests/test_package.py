"""The package as it is installed: its names, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import distribution, entry_points
from importlib.resources import files
from pathlib import Path

import pytest

import nplusone_guard
from nplusone_guard import pytest_plugin

ROOT = Path(__file__).parent.parent

PUBLIC = {
    "Budget",
    "BudgetExceeded",
    "FixNotProven",
    "Finding",
    "GrowthNotMeasured",
    "GuardError",
    "LabRefused",
    "NPlusOneDetected",
    "QueriesGrow",
    "Report",
    "allow",
    "capture",
    "query_budget",
}


def loaded_by(code, *below):
    """Which of these packages a fresh interpreter has loaded after ``code``."""
    code = f"{code}\nimport sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split()) & set(below)


DJANGO = ("django", "asgiref", "rest_framework")


@pytest.mark.parametrize(
    "code",
    [
        "import nplusone_guard",
        "from nplusone_guard import *",
        "from nplusone_guard import Budget; Budget(queries=4)",
        "from nplusone_guard import allow; allow(relation='*', reason='few')",
        "from nplusone_guard import query_budget; query_budget(queries=4)(print)",
        "import nplusone_guard.detect, nplusone_guard.shape, nplusone_guard.trace",
        "import nplusone_guard.report.json; nplusone_guard.report.json.schema()",
        "import nplusone_guard.pytest_plugin",
        "from nplusone_guard.__main__ import main; main(['diff', 'missing', 'missing'])",
        "import nplusone_guard.suite.diff, nplusone_guard.report.difference",
        "from nplusone_guard.report import github, markdown, sarif, write",
    ],
)
def test_this_loads_nothing_of_django(code):
    assert loaded_by(code, *DJANGO) == set()


def test_importing_it_does_not_load_what_only_reports_need():
    assert loaded_by("import nplusone_guard", "rich", "pytest") == set()


def test_its_public_names():
    assert set(nplusone_guard.__all__) == PUBLIC
    for name in PUBLIC:
        assert getattr(nplusone_guard, name).__name__ == name


def test_capture_is_the_function_however_its_package_is_imported():
    code = (
        "import nplusone_guard.capture.scope, nplusone_guard.capture.attach\n"
        "from nplusone_guard import capture\n"
        "assert callable(capture), capture"
    )
    assert loaded_by(code, "nplusone_guard") == {"nplusone_guard"}


def test_its_version_is_that_of_the_distribution():
    assert distribution("nplusone-guard").version == nplusone_guard.__version__


def test_it_says_that_it_is_typed():
    assert files("nplusone_guard").joinpath("py.typed").is_file()


def test_pytest_finds_the_plugin():
    (entry,) = entry_points(group="pytest11", name="nplusone_guard")
    assert entry.load() is pytest_plugin


# --- What is distributed ---


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The names in the wheel and in the source distribution."""
    pytest.importorskip("build", reason="distributions are built where build is installed")
    pytest.importorskip(
        "hatchling", reason="they are built without the network: with hatchling installed"
    )
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, capture_output=True, check=True)
    (wheel,), (source,) = out.glob("*.whl"), out.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    return set(zipfile.ZipFile(wheel).namelist()), names


def test_the_wheel_has_the_package_and_nothing_else(built):
    wheel, _ = built
    tops = {name.partition("/")[0] for name in wheel}
    assert tops == {"nplusone_guard", f"nplusone_guard-{nplusone_guard.__version__}.dist-info"}
    package = Path(nplusone_guard.__file__).parent
    expected = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in wheel if name.startswith("nplusone_guard/")} == expected
    assert {"nplusone_guard/py.typed", "nplusone_guard/report/schema.json"} <= wheel


def test_the_source_distribution_has_what_its_tests_need(built):
    _, source = built
    assert {"pyproject.toml", "README.md", "LICENSE", "tests/conftest.py"} <= source
