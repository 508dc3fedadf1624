"""What ``--query-guard=report`` costs a test suite: the orders API's, with the option and without.

Runs alternate, and processor time is compared, which another process on the machine disturbs less
than the clock.  ``--tests PATH ...`` takes other tests, ``--in DIRECTORY`` another project.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[1] / "example_project"
TARGET = 1.05


def main() -> None:
    """Print the seconds of each round and the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--in", dest="directory", type=Path, default=EXAMPLE)
    parser.add_argument("--tests", nargs="*", default=[])
    given = parser.parse_args()
    seconds(given.directory, given.tests, "off")  # warms the disk's cache
    pairs = []
    for number in range(given.rounds):
        modes = ("off", "report") if number % 2 == 0 else ("report", "off")
        took = {mode: seconds(given.directory, given.tests, mode) for mode in modes}
        pairs.append(took["report"] / took["off"])
        print(f"off {took['off']:6.2f} s   report {took['report']:6.2f} s   {pairs[-1]:.3f}")
    print(f"ratio: median {statistics.median(pairs):.3f} of {given.rounds} (target {TARGET})")


def seconds(directory: Path, tests: list[str], mode: str) -> float:
    """Processor seconds of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "pytest", "-q", f"--query-guard={mode}", "-p", "no:xdist"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *tests],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
