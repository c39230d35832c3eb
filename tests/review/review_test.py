"""What a pull request's comment says. `ci` is no source root: a path leads to its modules."""

from __future__ import annotations

import http.server
import importlib
import json
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from plinth.fingerprint.part import Part
from plinth.oci.format.descriptor import Descriptor

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "ci"))
images = importlib.import_module("review.images")
index = importlib.import_module("review.index")
updates = importlib.import_module("review.updates")
main = importlib.import_module("review.__main__")

NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)
ANSWER: dict[str, Any] = {
    "everything": [],
    "images": {"affected": 1, "all": 17},
    "targets": [
        {"kind": "image", "chains": [{"change": {"what": "boto3 1.34.0 → 1.35.0"}}]},
        {"kind": "test", "chains": [{"change": {"what": "boto3 1.34.0 → 1.35.0"}}]},
        {"kind": "test", "chains": [{"change": {"what": "boto3-stubs 1 → 2"}}]},
    ],
}


def layer(digit: str, size: int = 1000) -> Descriptor:
    return Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", f"sha256:{digit * 64}", size)


def built(address: str, digest: str, *layers: Descriptor, version: str = "1.0 h") -> Any:
    parts = (Part("distribution", "layer", "boto3", version),)
    return images.Built(address, digest, layers, parts)


def test_an_image_is_told_by_its_layers_its_size_and_what_differs() -> None:
    before = {"a:image": built("a:image", "sha256:1", layer("1"), layer("2"))}
    after = {"a:image": built("a:image", "sha256:2", layer("1"), layer("3", 3500), version="2.0 i")}

    (difference,) = images.differences(before, after)
    rows = [*images.table([difference])]

    assert (difference.layers, difference.new_layers) == (2, 1)
    assert rows[2] == "| `a:image` | 1 of 2 new | +2.5 kB | package boto3: 1.0 -&gt; 2.0 |".replace(
        "-&gt;", "->"
    )


def test_an_image_with_the_same_digest_is_no_difference() -> None:
    same = {"a:image": built("a:image", "sha256:1", layer("1"))}

    assert [*images.differences(same, same)] == []


def test_new_and_removed_images_are_told() -> None:
    one = {"a:image": built("a:image", "sha256:1", layer("1"))}

    assert [each.what for each in images.differences({}, one)] == ["new"]
    assert [each.what for each in images.differences(one, {})] == ["removed"]
    assert "1 of 1 new | 1.0 kB | new" in "\n".join(images.table(images.differences({}, one)))


def test_images_that_differ_in_the_same_way_share_a_row() -> None:
    before = {f"{n}:image": built(f"{n}:image", "sha256:1", layer("1")) for n in "abcdef"}
    after = {f"{n}:image": built(f"{n}:image", "sha256:2", layer("2")) for n in "abcdef"}

    rows = [*images.table(images.differences(before, after))]

    assert len(rows) == 3
    assert "and 3 more" in rows[2]


@pytest.mark.parametrize("text", ["a|b", "<img src=x>", "`code`", "@everybody", "a\nb"])
def test_no_name_leaves_its_cell(text: str) -> None:
    shown = images.cell(text)

    assert not {"|", "<", "`", "@", "\n"} & set(shown)


def facts(name: str, version: str) -> Any:
    return index.Facts(NOW - timedelta(days=3), "https://changes.test/log")


def test_an_update_has_its_versions_age_reach_and_changelog() -> None:
    update = updates.Update("boto3", ("1.34.0",), ("1.35.0",), ("requirements.txt",))

    row = [*updates.table([update], facts, ANSWER, NOW)][2]

    assert "| `boto3` | 1.34.0 | 1.35.0 | 3 days **younger than 7 days** |" in row
    assert "| 1 of 17 images, 1 tests |" in row
    assert "[changelog](https://changes.test/log)" in row


def test_what_the_index_does_not_know_is_not_known() -> None:
    update = updates.Update("boto3", (), ("1.35.0",), ("requirements.txt",))

    row = [*updates.table([update], lambda name, version: index.Facts(), ANSWER, NOW)][2]

    assert "| new | 1.35.0 | not known |" in row


METADATA = """\
Metadata-Version: 2.1
Name: some-thing
Project-URL: Homepage, https://home.test
Project-URL: Changelog, https://home.test/changes

the description: Project-URL: Changes, https://no.test
"""


@pytest.mark.parametrize(
    ("label", "found"),
    [("Changelog", True), ("Release notes", True), ("Change Log", True), ("Source", False)],
)
def test_a_changelog_is_known_by_its_label(label: str, found: bool) -> None:
    metadata = METADATA.replace("Changelog", label)

    assert bool(index.changelog_of(metadata)) == found


def test_a_link_that_would_be_more_than_a_link_is_none() -> None:
    assert index.changelog_of(METADATA.replace("home.test/changes", "x.test) [a](y")) == ""


class Handler(http.server.BaseHTTPRequestHandler):
    """An index with one project, of which two versions are there."""

    def do_GET(self) -> None:
        names = ("some_thing-1.0-py3-none-any.whl", "some_thing-1.0.1-py3-none-any.whl")
        files = [
            {
                "filename": name,
                "url": f"../files/{name}#sha256=0",
                "upload-time": f"2026-11-0{at + 1}T10:00:00.123456Z",
                "core-metadata": True,
            }
            for at, name in enumerate(names)
        ]
        bodies = {"/simple/some-thing/": json.dumps({"files": files})}
        bodies[f"/simple/files/{names[1]}.metadata"] = METADATA
        body = bodies.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Prints nothing."""


@pytest.fixture
def served() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()
        thread.join()


def test_the_index_is_asked_for_exactly_this_version(served: str) -> None:
    found = index.Index(served).facts("some-thing", "1.0.1")

    assert found.uploaded == datetime(2026, 11, 2, 10, tzinfo=timezone.utc)
    assert found.changelog == "https://home.test/changes"


def test_an_index_that_does_not_answer_or_has_it_not_breaks_nothing(served: str) -> None:
    assert index.Index(served).facts("other", "1") == index.Facts()
    assert index.Index("http://127.0.0.1:1/simple").facts("a", "1") == index.Facts()
    assert index.Index("file:///nowhere").facts("a", "1") == index.Facts()


def test_a_comment_that_is_too_long_loses_its_reasons_and_says_so() -> None:
    reach = f"### 1 image\n\n**Only a.**\n\n<details open>{'x' * main.LIMIT}</details>"

    text = main.comment(ANSWER, reach, [], ["| row |"])

    assert text.startswith(main.MARK)
    assert "**Only a.**" in text
    assert "| row |" in text
    assert "xxx" not in text
    assert "summary of this run" in text
    assert len(main.comment(ANSWER, reach, [], ["y" * main.LIMIT * 2])) < 65_536


def test_a_comment_has_verdict_images_packages_and_reasons_in_this_order() -> None:
    before = {"a:image": built("a:image", "sha256:1", layer("1"))}
    after = {"a:image": built("a:image", "sha256:2", layer("2"))}
    reach = "### 1 image\n\n**Only a.**\n\n<details open><summary>1 change</summary></details>"

    text = main.comment(ANSWER, reach, [*images.differences(before, after)], ["| boto3 |"])

    positions = [text.index(each) for each in ("**Only", "`a:image`", "| boto3 |", "<details")]
    assert positions == sorted(positions)
