"""Measures the way from an edit to a tested image: the figures that docs/ quotes."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from affected import SIZES, affected
from clone import IMAGES, Clone, scratch_clone
from deliver import deliver
from measure import Case, Figure, as_json, say, shown, side_by_side, table
from publish import publish_part
from remote_cache import remote_cache

_LOCK = "3rdparty/python/requirements.txt"
Part = Callable[[Clone, int], list[Figure]]


def start(clone: Clone, runs: int) -> list[Figure]:
    """`./pants list ::`: the native client beside Pants' own Python entry point"""
    clone.pants("list", "::")
    entry = _python_entry_point(clone)
    warm = side_by_side(
        [
            Case("native client, warm", lambda: clone.pants("list", "::")),
            Case("Python entry point, warm", lambda: clone.run(*entry, "list", "::")),
        ],
        runs,
    )
    cold = Case("no daemon yet", lambda: clone.pants("list", "::"), before=clone.stop_daemon)
    return [*warm, *side_by_side([cold], max(1, runs // 3))]


def _python_entry_point(clone: Clone) -> tuple[str, ...]:
    """The command that starts Pants as `pip install` leaves it, with what the launcher exports."""
    script = (clone.root / "pants").read_text().replace('exec "$client"', 'exec "$server"')
    (clone.root / "pants-by-python").write_text(script)
    return ("bash", "pants-by-python")


def lock(clone: Clone, runs: int) -> list[Figure]:
    """Pants' cold install of the Python lock, by what may make it faster"""
    test = ("test", "src/ingestion/settings_test.py")
    with tempfile.TemporaryDirectory(prefix="plinth-wheels-") as wheels:
        _fill(clone, Path(wheels))
        variants = {
            "pip 20.3.4, vendored in Pex": {"PANTS_PYTHON_PIP_VERSION": "20.3.4-patched"},
            "pip 22.3": {"PANTS_PYTHON_PIP_VERSION": "22.3"},
            "pip 23.1.2": {"PANTS_PYTHON_PIP_VERSION": "23.1.2"},
            "pip 23.1.2, wheels in a local folder": {
                "PANTS_PYTHON_PIP_VERSION": "23.1.2",
                "PANTS_PYTHON_REPOS_FIND_LINKS": f"['file://{wheels}']",
            },
        }
        return [
            Figure(name, "s", (_install_seconds(clone, test, env),))
            for name, env in variants.items()
        ]


def _fill(clone: Clone, wheels: Path) -> None:
    """The lock's wheels for this machine in a folder."""
    say("downloading the lock's wheels")
    bootstrap = ["3rdparty/tools/bootstrap", "venv", "pytest", "--python", "3.11"]
    venv = subprocess.run(bootstrap, cwd=clone.root, capture_output=True, text=True, check=True)
    clone.run(
        *(f"{venv.stdout.strip()}/bin/python", "-m", "pip", "download", "--quiet", "--no-deps"),
        *("--require-hashes", "--only-binary", ":all:", "--dest", str(wheels)),
        *("--requirement", _LOCK),
    )


_STAMP = re.compile(
    r"^(\d\d:\d\d:\d\d\.\d\d) \[INFO\] (Starting|Completed): Installing .*requirements.txt"
)


def _install_seconds(clone: Clone, test: tuple[str, ...], env: dict[str, str]) -> float:
    """How long Pants says that the install took, with nothing cached."""
    say(f"installing with {env}")
    clone.stop_daemon()
    with tempfile.TemporaryDirectory(prefix="plinth-cold-") as cold:
        places = {
            "PANTS_LOCAL_STORE_DIR": f"{cold}/store",
            "PANTS_NAMED_CACHES_DIR": f"{cold}/named",
        }
        log = clone.pants(*test, env={**places, **env})
        clone.stop_daemon()
    stamps = [found for found in map(_STAMP.match, log.splitlines()) if found]
    first, last = (datetime.strptime(found[1], "%H:%M:%S.%f") for found in (stamps[0], stamps[-1]))
    seconds = (last - first).total_seconds() % 86400
    say(f"installed in {shown(seconds, 's')}")
    return seconds


def edits(clone: Clone, runs: int) -> list[Figure]:
    """Tests again: with nothing changed, one line of a lambda, one line of the library"""
    clone.run("ci/services", "start")
    say("all tests once")
    clone.pants("test", "::")
    lines = iter(range(10**6))

    def edit(path: str) -> Callable[[], None]:
        return lambda: clone.append(path, f"# {next(lines)}")

    def changed() -> str:
        return clone.pants(
            "--changed-since=HEAD", "--changed-dependents=transitive", "test", "package"
        )

    def committed() -> None:
        clone.run("git", "checkout", "--quiet", ".")

    figures = side_by_side(
        [Case("nothing changed: ./pants test ::", lambda: clone.pants("test", "::"))], runs
    )
    for name, path in (
        ("one line of a lambda", "lambdas/authorizer/handler.py"),
        ("one line of the library", "src/ingestion/names.py"),
    ):
        case = Case(f"{name}: --changed-since=HEAD … test package", lambda: changed(), edit(path))
        figures += side_by_side([case], max(1, runs // 3))
        committed()
    return figures


def sizes(clone: Clone, runs: int) -> list[Figure]:
    """Compressed size of each image's own layers"""
    clone.pants("package", *IMAGES)
    figures = []
    for index in sorted(clone.root.glob("dist/*/image/index.json")):
        manifest = json.loads(index.read_text())["manifests"][0]
        name = manifest["annotations"]["org.opencontainers.image.ref.name"]
        blobs = index.parent / "blobs/sha256"
        documents = {manifest["digest"].partition(":")[2]}
        content = json.loads((blobs / documents.copy().pop()).read_text())
        documents.add(content["config"]["digest"].partition(":")[2])
        own = sum(blob.stat().st_size for blob in blobs.iterdir() if blob.name not in documents)
        figures.append(Figure(name, "B", (float(own),)))
    return figures


def invoke(clone: Clone, runs: int) -> list[Figure]:
    """First invocation in the emulator, with and without compiled .pyc, beside `import boto3`"""
    return _in_containers(clone, "bench/first_invoke.py", runs)


def curated(clone: Clone, runs: int) -> list[Figure]:
    """Large files in the containers of the data path, beside reading and writing them at once"""
    return _in_containers(clone, "bench/large_files.py", runs)


def major(clone: Clone, runs: int) -> list[Figure]:
    """Major changes of products of 1, 10 and 50 tables, by an AWS that is 30 ms away"""
    return _by_pants(clone, "bench/major_change.py", runs)


def _in_containers(clone: Clone, program: str, runs: int) -> list[Figure]:
    """What a program finds that Pants runs with the packaged images."""
    clone.run("ci/services", "start")
    clone.pants("package", *IMAGES)
    return _by_pants(clone, program, runs)


def _by_pants(clone: Clone, program: str, runs: int) -> list[Figure]:
    out = clone.root / "figures.json"
    clone.pants("run", program, "--", "dist", str(runs), str(out))
    return [
        Figure(**{**each, "values": tuple(each["values"])}) for each in json.loads(out.read_text())
    ]


def package(clone: Clone, runs: int) -> list[Figure]:
    """All images packaged, beside a loop of `docker build`s of the same contexts"""
    clone.run("ci/services", "start")
    clone.pants("package", *IMAGES)
    clone.pants("export-codegen", "base::", "lambdas::", "3rdparty/debian::")
    context = clone.root / "dist/codegen"
    dockerfiles = sorted(context.glob("*/Dockerfile")) + sorted(
        context.glob("*/*/Dockerfile.image")
    )
    docker = _docker_with_buildkit()

    def builds() -> None:
        for dockerfile in dockerfiles:
            name = dockerfile.parent.name
            clone.run(
                *(docker, "build", "--quiet", "--file", str(dockerfile), "--tag", f"bench/{name}"),
                *("--build-arg", "BASE=bench/base", str(context)),
                env={"DOCKER_BUILDKIT": "1"},
            )

    builds()
    figures = side_by_side(
        [
            Case("nothing changed: ./pants package", lambda: clone.pants("package", *IMAGES)),
            Case(f"nothing changed: {len(dockerfiles)} × docker build", builds),
        ],
        runs,
    )

    def cold() -> None:
        clone.stop_daemon()
        shutil.rmtree(clone.root.parent / "cold", ignore_errors=True)

    places = {
        "PANTS_LOCAL_STORE_DIR": str(clone.root.parent / "cold/store"),
        "PANTS_NAMED_CACHES_DIR": str(clone.root.parent / "cold/named"),
    }
    case = Case(
        "cold: empty caches, no daemon", lambda: clone.pants("package", *IMAGES, env=places), cold
    )
    figures += side_by_side([case], 1)
    cold()
    return figures


def fingerprint(clone: Clone, runs: int) -> list[Figure]:
    """Fingerprints of all images, from the repository alone"""
    lines = iter(range(10**6))

    def edit(path: str) -> Callable[[], None]:
        return lambda: clone.append(path, f"# {next(lines)}")

    def fingerprints() -> str:
        return clone.pants("fingerprint", "::")

    fingerprints()
    note = f"{len(list(clone.root.glob('lambdas/*/container_test.py'))) + 1} images"
    return [
        *side_by_side([Case("nothing changed", fingerprints, note=note)], runs),
        *side_by_side(
            [
                Case("one line of a lambda", fingerprints, edit("lambdas/authorizer/handler.py")),
                Case("one line of the library", fingerprints, edit("src/ingestion/names.py")),
                Case("a comment in the lock", fingerprints, edit(_LOCK)),
            ],
            runs,
        ),
        *side_by_side([Case("no daemon yet", fingerprints, before=clone.stop_daemon)], 1),
    ]


def publish(clone: Clone, runs: int) -> list[Figure]:
    """All images published, beside a loop of `docker build` and `docker push`"""
    clone.run("ci/services", "start")
    return publish_part(clone, runs, _docker_with_buildkit())


def _docker_with_buildkit() -> str:
    """The first `docker` whose BuildKit works; another on PATH may lack a part of it."""
    for folder in (*os.environ["PATH"].split(":"), "/usr/bin"):
        docker = f"{folder}/docker"
        if os.access(docker, os.X_OK):
            env = {**os.environ, "DOCKER_BUILDKIT": "1"}
            told = subprocess.run(
                [docker, "build", "--help"], env=env, capture_output=True, text=True, check=False
            )
            if "--progress" in told.stdout and "BuildKit" not in told.stderr:
                return docker
    raise SystemExit(
        "bench: no `docker` with BuildKit on PATH; install Debian's docker.io, or buildx"
    )


PARTS: dict[str, Part] = {
    part.__name__: part
    for part in (
        start,
        fingerprint,
        package,
        publish,
        sizes,
        invoke,
        curated,
        major,
        edits,
        lock,
        affected,
        deliver,
        remote_cache,
    )
}


def main() -> None:
    parts = "\n".join(f"  {name:12} {part.__doc__}" for name, part in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description="Measures the committed state in a scratch clone, and prints Markdown tables.",
        epilog=f"parts:\n{parts}\n\nexample:\n  bench/run start package --runs 9",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="part", help="which to measure; all by default")
    parser.add_argument("--runs", type=int, default=5, help="runs of each case (default: 5)")
    parser.add_argument(
        "--lambdas",
        type=int,
        nargs="+",
        default=SIZES,
        help="sizes of the made-up monorepos of `affected` (default: 16 150; 1000 takes long)",
    )
    parser.add_argument(
        "--tests",
        nargs="+",
        default=("::",),
        help="what `remote_cache` tests (default: all, which takes as long as `make test`)",
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    choices: dict[str, Part] = {
        "affected": partial(affected, sizes=options.lambdas),
        "remote_cache": partial(remote_cache, tests=options.tests),
    }
    results: dict[str, list[Figure]] = {}
    with scratch_clone() as clone:
        for name in options.parts or PARTS:
            title = f"{PARTS[name].__doc__} (`bench/run {name}`)"
            part = choices.get(name) or PARTS[name]
            results[title] = part(clone, options.runs)
            print(table(title, results[title]), flush=True)
    if options.json:
        options.json.write_text(as_json(results))


if __name__ == "__main__":
    # An end by signal, too, leaves no daemon and no scratch clone behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # The clone's Pants must not see the modules of this one.
    os.environ.pop("PYTHONPATH", None)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
