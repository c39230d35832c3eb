"""The answer for GitHub Actions: lines for the file that `$GITHUB_OUTPUT` names.

Each wave is a matrix of jobs, `wave-1`, `wave-2` and so on, for ``matrix: ${{ fromJSON(…) }}``. A
job's `specs` are lines for ``--spec-files``; give them to the shell as an environment variable, for
a file name may hold what a shell would run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from plinth.affected.formats.counts import affected_images, affected_tests, counted
from plinth.affected.formats.specs import ALL, spec
from plinth.affected.model import Affected, Answer, Kind

# GitHub's own: jobs of one matrix, and UTF-16 bytes of all outputs of one job.
MATRIX_JOBS = 256
OUTPUT_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Job:
    """One job of a matrix: what people see, and what it builds and tests."""

    name: str
    specs: tuple[str, ...]


def render(answer: Answer) -> str:
    """``name=value`` lines, all of ASCII. There is none for a wave that there is not.

    Targets that do not fit into what GitHub takes are asked for all together: one wave of one job.
    """
    waves = [_at_most(MATRIX_JOBS, tuple(_jobs(wave))) for wave in answer.waves]
    if waves or not answer.everything:
        lines = _lines(answer, waves)
        if 2 * len(lines) <= OUTPUT_BYTES:
            return lines
    return _lines(answer, [(Job("everything", (ALL,)),)])


def _lines(answer: Answer, waves: Iterable[tuple[Job, ...]]) -> str:
    """The outputs, one on each line. JSON's escapes keep a file name from ending its line."""
    values = {
        "everything": json.dumps(bool(answer.everything)),
        "images": str(affected_images(answer)),
        "tests": str(affected_tests(answer)),
        **{f"wave-{number}": _matrix(jobs) for number, jobs in enumerate(waves, start=1)},
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _matrix(jobs: tuple[Job, ...]) -> str:
    return json.dumps(
        {"include": [{"name": job.name, "specs": "\n".join(job.specs)} for job in jobs]}
    )


def _jobs(wave: Iterable[Affected]) -> Iterator[Job]:
    """A job for each image and each container test, and one for the other tests of each folder."""
    by_folder: dict[str, list[Affected]] = {}
    for target in wave:
        if target.kind is Kind.TEST:
            folder = target.target.partition(":")[0].rpartition("/")[0]
            by_folder.setdefault(folder, []).append(target)
        else:
            yield Job(target.target, (spec(target.target),))
    for folder, tests in by_folder.items():
        name = f"{folder or '//'} ({counted(len(tests), Kind.TEST.value)})"
        yield Job(name, tuple(spec(test.target) for test in tests))


def _at_most(limit: int, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
    """The jobs, neighbours put together evenly until there are `limit` at most."""
    if len(jobs) <= limit:
        return jobs
    bounds = [len(jobs) * part // limit for part in range(limit + 1)]
    return tuple(_together(jobs[first:last]) for first, last in zip(bounds, bounds[1:]))


def _together(jobs: tuple[Job, ...]) -> Job:
    name = jobs[0].name if len(jobs) == 1 else f"{jobs[0].name} and {len(jobs) - 1} more"
    return Job(name, tuple(spec for job in jobs for spec in job.specs))
