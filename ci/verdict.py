"""Whether a pull request passed, by what came of its jobs: the one check that is required.

    ci/verdict.py < NEEDS    the JSON of GitHub's `needs`

A job that was skipped counts as passed only where the jobs before it planned nothing for it: the
output of its name is empty. Anything else, such as a job that was cancelled, is no pass.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any


def failures(needs: Mapping[str, Any]) -> Iterator[str]:
    """Why it did not pass, a line for each job; nothing if it did."""
    if not needs:
        yield "there are no jobs"
    planned = {
        name for job in needs.values() for name, value in job.get("outputs", {}).items() if value
    }
    done = {name for name, job in needs.items() if job["result"] == "success"}
    if needs and not done:
        yield "no job ran"
    for name, job in needs.items():
        nothing_to_do = job["result"] == "skipped" and name not in planned and bool(done)
        if name not in done and not nothing_to_do:
            yield f"{name}: {job['result']}"


def main(argv: list[str]) -> int:
    if argv:
        print(__doc__.strip())
        return 0 if argv in (["-h"], ["--help"]) else 64
    found = tuple(failures(json.load(sys.stdin)))
    print("\n".join(found) if found else "passed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
