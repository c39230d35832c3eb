"""What holds for a publish whatever its registry does: tests for every kind of it to inherit."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Callable

import pytest

from plinth.oci.format.descriptor import MANIFEST, canonical_json, digest_of, read_json
from plinth.oci.format.layout import Stack, manifest_parts, read_blob, read_stack
from plinth.oci.format.reference import Repository
from plinth.oci.publish.publication import (
    FAILED,
    NOT_TRIED,
    PUSHED,
    REFUSED,
    SKIPPED,
    Outcome,
    Publication,
)
from plinth.oci.publish.publish import Clients, publish
from plinth.oci.registry.client import Registry
from plinth.oci.registry.transport import Transport
from plinth.oci.testing.fake_registry import CUT, Answer, FakeRegistry, Request, error, no_wait
from plinth.oci.testing.layouts import write_image

Failure = Callable[[FakeRegistry, Request], Answer]
_NUMBERS = itertools.count()
NO_ADDRESS = "http://[bad/x"


def registries(attempts: int = 5) -> Clients:
    return Clients(
        lambda host: Registry(host, Transport(retries=no_wait(attempts)), lambda _: None)
    )


def stacks(folder: Path, functions: Sequence[str] = ("one", "two")) -> list[Stack]:
    """A base and functions on it."""
    base = write_image(folder / "base", "base", [b"runtime", b"library"])
    for name in functions:
        write_image(folder / name, name, [f"code of {name}".encode()], base)
    upper = [read_stack(folder / name, [base.root]) for name in functions]
    return [read_stack(folder / "base", []), *upper]


def publications(host: str, images: Sequence[Stack], **fields: object) -> list[Publication]:
    """Each image to a repository of its name, as a plan has them."""
    return [
        Publication(
            stack=stack,
            repository=Repository(host, stack.image.name),
            tag="fp-" + digest_of(stack.image.name.encode()).partition(":")[2],
            base=Repository(host, stack.bases[0].name) if stack.bases else None,
            **fields,  # type: ignore[arg-type]
        )
        for stack in images
    ]


def statuses(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {each.publication.name: each.status for each in outcomes}


def check_complete(host: str, planned: Sequence[Publication], all_of_them: bool = False) -> None:
    """Each tag that the registry has names its image, and all of that is there."""
    registry = registries().connect(host)
    for each in planned:
        path, image = each.repository.path, each.stack.image
        found = registry.find_manifest(path, each.tag)
        assert found is not None or not all_of_them, f"{each.repository} is not tagged"
        if found is not None:
            assert found.descriptor.digest == image.digest
            config, layers = manifest_parts(read_json(found.content, path), path)
            for blob in (config, *layers):
                registry.read_blob(path, blob)


def cut_before(server: FakeRegistry, request: Request) -> Answer:
    return CUT


def cut_after(server: FakeRegistry, request: Request) -> Answer:
    server.answer(request)
    return CUT


def busy(server: FakeRegistry, request: Request) -> Answer:
    return Answer(503, {"Retry-After": "1"})


def too_many(server: FakeRegistry, request: Request) -> Answer:
    return Answer(429)


def busy_after(server: FakeRegistry, request: Request) -> Answer:
    server.answer(request)
    return Answer(500)


def forbidden(server: FakeRegistry, request: Request) -> Answer:
    return error(403, "DENIED")


def forbidden_after(server: FakeRegistry, request: Request) -> Answer:
    server.answer(request)
    return error(400, "WHAT")


def lying(server: FakeRegistry, request: Request) -> Answer:
    """As it should be, with the digest of something else."""
    told = server.answer(request)
    return Answer(
        told.status, {**told.headers, "Docker-Content-Digest": "sha256:" + "0" * 64}, told.body
    )


def pretending(server: FakeRegistry, request: Request) -> Answer:
    """Success that is none: nothing is stored, everything is said to be there."""
    status = {"HEAD": 200, "POST": 201, "PUT": 201}.get(request.method)
    return Answer(status) if status else server.answer(request)


def nowhere(server: FakeRegistry, request: Request) -> Answer:
    """Leads to what is no address."""
    return Answer(307 if request.method in ("GET", "HEAD") else 202, {"Location": NO_ADDRESS})


def login_nowhere(server: FakeRegistry, request: Request) -> Answer:
    return Answer(401, {"WWW-Authenticate": f'Bearer realm="{NO_ADDRESS}"'})


def no_http(server: FakeRegistry, request: Request) -> Answer:
    """A body in pieces, the first of which is shorter than nothing."""
    headers = {"Transfer-Encoding": "chunked", "Content-Length": "0"}
    return Answer(200 if request.method == "GET" else 400, headers, b"-5\r\nhello\r\n0\r\n\r\n")


def bottomless(server: FakeRegistry, request: Request) -> Answer:
    return Answer(400, {}, b"[" * 200_000)


def commanding(server: FakeRegistry, request: Request) -> Answer:
    """What it says would clear the screen, and begin a line of its own there."""
    said = {"code": "\x1b[2J", "message": "no\npushed everything\x9b1A\u202e"}
    headers = {"Docker-Content-Digest": "\x1b]0;title\x07"}
    return Answer(400, headers, json.dumps({"errors": [said]}).encode())


PASSING = (cut_before, cut_after, busy, busy_after, too_many)
NONSENSE = (nowhere, login_nowhere, no_http, bottomless, commanding)
LASTING = (cut_before, cut_after, forbidden, forbidden_after, lying, pretending, *NONSENSE)


class PublishFaults:
    """Needs a fixture `server`: a registry that is empty, and counts its requests from nothing.

    Failures come at every `stride`th request, deaths at each.
    """

    stride = 1

    @pytest.fixture
    def planned(self, server: FakeRegistry, tmp_path: Path) -> list[Publication]:
        return publications(server.host, stacks(tmp_path, ["one"]))

    @pytest.fixture
    def requests(self, server: FakeRegistry, planned: list[Publication]) -> int:
        """How many requests a first publish makes, to repositories that are then forgotten."""
        elsewhere = [
            Publication(
                each.stack,
                Repository(server.host, f"elsewhere/{each.repository.path}"),
                each.tag,
                each.base and Repository(server.host, f"elsewhere/{each.base.path}"),
            )
            for each in planned
        ]
        publish(elsewhere, registries(), workers=1)
        return len(server.requests)

    def fresh(self, server: FakeRegistry, planned: list[Publication]) -> list[Publication]:
        """The same images, to repositories that nothing was sent to yet."""
        prefix = f"run{next(_NUMBERS)}"
        del server.requests[:]

        def moved(repository: Repository) -> Repository:
            return Repository(repository.host, f"{prefix}/{repository.path}")

        return [
            Publication(
                each.stack, moved(each.repository), each.tag, each.base and moved(each.base)
            )
            for each in planned
        ]

    def test_a_second_publish_sends_nothing(
        self, server: FakeRegistry, planned: list[Publication]
    ) -> None:
        assert set(statuses(publish(planned, registries())).values()) == {PUSHED}
        check_complete(server.host, planned, all_of_them=True)
        del server.requests[:]
        assert set(statuses(publish(planned, registries())).values()) == {SKIPPED}
        # Each image's tag; then the blobs, those of the base in its own repository alone.
        base, one = (each.stack.image for each in planned)
        blobs = [("base", blob) for blob in base.blobs]
        blobs += [("one", blob) for blob in one.blobs if blob not in base.blobs]
        assert sorted(server.asked) == sorted(
            [
                *(f"GET /v2/{each.repository.path}/manifests/{each.tag}" for each in planned),
                *(f"HEAD /v2/{path}/blobs/{blob.digest}" for path, blob in blobs),
            ]
        )
        assert not any(request.body for request in server.requests)

    def lose(self, server: FakeRegistry, path: str, digest: str) -> None:
        """Have the registry lose a blob, in all repositories, and keep what refers to it."""
        for key in [key for key in server.blobs if key[1] == digest]:
            del server.blobs[key]

    def test_a_blob_that_was_lost_is_sent_again(
        self, server: FakeRegistry, planned: list[Publication]
    ) -> None:
        publish(planned, registries())
        for each in planned:
            for blob in each.stack.image.blobs:
                self.lose(server, each.repository.path, blob.digest)
                found = statuses(publish(planned, registries()))
                expected = "base" if blob in planned[0].stack.image.blobs else "one"
                assert found[expected] == PUSHED, f"{each.name} {blob}: {found}"
                check_complete(server.host, planned, all_of_them=True)

    def test_a_lambda_alone_is_asked_for_its_base_s_blobs_too(
        self, server: FakeRegistry, planned: list[Publication]
    ) -> None:
        publish(planned, registries())
        lost = planned[0].stack.image.layers[0]
        self.lose(server, "one", lost.digest)
        (outcome,) = publish(planned[1:], registries())
        assert outcome.status == PUSHED
        assert f"it was there without {lost.digest[:19]}" in outcome.why
        check_complete(server.host, planned[1:], all_of_them=True)

    def test_what_is_objected_to_is_not_sent_to_replace_what_was_lost(
        self, server: FakeRegistry, planned: list[Publication]
    ) -> None:
        publish(planned, registries())
        lost = planned[0].stack.image.config
        self.lose(server, "base", lost.digest)
        refused = [replace(planned[0], objection="not tested")]
        del server.requests[:]
        (outcome,) = publish(refused, registries())
        assert outcome.status == REFUSED
        assert outcome.why == (
            f"not tested; and nobody can pull what is there: {lost.digest[:19]}… is missing"
        )
        assert {request.method for request in server.requests} == {"GET", "HEAD"}

    @pytest.mark.parametrize("failure", PASSING)
    def test_one_failure_at_any_request_is_got_over(
        self, server: FakeRegistry, planned: list[Publication], requests: int, failure: Failure
    ) -> None:
        for number in range(1, requests + 1, self.stride):
            fresh = self.fresh(server, planned)
            server.intercept = lambda request, number=number: (  # type: ignore[misc]
                failure(server, request) if len(server.requests) == number else None
            )
            outcomes = publish(fresh, registries(), workers=1)
            server.intercept = lambda _: None
            assert set(statuses(outcomes).values()) == {PUSHED}, f"request {number}: {outcomes}"
            check_complete(server.host, fresh, all_of_them=True)

    @pytest.mark.parametrize("cut", [cut_before, cut_after])
    def test_a_publish_that_dies_at_any_request_is_finished_by_the_next(
        self, server: FakeRegistry, planned: list[Publication], requests: int, cut: Failure
    ) -> None:
        for number in range(1, requests + 1):
            fresh = self.fresh(server, planned)

            def dead(request: Request, number: int = number) -> Answer | None:
                count = len(server.requests)
                return cut(server, request) if count == number else CUT if count > number else None

            server.intercept = dead
            publish(fresh, registries(attempts=1), workers=1)
            server.intercept = lambda _: None
            check_complete(server.host, fresh)
            outcomes = publish(fresh, registries())
            assert all(outcome.is_there for outcome in outcomes), f"request {number}: {outcomes}"
            check_complete(server.host, fresh, all_of_them=True)

    @pytest.mark.parametrize("failure", LASTING)
    def test_a_registry_that_is_broken_from_any_request_on_gets_no_wrong_tag(
        self, server: FakeRegistry, planned: list[Publication], requests: int, failure: Failure
    ) -> None:
        for number in range(1, requests + 1, self.stride):
            fresh = self.fresh(server, planned)
            server.intercept = lambda request, number=number: (  # type: ignore[misc]
                failure(server, request) if len(server.requests) >= number else None
            )
            outcomes = publish(fresh, registries(attempts=2), workers=1)
            server.intercept = lambda _: None
            assert all(line.isprintable() for each in outcomes for line in str(each).split("\n"))
            there = {each.publication.name for each in outcomes if each.is_there}
            said = [each for each in fresh if each.name in there]
            check_complete(server.host, said, all_of_them=True)
            check_complete(server.host, fresh)

    @pytest.mark.parametrize("failure", NONSENSE)
    def test_nonsense_is_the_failure_of_one_image(
        self, server: FakeRegistry, planned: list[Publication], tmp_path: Path, failure: Failure
    ) -> None:
        write_image(tmp_path / "two", "two", [b"two"], planned[0].stack.image)
        two = read_stack(tmp_path / "two", [planned[0].stack.image.root])
        server.intercept = lambda request: (
            failure(server, request) if request.path.startswith("/v2/one/") else None
        )
        outcomes = publish([*planned, *publications(server.host, [two])], registries(2))
        assert statuses(outcomes) == {"base": PUSHED, "one": FAILED, "two": PUSHED}
        assert server.host in outcomes[1].why
        assert "\n" not in outcomes[1].why

    def test_a_tag_that_is_moved_before_it_is_set_is_left(
        self, server: FakeRegistry, planned: list[Publication]
    ) -> None:
        base = planned[0]
        other = self.another_image(base)

        def moving(request: Request) -> None:
            if request.method == "PUT" and request.path.endswith(f"/{base.stack.image.digest}"):
                server.intercept = lambda _: None
                registries().connect(server.host).put_manifest("base", base.tag, MANIFEST, other)

        server.intercept = moving
        assert statuses(publish(planned, registries())) == {"base": REFUSED, "one": NOT_TRIED}
        found = registries().connect(server.host).manifest("base", base.tag)
        assert found.content == other

    def test_a_tag_that_is_moved_after_it_was_set_is_noticed(
        self, server: FakeRegistry, planned: list[Publication]
    ) -> None:
        base = planned[0]
        other = self.another_image(base)

        def moving(request: Request) -> Answer | None:
            if request.method == "PUT" and request.path.endswith(base.tag):
                server.intercept = lambda _: None
                told = server.answer(request)
                registries().connect(server.host).put_manifest("base", base.tag, MANIFEST, other)
                return told
            return None

        server.intercept = moving
        (outcome,) = publish([base], registries())
        assert (outcome.status, digest_of(other) in outcome.why) == (REFUSED, True)

    def another_image(self, publication: Publication) -> bytes:
        """Another manifest, of blobs that the publication brings to the registry, too."""
        image = publication.stack.image
        manifest = json.loads(read_blob(image.descriptor, [image.root]))
        return canonical_json({**manifest, "annotations": {"made by": "somebody else"}})

    def test_another_image_under_the_tag_is_refused_and_nothing_is_pushed(
        self, server: FakeRegistry, planned: list[Publication], tmp_path: Path
    ) -> None:
        assert all(each.is_there for each in publish(planned, registries()))
        write_image(tmp_path / "new", "one", [b"other code"], planned[0].stack.image)
        stack = read_stack(tmp_path / "new", [planned[0].stack.image.root])
        (other,) = publications(server.host, [stack])
        del server.requests[:]
        (outcome,) = publish([other], registries())
        assert outcome.status == REFUSED
        assert stack.image.digest in outcome.why
        assert "not reproducible, or the tag was moved" in outcome.why
        assert [request.method for request in server.requests] == ["GET"]

    def test_a_failed_image_stops_those_on_it_and_no_others(
        self, server: FakeRegistry, planned: list[Publication], tmp_path: Path
    ) -> None:
        write_image(tmp_path / "alone", "alone", [b"alone"])
        (alone,) = publications(server.host, [read_stack(tmp_path / "alone", [])])
        server.intercept = lambda request: (
            error(403, "DENIED") if request.path.startswith("/v2/base/") else None
        )
        outcomes = publish([*planned, alone], registries())
        assert statuses(outcomes) == {
            "base": FAILED,
            "one": NOT_TRIED,
            "alone": PUSHED,
        }
        of_one = [asked for asked in server.asked if "/one/" in asked]
        assert of_one == [f"GET /v2/one/manifests/{planned[1].tag}"]
