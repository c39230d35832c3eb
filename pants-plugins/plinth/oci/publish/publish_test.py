from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from plinth.oci.format.descriptor import LAYER_GZIP, UNLOCKED, Descriptor
from plinth.oci.format.layout import read_stack
from plinth.oci.format.reference import Repository
from plinth.oci.publish import one as one_image
from plinth.oci.publish import publish as program
from plinth.oci.publish.publication import FAILED, PUSHED, REFUSED, SKIPPED, Publication
from plinth.oci.publish.publish import Clients, main, publish, summary, usual_registries
from plinth.oci.testing.fake_registry import Answer, FakeRegistry, Request
from plinth.oci.testing.layouts import write_image
from plinth.oci.testing.publish_faults import (
    NONSENSE,
    Failure,
    PublishFaults,
    publications,
    registries,
    stacks,
    statuses,
)


@pytest.fixture
def server() -> Iterator[FakeRegistry]:
    with FakeRegistry() as server:
        yield server


@pytest.fixture
def planned(server: FakeRegistry, tmp_path: Path) -> list[Publication]:
    return publications(server.host, stacks(tmp_path))


class TestFaultsOfAFakeRegistry(PublishFaults):
    """The same in memory: many faults in little time."""


def test_the_base_goes_first_whatever_the_order_asked(
    server: FakeRegistry, planned: list[Publication]
) -> None:
    outcomes = publish(reversed(planned), registries())
    assert list(statuses(outcomes)) == ["base", "one", "two"]
    changes = [asked for asked in server.asked if asked.startswith(("P", "D"))]
    first = next(n for n, asked in enumerate(changes) if "/base/" not in asked)
    assert changes[first - 1] == f"PUT /v2/base/manifests/{planned[0].tag}"


def test_all_are_asked_for_at_once(server: FakeRegistry, planned: list[Publication]) -> None:
    meeting = threading.Barrier(len(planned), timeout=10)
    tags = [each.tag for each in planned]

    def meet(request: Request) -> None:
        tag = request.path.rpartition("/")[2]
        if request.method == "GET" and tag in tags:
            tags.remove(tag)
            meeting.wait()

    server.intercept = meet
    assert set(statuses(publish(planned, registries())).values()) == {PUSHED}


def test_the_blobs_of_an_image_go_side_by_side(server: FakeRegistry, tmp_path: Path) -> None:
    write_image(tmp_path / "a", "a", [b"one", b"other"])
    meeting = threading.Barrier(3, timeout=10)

    def meet(request: Request) -> None:
        if request.method == "HEAD" and "/blobs/" in request.path:
            meeting.wait()

    server.intercept = meet
    (outcome,) = publish(publications(server.host, [read_stack(tmp_path / "a", [])]), registries())
    assert outcome.status == PUSHED


def test_a_repeat_of_seventeen_images_asks_for_each_thing_once(
    server: FakeRegistry, tmp_path: Path
) -> None:
    base = write_image(tmp_path / "base", "base", [b"runtime", b"packages", b"library"])
    names = [f"function{number}" for number in range(16)]
    for name in names:
        write_image(tmp_path / name, name, [name.encode()], base)
    images = [read_stack(base.root, []), *(read_stack(tmp_path / n, [base.root]) for n in names)]
    planned = publications(server.host, images, tags=("latest",))
    publish(planned, registries())
    del server.requests[:]
    assert set(statuses(publish(planned, registries())).values()) == {SKIPPED}
    assert len(server.asked) == len(set(server.asked)) == 17 + (3 + 1) + 16 * (1 + 1)
    assert len(server.asked) < 60
    # Each image's own layer and configuration, and the base's once, at the base.
    assert len([asked for asked in server.asked if "/blobs/" in asked]) == 36


def test_each_tag_is_set_last(server: FakeRegistry, planned: list[Publication]) -> None:
    publish(planned, registries(), workers=1)
    for each in planned:
        of_it = [asked for asked in server.asked if f"/{each.repository.path}/" in asked]
        assert of_it[-2:] == [
            f"PUT /v2/{each.repository.path}/manifests/{each.tag}",
            f"GET /v2/{each.repository.path}/manifests/{each.tag}",
        ]


def test_the_base_s_layers_are_mounted(server: FakeRegistry, planned: list[Publication]) -> None:
    _, one, two = publish(planned, registries())
    for outcome in (one, two):
        assert outcome.pushed is not None
        layers = planned[0].stack.image.layers
        assert outcome.pushed.mounted == tuple(layer.digest for layer in layers)
    sent = [request.body for request in server.requests if "uploads" in request.path]
    assert len(set(sent)) == len([body for body in sent if body]) + 1


def test_independent_images_go_side_by_side(server: FakeRegistry, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_image(tmp_path / name, name, [name.encode()])
    both = publications(server.host, [read_stack(tmp_path / name, []) for name in ("a", "b")])
    meeting = threading.Barrier(2, timeout=10)

    def meet(request: Request) -> None:
        if request.method == "HEAD" and "/manifests/" in request.path:
            meeting.wait()

    server.intercept = meet
    assert statuses(publish(both, registries(), workers=2)) == {"a": PUSHED, "b": PUSHED}


def test_images_of_one_repository_go_one_after_the_other(
    server: FakeRegistry, tmp_path: Path
) -> None:
    write_image(tmp_path / "a", "same", [b"shared", b"a"])
    write_image(tmp_path / "b", "same", [b"shared", b"b"])
    a, b = publications(server.host, [read_stack(tmp_path / name, []) for name in ("a", "b")])
    b = Publication(b.stack, b.repository, "fp-b")
    pushed = [outcome.pushed for outcome in publish([a, b], registries()) if outcome.pushed]
    first, second = sorted(pushed, key=lambda each: -len(each.uploaded))
    assert (len(first.uploaded), first.present) == (3, ())
    assert second.present == (a.stack.image.layers[0].digest,)


def test_what_is_objected_to_is_refused_unless_it_is_there(
    server: FakeRegistry, tmp_path: Path
) -> None:
    images = stacks(tmp_path)[:1]
    refused = publications(server.host, images, objection="not tested")
    (outcome,) = publish(refused, registries())
    assert (outcome.status, outcome.why) == (REFUSED, "not tested")
    assert [request.method for request in server.requests] == ["GET"]
    publish(publications(server.host, images), registries())
    (outcome,) = publish(refused, registries())
    assert outcome.status == SKIPPED


def test_a_base_that_is_not_published_is_a_refusal(
    server: FakeRegistry, planned: list[Publication]
) -> None:
    base, one, _ = planned
    (outcome,) = publish([one], registries())
    assert outcome.status == REFUSED
    assert outcome.why == (
        f"its base {server.host}/base@{base.stack.image.digest} is not published. "
        f"Publish it first, or in the same run."
    )
    assert {request.method for request in server.requests} == {"GET"}
    publish([base], registries())
    (outcome,) = publish([one], registries())
    assert outcome.status == PUSHED


def test_a_base_without_a_repository_is_a_refusal(
    server: FakeRegistry, planned: list[Publication]
) -> None:
    one = planned[1]
    (outcome,) = publish([Publication(one.stack, one.repository, one.tag)], registries())
    assert outcome.status == REFUSED
    assert outcome.why == f"its base base goes to no repository of {server.host}"


def test_an_external_base_must_be_where_it_is_said_to_be(
    server: FakeRegistry, tmp_path: Path
) -> None:
    digest = write_image(tmp_path / "far", "python", [b"of others"]).digest
    content = b"the runtime of others"
    layer = Descriptor.of(LAYER_GZIP, content)
    reference = f"{server.host}/team/python@{digest}"
    write_image(tmp_path / "f", "function", [b"code"], external_base=(reference, [layer]))
    planned = publications(server.host, [read_stack(tmp_path / "f", [])])
    (outcome,) = publish(planned, registries())
    assert (outcome.status, reference in outcome.why) == (REFUSED, True)

    (python,) = publications(server.host, [read_stack(tmp_path / "far", [])])
    server.blobs["team/python", layer.digest] = content
    publish([python], registries())
    server.manifests["team/python", digest] = server.manifests["python", digest]
    (outcome,) = publish(planned, registries())
    assert outcome.status == PUSHED, outcome


def test_nothing_unlocked_leaves_this_machine(tmp_path: Path) -> None:
    write_image(tmp_path / "base", "base", [b"runtime"], annotations={UNLOCKED: "libc6 2.36"})
    (base,) = publications("registry.example", [read_stack(tmp_path / "base", [])])

    class Unasked:
        def connect(self, host: str) -> object:
            return self

        def prepare(self, repository: object) -> None:
            pass

        def find_manifest(self, path: str, reference: str) -> None:
            return None

    (outcome,) = publish([base], Unasked())  # type: ignore[arg-type]
    assert outcome.status == REFUSED
    assert "libc6 2.36" in outcome.why


def test_tags_for_people_move_on_loopback(server: FakeRegistry, tmp_path: Path) -> None:
    for code in (b"old", b"new"):
        image = write_image(tmp_path / code.decode(), "a", [code])
        (each,) = publications(server.host, [read_stack(image.root, [])], tags=("latest", "v1"))
        each = Publication(each.stack, each.repository, f"fp-{code.hex()}", tags=each.tags)
        (outcome,) = publish([each], registries())
        assert outcome.status == PUSHED
        assert server.manifests["a", "latest"] == server.manifests["a", image.digest]


def test_tags_for_people_stay_elsewhere(
    server: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = publications(server.host, stacks(tmp_path)[:1], tags=("latest",))
    publish([old], registries())
    monkeypatch.setattr(one_image, "is_loopback", lambda _: False)
    write_image(tmp_path / "new", "base", [b"new"])
    (new,) = publications(server.host, [read_stack(tmp_path / "new", [])], tags=("latest", "v2"))
    new = Publication(new.stack, new.repository, "fp-a", tags=new.tags)
    (outcome,) = publish([new], registries())
    assert outcome.status == PUSHED
    assert outcome.notes == (
        f"left {server.host}/base:latest at {old.stack.image.digest}: "
        f"tags of a shared registry stay",
    )
    assert server.manifests["base", "v2"] == server.manifests["base", new.stack.image.digest]


def test_a_skipped_image_gets_the_tags_that_it_lacks(server: FakeRegistry, tmp_path: Path) -> None:
    images = stacks(tmp_path)[:1]
    publish(publications(server.host, images), registries())
    (outcome,) = publish(publications(server.host, images, tags=("v1",)), registries())
    assert outcome.status == SKIPPED
    assert ("base", "v1") in server.manifests


def test_an_unknown_failure_of_the_disk_is_one_image_s(
    server: FakeRegistry, planned: list[Publication]
) -> None:
    image = planned[1].stack.image
    (image.root / f"blobs/{image.digest.replace(':', '/')}").unlink()
    outcomes = publish(planned, registries())
    assert statuses(outcomes) == {"base": PUSHED, "one": FAILED, "two": PUSHED}


def test_the_summary_names_every_image_and_counts(
    server: FakeRegistry, planned: list[Publication]
) -> None:
    publish(planned[:1], registries())
    server.intercept = lambda request: Answer(403) if "/one/" in request.path else None
    text = summary(publish(planned, registries()))
    base, one, two, counts = text.splitlines()
    digest = planned[0].stack.image.digest
    assert base == f"skipped {server.host}/base: in the registry, same digest {digest}"
    assert one.startswith(f"failed {server.host}/one: GET http://")
    assert two.startswith(f"pushed {server.host}/two: sha256:")
    assert two.endswith("(2 blobs uploaded, 2 blobs mounted)")
    assert counts == "1 pushed, 1 skipped, 1 failed"


def test_nothing_is_a_summary_too() -> None:
    assert summary([]) == "nothing to publish"


def plan_of(host: str, folder: Path) -> Path:
    stacks(folder)
    image = {"bases": ["base"], "tag": "fp-1", "tags": ["v1"], "objection": None}
    images = [
        {**image, "layout": "one", "repository": f"{host}/p/one", "base": f"{host}/p/base"},
        {**image, "layout": "base", "bases": [], "repository": f"{host}/p/base", "base": None},
    ]
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"images": images}))
    return plan


def test_the_program_publishes_a_plan_and_reports(
    server: FakeRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    argv = ["--plan", str(plan_of(server.host, tmp_path)), "--report", "out/report.json"]
    assert main(argv) == 0
    report = json.loads(Path("out/report.json").read_text())
    assert [(each["name"], each["status"]) for each in report["images"]] == [
        ("base", "pushed"),
        ("one", "pushed"),
    ]
    assert report["bytes_sent"] == sum(len(request.body) for request in server.requests)
    assert sum(report["requests"].values()) == len(server.requests)
    assert capsys.readouterr().err.endswith("2 pushed\n")
    assert main(argv) == 0
    assert json.loads(Path("out/report.json").read_text())["bytes_sent"] == 0


def test_what_nobody_foresaw_is_one_image_s(
    server: FakeRegistry, planned: list[Publication]
) -> None:
    class Surprising(Clients):
        def prepare(self, repository: Repository) -> None:
            if repository.path == "one":
                raise LookupError("\x1b[2J")

    clients = Surprising(registries().connect)
    outcomes = publish(planned, clients)
    assert statuses(outcomes) == {"base": PUSHED, "one": FAILED, "two": PUSHED}
    assert outcomes[1].why.startswith("LookupError: \x1b[2J (at publish_test.py:")
    assert "LookupError: \\x1b[2J (at publish_test.py:" in str(outcomes[1])


@pytest.mark.parametrize("failure", NONSENSE)
def test_the_program_reports_whatever_a_registry_answers(
    server: FakeRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: Failure,
) -> None:
    monkeypatch.chdir(tmp_path)
    server.intercept = lambda request: failure(server, request) if "/one/" in request.path else None
    assert main(["--plan", str(plan_of(server.host, tmp_path)), "--report", "report.json"]) == 1
    made = json.loads(Path("report.json").read_text())["images"]
    assert [each["status"] for each in made] == ["pushed", "failed"]
    lines = capsys.readouterr().err.splitlines()
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith("pushed everything") for line in lines)


@pytest.mark.parametrize("error", [KeyError("a bug"), KeyboardInterrupt()])
def test_a_run_that_does_not_end_leaves_no_report_of_an_earlier_one(
    server: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.chdir(tmp_path)
    argv = ["--plan", str(plan_of(server.host, tmp_path)), "--report", "out/report.json"]
    assert main(argv) == 0
    assert os.listdir("out") == ["report.json"]

    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(program, "publish", broken)
    with pytest.raises(type(error)):
        main(argv)
    assert os.listdir("out") == []


def test_a_plan_that_cannot_be_read_leaves_no_report_of_an_earlier_one(
    server: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    argv = ["--plan", str(plan_of(server.host, tmp_path)), "--report", "report.json"]
    assert main(argv) == 0
    (tmp_path / "one/index.json").unlink()
    assert main(argv) == 1
    assert not Path("report.json").exists()


def test_the_program_fails_when_an_image_does(
    server: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    server.intercept = lambda request: Answer(403) if "/one/" in request.path else None
    assert main(["--plan", str(plan_of(server.host, tmp_path))]) == 1


def test_the_program_says_what_is_wrong_with_a_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = plan_of("127.0.0.1:1", tmp_path)
    (tmp_path / "one/index.json").unlink()
    assert main(["--plan", str(plan)]) == 1
    assert capsys.readouterr().err.startswith("error: no image layout at one")


def test_tokens_that_run_out_midway_are_renewed(
    server: FakeRegistry, planned: list[Publication]
) -> None:
    left: dict[str, int] = {}

    def guarded(request: Request) -> Answer | None:
        if request.path == "/token":
            token = f"token-{len(left)}"
            left[f"Bearer {token}"] = 3
            return Answer(200, {}, json.dumps({"token": token}).encode())
        sent = request.headers.get("Authorization", "")
        if left.get(sent, 0):
            left[sent] -= 1
            return None
        return Answer(401, {"WWW-Authenticate": f'Bearer realm="http://{server.host}/token"'})

    server.intercept = guarded
    assert set(statuses(publish(planned, registries(), workers=1)).values()) == {PUSHED}
    assert len(left) > len(planned)


def test_all_threads_share_the_token_of_a_repository(
    server: FakeRegistry,
    planned: list[Publication],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    challenge = {"WWW-Authenticate": f'Bearer realm="http://{server.host}/token"'}

    def guarded(request: Request) -> Answer | None:
        if request.path == "/token":
            return Answer(200, {}, json.dumps({"token": "let in"}).encode())
        known = request.headers.get("Authorization") == "Bearer let in"
        return None if known else Answer(401, challenge)

    server.intercept = guarded
    assert set(statuses(publish(planned, usual_registries())).values()) == {PUSHED}
    assert server.asked.count("GET /token") == len(planned)
