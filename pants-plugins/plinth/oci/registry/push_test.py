from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from plinth.oci.errors import OciError
from plinth.oci.format.descriptor import LAYER_GZIP, UNLOCKED, Descriptor, digest_of
from plinth.oci.format.layout import Image, Stack, blob_name, read_stack
from plinth.oci.format.reference import Repository
from plinth.oci.registry.client import Registry
from plinth.oci.registry.push import Pushed, PushRefused, _beside, main, push
from plinth.oci.registry.transport import RegistryError, Transport
from plinth.oci.testing.fake_registry import CUT, Answer, FakeRegistry, Request, error, no_wait
from plinth.oci.testing.layouts import write_image


@pytest.fixture
def server() -> Iterator[FakeRegistry]:
    with FakeRegistry() as server:
        yield server


@pytest.fixture
def base(tmp_path: Path) -> Image:
    return write_image(tmp_path / "base", "base", [b"runtime", b"library"])


@pytest.fixture
def function(tmp_path: Path, base: Image) -> Stack:
    write_image(tmp_path / "authorizer", "authorizer", [b"code"], base)
    return read_stack(tmp_path / "authorizer", [base.root])


def connect(host: str) -> Registry:
    return Registry(host, Transport(retries=no_wait()), lambda _: None)


def pushed(server: FakeRegistry, stack: Stack, name: str = "plinth/authorizer") -> Pushed:
    return push(stack, Repository(server.host, name), "v1", connect=connect)


def has(server: FakeRegistry, path: str, image: Image) -> bool:
    blobs = {digest for repository, digest in server.blobs if repository == path}
    return {image.config.digest, *(layer.digest for layer in image.layers)} <= blobs


def verbs(server: FakeRegistry) -> list[str]:
    return [request.method for request in server.requests]


def test_a_first_push_sends_everything_and_the_tag_last(
    server: FakeRegistry, function: Stack
) -> None:
    result = pushed(server, function)
    image = function.image
    assert result.reference == f"{server.host}/plinth/authorizer@{image.digest}"
    assert set(result.uploaded) == {layer.digest for layer in image.layers} | {image.config.digest}
    assert has(server, "plinth/authorizer", image)
    assert digest_of(server.manifests["plinth/authorizer", "v1"][1]) == image.digest
    assert server.asked[-2:] == [
        f"PUT /v2/plinth/authorizer/manifests/{image.digest}",
        "PUT /v2/plinth/authorizer/manifests/v1",
    ]


def test_the_base_s_layers_are_mounted_not_sent(server: FakeRegistry, function: Stack) -> None:
    pushed(server, function.parts[1], "plinth/base")
    del server.requests[:]
    result = pushed(server, function)
    base = function.bases[0]
    assert result.mounted == tuple(layer.digest for layer in base.layers)
    own = [layer.digest for layer in function.image.layers if layer not in base.layers]
    assert result.uploaded == (*own, function.image.config.digest)
    uploads = [request.body for request in server.requests if "uploads" in request.path]
    sent = {digest_of(body) for body in uploads if body}
    assert sent == set(result.uploaded)


def test_one_request_for_each_layer_that_is_mounted(server: FakeRegistry, function: Stack) -> None:
    pushed(server, function.parts[1], "plinth/base")
    del server.requests[:]
    pushed(server, function)
    # Two questions about the manifest; a mount for each of two layers; a question and an upload in
    # two requests for the layer and the config; the manifest by its digest and its tag.
    assert verbs(server) == (
        ["HEAD"] * 2 + ["POST"] * 2 + ["HEAD", "POST", "PUT"] * 2 + ["PUT"] * 2
    )


def test_a_base_in_a_repository_of_another_name(server: FakeRegistry, function: Stack) -> None:
    pushed(server, function.parts[1], "elsewhere/the-base")
    repository = Repository(server.host, "plinth/authorizer")
    result = push(function, repository, connect=connect, mount_from=["elsewhere/the-base"])
    assert len(result.mounted) == 2


@pytest.mark.parametrize(
    ("path", "image", "base", "expected"),
    [
        ("a", "a", "base", "base"),
        ("plinth/a", "a", "base", "plinth/base"),
        ("x/team/a", "team/a", "team/base", "x/team/base"),
        ("x/other", "a", "base", "x/base"),
        ("other", "a", "base", "base"),
        ("x/aa", "a", "base", "x/base"),
    ],
)
def test_where_the_base_is_looked_for(path: str, image: str, base: str, expected: str) -> None:
    assert _beside(path, image, base) == expected


def test_a_second_push_asks_for_each_thing_once_and_sends_nothing(
    server: FakeRegistry, function: Stack
) -> None:
    first = pushed(server, function)
    del server.requests[:]
    blobs = tuple(blob.digest for blob in function.image.blobs)
    assert pushed(server, function) == Pushed(first.reference, "v1", present=blobs)
    assert server.asked == [
        "HEAD /v2/plinth/authorizer/manifests/v1",
        *(f"HEAD /v2/plinth/authorizer/blobs/{digest}" for digest in blobs),
    ]


@pytest.mark.parametrize("tag", ["v1", "v2", None])
def test_a_blob_that_was_lost_is_sent_again(
    server: FakeRegistry, function: Stack, tag: str | None
) -> None:
    pushed(server, function)
    repository = Repository(server.host, "plinth/authorizer")
    for blob in function.image.blobs:
        del server.blobs[repository.path, blob.digest]
        assert push(function, repository, tag, connect=connect).uploaded == (blob.digest,)
        assert has(server, repository.path, function.image)


def test_a_blob_of_another_size_is_an_error(server: FakeRegistry, function: Stack) -> None:
    pushed(server, function)
    blob = function.image.layers[-1]
    server.blobs["plinth/authorizer", blob.digest] = b"cut"
    with pytest.raises(RegistryError, match=f"3 bytes are there, not {blob.size}"):
        pushed(server, function)


def test_another_tag_for_what_is_there_sends_the_manifest_alone(
    server: FakeRegistry, function: Stack
) -> None:
    pushed(server, function)
    del server.requests[:]
    push(function, Repository(server.host, "plinth/authorizer"), "v2", connect=connect)
    assert verbs(server) == ["HEAD"] * (2 + len(function.image.blobs)) + ["PUT"]


def test_without_a_tag_none_is_set(server: FakeRegistry, function: Stack) -> None:
    push(function, Repository(server.host, "a"), connect=connect)
    assert [name for _, name in server.manifests] == [function.image.digest]


def test_a_change_of_the_code_sends_the_code(
    server: FakeRegistry, function: Stack, tmp_path: Path
) -> None:
    pushed(server, function)
    write_image(tmp_path / "changed", "authorizer", [b"changed code"], function.bases[0])
    changed = read_stack(tmp_path / "changed", [function.bases[0].root])
    result = pushed(server, changed)
    assert result.uploaded == (changed.image.layers[-1].digest, changed.image.config.digest)
    assert result.present == tuple(layer.digest for layer in function.bases[0].layers)


def test_layers_of_the_same_bytes_are_sent_once(server: FakeRegistry, tmp_path: Path) -> None:
    write_image(tmp_path / "twice", "twice", [b"same", b"same"])
    result = pushed(server, read_stack(tmp_path / "twice", []))
    assert (len(result.uploaded), result.present) == (2, ())


def test_progress_names_each_blob(server: FakeRegistry, function: Stack) -> None:
    lines: list[str] = []
    push(function, Repository(server.host, "a"), "v1", connect=connect, say=lines.append)
    for line, layer in zip(lines, function.image.layers):
        assert line.startswith(f"authorizer: {layer.digest[:19]} ")
        assert line.endswith(" uploaded")
    assert lines[-1] == f"authorizer: pushed {server.host}/a@{function.image.digest} as v1"


def test_what_is_there_is_not_said_to_be_pushed(server: FakeRegistry, function: Stack) -> None:
    repository, lines = Repository(server.host, "a"), list[str]()
    push(function, repository, connect=connect)
    push(function, repository, connect=connect, say=lines.append)
    assert lines == []


@pytest.mark.parametrize("which", ["image", "base"])
def test_nothing_unlocked_leaves_this_machine(tmp_path: Path, which: str) -> None:
    mark = {UNLOCKED: "libc6 2.36-9+deb12u13"}
    base = write_image(
        tmp_path / "base", "base", [b"runtime"], annotations=mark if which == "base" else {}
    )
    write_image(
        tmp_path / "f", "function", [b"code"], base, annotations=mark if which == "image" else {}
    )

    def connected(host: str) -> Registry:
        raise AssertionError("asked the registry")

    with pytest.raises(
        PushRefused, match="refused to push function to registry.example.*libc6.*make lock"
    ):
        push(
            read_stack(tmp_path / "f", [base.root]),
            Repository("registry.example", "function"),
            connect=connected,
        )


def test_unlocked_images_may_go_to_loopback(server: FakeRegistry, tmp_path: Path) -> None:
    write_image(tmp_path / "base", "base", [b"runtime"], annotations={UNLOCKED: "libc6"})
    assert pushed(server, read_stack(tmp_path / "base", []), "base").uploaded


@pytest.fixture
def far() -> Iterator[FakeRegistry]:
    with FakeRegistry() as far:
        yield far


def on_external(server: FakeRegistry, folder: Path) -> Stack:
    """A function on a base of the registry `server`, of which this machine has no bytes."""
    content = b"the runtime of others"
    layer = Descriptor.of(LAYER_GZIP, content)
    server.blobs["team/python", layer.digest] = content
    reference = f"{server.host}/team/python@{'sha256:' + 'e' * 64}"
    write_image(folder, "function", [b"code"], external_base=(reference, [layer]))
    return read_stack(folder, [])


def test_an_external_base_is_copied_from_its_registry(
    server: FakeRegistry, far: FakeRegistry, tmp_path: Path
) -> None:
    stack = on_external(far, tmp_path / "function")
    result = pushed(server, stack, "function")
    assert stack.image.layers[0].digest in result.uploaded
    assert has(server, "function", stack.image)


def test_an_external_base_in_the_same_registry_is_mounted(
    server: FakeRegistry, tmp_path: Path
) -> None:
    stack = on_external(server, tmp_path / "function")
    assert pushed(server, stack, "function").mounted == (stack.image.layers[0].digest,)


def test_a_damaged_external_base_is_an_error(
    server: FakeRegistry, far: FakeRegistry, tmp_path: Path
) -> None:
    stack = on_external(far, tmp_path / "function")
    far.blobs["team/python", stack.image.layers[0].digest] = b"the runtime of OTHERS"
    with pytest.raises(RegistryError, match="the registry is damaged"):
        pushed(server, stack, "function")
    assert not server.manifests


def test_a_damaged_layer_is_an_error_and_nothing_is_tagged(
    server: FakeRegistry, function: Stack
) -> None:
    image = function.image
    (image.root / blob_name(image.layers[-1].digest)).write_bytes(b"other")
    with pytest.raises(OciError, match="is damaged"):
        pushed(server, function)
    assert not server.manifests


def test_a_layer_that_nobody_has_is_an_error(server: FakeRegistry, function: Stack) -> None:
    base = function.bases[0]
    (base.root / blob_name(base.layers[0].digest)).unlink()
    with pytest.raises(OciError, match=f"refers to {base.layers[0].digest}, which neither it nor"):
        pushed(server, function)


def requests_of_a_push(function: Stack) -> int:
    with FakeRegistry() as calm:
        pushed(calm, function.parts[1], "plinth/base")
        before = len(calm.requests)
        pushed(calm, function)
        return len(calm.requests) - before


def before(server: FakeRegistry, request: Request) -> Answer:
    return CUT


def after(server: FakeRegistry, request: Request) -> Answer:
    server.answer(request)
    return CUT


@pytest.mark.parametrize("cut", [before, after])
def test_a_push_that_dies_at_any_request_leaves_no_wrong_tag_and_is_finished_by_the_next(
    server: FakeRegistry, function: Stack, cut: Callable[[FakeRegistry, Request], Answer]
) -> None:
    def dying(host: str) -> Registry:
        return Registry(host, Transport(retries=no_wait(1)), lambda _: None)

    total = requests_of_a_push(function)
    assert total == 12
    for number in range(1, total + 1):
        server.blobs.clear()
        server.manifests.clear()
        pushed(server, function.parts[1], "plinth/base")
        del server.requests[:]
        server.intercept = lambda request, number=number: (  # type: ignore[misc]
            cut(server, request) if len(server.requests) == number else None
        )
        with pytest.raises(RegistryError):
            push(function, Repository(server.host, "plinth/authorizer"), "v1", connect=dying)
        if ("plinth/authorizer", "v1") in server.manifests:
            assert has(server, "plinth/authorizer", function.image)
        server.intercept = lambda _: None
        pushed(server, function)
        assert has(server, "plinth/authorizer", function.image)
        tagged = server.manifests["plinth/authorizer", "v1"][1]
        assert digest_of(tagged) == function.image.digest


def arguments(server: FakeRegistry, function: Stack) -> list[str]:
    base = function.bases[0].root
    repository = f"{server.host}/plinth/authorizer"
    layouts = ["--layout", str(function.image.root), "--base-layout", str(base)]
    return [*layouts, "--repository", repository, "--tag", "v1"]


def test_the_program_prints_the_reference(
    server: FakeRegistry, function: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(server, function)) == 0
    out, err = capsys.readouterr()
    assert out == f"{server.host}/plinth/authorizer@{function.image.digest}\n"
    assert "uploaded" in err


def test_the_program_reports_as_json(
    server: FakeRegistry, function: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments(server, function), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["reference"].endswith(function.image.digest)
    assert report["tag"] == "v1"
    # Two layers with a mount that is not done; four blobs with a question and an upload.
    assert report["requests"] == {"HEAD": 6, "POST": 6, "PUT": 6}
    assert report["bytes_sent"] == sum(len(request.body) for request in server.requests)
    assert len(report["uploaded"]) == 4


def test_the_program_fails_without_a_traceback(
    server: FakeRegistry, function: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    server.intercept = lambda _: error(403, "DENIED")
    assert main(arguments(server, function)) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: HEAD http://")
    assert "docker login" in err


@pytest.mark.parametrize("tag", ["", "a/b", "-x"])
def test_the_program_refuses_a_bad_tag(server: FakeRegistry, function: Stack, tag: str) -> None:
    with pytest.raises(SystemExit):
        main([*arguments(server, function)[:-2], f"--tag={tag}"])
    assert not server.requests


def test_the_program_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    assert "--mount-from" in capsys.readouterr().out
