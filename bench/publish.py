"""Measures `./pants publish` beside a loop of `docker build` and `docker push`, as most have it.

The loop has a Dockerfile of the usual kind for each lambda: `FROM base:tag`, `RUN pip install`,
`COPY`. Its packages come from a server on loopback, so that no network's speed is in the figures.
Requests and bytes are the registry's own account: its access log, and what its storage grew by.

All of it twice: with the registry on this machine, and with one that is a round trip of 20 ms away,
as a registry in the same country is.
"""

from __future__ import annotations

import http.server
import json
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clone import IMAGES, Clone
from distance import further_away
from measure import Case, Figure, say, shown, side_by_side

from plinth.oci.testing.registry_proxy import running_registry

_REQUEST = re.compile(rb'"(GET|HEAD|POST|PUT|PATCH|DELETE) /v2/')
_SETTLED_SECONDS = 0.2
_ROUND_TRIPS = (0.0, 0.02)


@dataclass(frozen=True)
class RegistryHere:
    """An empty registry that was started for this measurement."""

    host: str
    storage: Path

    def requests(self) -> Counter[str]:
        """Requests so far, by verb."""
        log = (self.storage / "registry.log").read_bytes()
        return Counter(verb.decode() for verb in _REQUEST.findall(log))

    def stored(self) -> int:
        """Bytes of all blobs."""
        return sum(f.stat().st_size for f in self.storage.glob("data/**/blobs/**/data"))


@dataclass(frozen=True)
class Way:
    """A way of publishing all images to a registry."""

    name: str
    publish: Callable[[], object]
    registry: RegistryHere


def measured(way: Way, case: str, runs: int, before: Callable[[], object]) -> list[Figure]:
    """Seconds of a case, and what of requests and bytes its last run took."""
    seconds, requests, grown = [], Counter[str](), 0
    for number in range(runs):
        before()
        say(f"{case}: {way.name} ({number + 1} of {runs})")
        asked, stored = way.registry.requests(), way.registry.stored()
        start = time.perf_counter()
        way.publish()
        seconds.append(time.perf_counter() - start)
        # The registry writes its log when it has answered.
        time.sleep(_SETTLED_SECONDS)
        requests, grown = way.registry.requests() - asked, way.registry.stored() - stored
    verbs = ", ".join(f"{count} {verb}" for verb, count in sorted(requests.items()))
    note = f"{sum(requests.values())} requests ({verbs}); {shown(float(grown), 'B')} stored"
    return [Figure(f"{case}: {way.name}", "s", tuple(seconds), note)]


def publish_part(clone: Clone, runs: int, docker: str) -> list[Figure]:
    """The figures: an empty registry, nothing changed, one lambda changed, the base changed."""
    numbers = iter(range(10**6))
    figures = [
        figure for each in _ROUND_TRIPS for figure in _figures(clone, runs, docker, each, numbers)
    ]
    # What of it is Pants' own: no command that asks for targets' dependencies takes less.
    floor = Case("for comparison: ./pants dependencies of the same images", partial(_ask, clone))
    return [*figures, *side_by_side([floor], runs)]


def _figures(
    clone: Clone, runs: int, docker: str, round_trip: float, numbers: Iterator[int]
) -> list[Figure]:
    away = f", {round_trip * 1000:.0f} ms away" if round_trip else ""
    with (
        _registry(round_trip) as ours,
        _registry(round_trip) as theirs,
        tempfile.TemporaryDirectory(prefix="plinth-loop-") as folder,
    ):
        pants = Way("./pants publish", lambda: _publish(clone, ours), ours)
        clone.pants("package", *IMAGES)
        with _loop(clone, Path(folder), docker, theirs) as loop:

            def nothing() -> None:
                pass

            def edit(path: str) -> Callable[[], None]:
                return lambda: clone.append(path, f"# {next(numbers)}")

            cases: tuple[tuple[str, int, Callable[[], None]], ...] = (
                ("empty registry", 1, nothing),
                ("nothing changed", runs, nothing),
                ("one lambda changed", runs, edit("lambdas/authorizer/handler.py")),
                ("base changed", max(1, runs // 3), edit("src/ingestion/names.py")),
            )
            return [
                figure
                for case, times, before in cases
                for way in (pants, loop)
                for figure in measured(way, case + away, times, before)
            ]


@contextmanager
def _registry(round_trip: float) -> Iterator[RegistryHere]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plinth-registry-")))
        host = stack.enter_context(running_registry(folder))
        if round_trip:
            host = stack.enter_context(further_away(host, round_trip))
        yield RegistryHere(host, folder)


def _ask(clone: Clone) -> None:
    clone.pants("dependencies", *IMAGES)


def _publish(clone: Clone, registry: RegistryHere) -> None:
    registries = f"{{'bench': {{'address': '{registry.host}', 'default': True}}}}"
    clone.pants(
        *("publish", "--image-publish-untested", *IMAGES),
        env={"PANTS_DOCKER_REGISTRIES": registries},
    )


_INSTALL = ("install", "--quiet", "--no-index", "--break-system-packages")
_LISTED = ("-r", "/tmp/requirements.txt")


def _run(*command: str) -> str:
    """An instruction that runs the command without a shell, which the base does not have."""
    return f"RUN {json.dumps(command)}"


@contextmanager
def _loop(clone: Clone, folder: Path, docker: str, registry: RegistryHere) -> Iterator[Way]:
    """Hand-written Dockerfiles, and the server of their packages."""
    needs = _requirements(clone)
    wheels = folder / "wheels"
    _download(clone, {"pip", *(each for found in needs.values() for each in found)}, wheels)
    seed = f"{registry.host}/seed/base:latest"
    _seed(clone, docker, registry, seed)
    (pip,) = wheels.glob("pip-*.whl")
    base = folder / "base.Dockerfile"
    base.write_text(
        f"FROM {seed}\nCOPY {pip.name} /opt/\n"
        f"{_run('python3', f'/opt/{pip.name}/pip', *_INSTALL, f'/opt/{pip.name}')}\n"
        "COPY ingestion /opt/python/ingestion\n"
    )
    lambdas = sorted(path.parent for path in clone.root.glob("lambdas/*/handler.py"))
    with _serving(wheels) as index:
        tag = f"{registry.host}/loop/base:latest"
        for each in lambdas:
            (folder / f"{each.name}.txt").write_text("\n".join(needs[each.name]) + "\n")
            (folder / f"{each.name}.Dockerfile").write_text(
                f"FROM {tag}\nCOPY requirements.txt /tmp/requirements.txt\n"
                f"{_run('python3', '-m', 'pip', *_INSTALL, '--find-links', index, *_LISTED)}\n"
                f"COPY {each.name} /var/task/{each.name}\n"
                f'CMD ["{each.name}.handler.handler"]\n'
            )

        def build(name: str, dockerfile: Path, sources: dict[str, Path]) -> None:
            with tempfile.TemporaryDirectory(dir=folder) as context:
                for target, source in sources.items():
                    place = Path(context) / target
                    if source.is_dir():
                        shutil.copytree(source, place)
                    else:
                        shutil.copy2(source, place)
                image = f"{registry.host}/loop/{name}:latest"
                command = ("build", "--quiet", "--network", "host", "--tag", image)
                env = {"DOCKER_BUILDKIT": "1"}
                clone.run(docker, *command, "--file", str(dockerfile), context, env=env)
                clone.run(docker, "push", "--quiet", image)

        def publish() -> None:
            build("base", base, {pip.name: pip, "ingestion": clone.root / "src/ingestion"})
            for each in lambdas:
                sources = {"requirements.txt": folder / f"{each.name}.txt", each.name: each}
                build(each.name, folder / f"{each.name}.Dockerfile", sources)

        yield Way("loop of docker build and push", publish, registry)


def _requirements(clone: Clone) -> dict[str, list[str]]:
    """What each lambda needs beyond the base; where that is nothing, one that the base has."""
    file = clone.root / "fingerprints.json"
    clone.pants("fingerprint", "--format=json", f"--output-file={file}", "::")
    images = json.loads(file.read_text())["images"]
    file.unlink()
    found = {
        each["address"]: [
            f"{part['name']}=={part['value'].partition(' ')[0]}"
            for part in each["parts"]
            if part["kind"] == "distribution"
        ]
        for each in images
    }
    shared = [each for each in found["base:image"] if each.startswith("boto3==")]
    prefix, suffix = "lambdas/", ":image"
    return {
        address[len(prefix) : -len(suffix)]: own or shared
        for address, own in found.items()
        if address.startswith(prefix) and address.endswith(suffix)
    }


def _download(clone: Clone, requirements: set[str], wheels: Path) -> None:
    say("downloading the loop's packages")
    command = ["3rdparty/tools/bootstrap", "venv", "pytest", "--python", "3.11"]
    venv = subprocess.run(command, cwd=clone.root, capture_output=True, text=True, check=True)
    clone.run(
        *(f"{venv.stdout.strip()}/bin/python", "-m", "pip", "download", "--quiet", "--no-deps"),
        *("--only-binary", ":all:", "--dest", str(wheels), *sorted(requirements)),
    )


def _seed(clone: Clone, docker: str, registry: RegistryHere, seed: str) -> None:
    """The base that the loop's own stands on: no registry of the world is needed."""
    _publish(clone, registry)
    report = json.loads((clone.root / "dist/publish.json").read_text())
    (base,) = (each for each in report["images"] if each["name"] == "base")
    reference = f"{base['repository']}@{base['digest']}"
    clone.run(docker, "pull", "--quiet", reference)
    clone.run(docker, "tag", reference, seed)
    clone.run(docker, "push", "--quiet", seed)


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """The address of a server of the folder's files."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    handler = partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
