"""What others find of the situations that the guard is tested on, by one judge, one process a tool.

Makes an environment for each tool under .peers/ (once, about two minutes), runs each situation of
tests/situations in a request under each tool, types in what each proposes, and writes the tables
of README.md and docs/comparison.md.  No timing: the tables do not depend on the machine.

    python benchmarks/detection.py [--print] [--django 6.0]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.markers import put
from benchmarks.peers import pages
from benchmarks.peers.adapters import REPEATED
from benchmarks.peers.environments import DETECTION, PINS, NotInstalled, pins, python_of
from benchmarks.peers.judge import proposals, verdict
from benchmarks.peers.pages import Column
from benchmarks.peers.tools import DETECTORS, TOOLS

PEERS = ROOT / "benchmarks" / "peers"
PAGE = ROOT / "docs" / "comparison.md"
README = ROOT / "README.md"
NAME = "make bench-detection"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--print", action="store_true", help="print the tables, write no page")
    parser.add_argument("--django", default="", help="another Django than the pinned one: 6.0")
    options = parser.parse_args()
    columns, versions = compared(options.django)
    today = f"{date.today():%B %Y}"
    stamp = f"({len(columns[0].verdicts)} situations; {versions}; {today}.)"
    parts = {
        "summary": pages.summary(columns, stamp),
        "ways": pages.ways(columns),
        "better": pages.where_others_are_better(columns),
        "fails": pages.where_code_fails(columns),
        "situations": pages.each_situation(columns),
    }
    print(parts["summary"], parts["better"], sep="\n\n")
    if not options.print:
        put(README, NAME, parts["summary"])
        for name, text in parts.items():
            put(PAGE, f"{NAME}: {name}", text)


def compared(django: str) -> tuple[list[Column], str]:
    """The columns, ours first, and what they ran on."""
    plain = python_of("", DETECTION, example=False, django=django)
    truth = asked(plain, "truth.py")
    answers: dict[str, dict[str, Any]] = {}
    failures: dict[str, str] = {}
    for name in DETECTORS:
        try:
            python = python_of(TOOLS[name].package, DETECTION, example=False, django=django)
            answers[name] = asked(python, "situations.py", name)
        except NotInstalled as failure:
            failures[name] = f"pip does not install it. {failure}"
        except subprocess.CalledProcessError as failure:
            failures[name] = f"it does not run: {failure.stderr.strip().splitlines()[-1]}"
    told = {
        name: {situation: each["told"] for situation, each in answer["situations"].items()}
        for name, answer in answers.items()
    }
    given = {
        name: {situation: found for situation, each in of.items() if (found := proposals(each))}
        for name, of in told.items()
    }
    typed = asked(plain, "fixes.py", said=json.dumps(given))
    versions = pins(PINS.read_text())
    columns = [
        column(name, versions.get(TOOLS[name].package, ""), truth, told[name], typed[name])
        if name in told
        else Column(name, versions.get(TOOLS[name].package, ""), {}, {}, failures[name])
        for name in DETECTORS
    ]
    for name, answer in answers.items():
        for situation, each in answer["situations"].items():
            if each["error"]:
                print(f"{name} broke {situation}: {each['error']}", file=sys.stderr)
    ours = answers[DETECTORS[0]]
    return columns, f"Python {ours['python']}, Django {ours['django']}"


def column(
    name: str,
    version: str,
    truth: dict[str, Any],
    told: dict[str, list[dict[str, Any]]],
    typed: dict[str, dict[str, Any]],
) -> Column:
    verdicts = {
        situation: verdict(so, told[situation], typed.get(situation))
        for situation, so in truth.items()
    }
    besides: dict[str, list[str]] = defaultdict(list)
    for situation, each in told.items():
        for kind in sorted({one["kind"] for one in each} - {*REPEATED, "other"}):
            besides[kind].append(situation)
    return Column(name, version, verdicts, dict(besides))


def asked(python: Path, script: str, *arguments: str, said: str = "") -> Any:
    """The JSON that a script prints."""
    done = subprocess.run(
        [str(python), str(PEERS / script), *arguments],
        input=said,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=300,
    )
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
