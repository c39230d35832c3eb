from __future__ import annotations

import json
from pathlib import Path

from plinth.release.sbom import main

IMAGE = {
    "name": "authorizer",
    "digest": "sha256:" + "a" * 64,
    "unlocked": ["libc6 2.36-2 (locked 2.36-1)"],
    "components": [
        {"type": "pypi", "name": "boto3", "version": "1.2", "sha256": ["b" * 64, "c" * 64]},
        {"type": "deb", "name": "libc6", "version": "2.36-1+x", "sha256": ["d" * 64]},
    ],
}


def written(folder: Path, image: object) -> str:
    (folder / "image.json").write_text(json.dumps(image))
    (folder / "licences.json").write_text(json.dumps({"pypi:boto3": ["Apache-2.0"]}))
    out = folder / "out/sbom.json"
    options = ["--licences", str(folder / "licences.json"), "--out", str(out)]
    assert main(["--image", str(folder / "image.json"), *options]) == 0
    return out.read_text()


def test_a_bill_names_every_package(tmp_path: Path) -> None:
    bill = json.loads(written(tmp_path, IMAGE))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    boto3, libc6 = sorted(bill["components"], key=lambda each: each["name"])
    assert boto3["purl"] == "pkg:pypi/boto3@1.2"
    assert [each["content"] for each in boto3["hashes"]] == ["b" * 64, "c" * 64]
    assert boto3["licenses"] == [{"license": {"name": "Apache-2.0"}}]
    assert libc6["purl"] == "pkg:deb/debian/libc6@2.36-1%2Bx?arch=amd64"
    assert "licenses" not in libc6
    image = bill["metadata"]["component"]
    assert (image["name"], image["version"]) == ("authorizer", IMAGE["digest"])
    assert image["properties"][0]["value"] == "libc6 2.36-2 (locked 2.36-1)"


def test_the_same_image_gives_the_same_bytes(tmp_path: Path) -> None:
    again = {**IMAGE, "components": IMAGE["components"][::-1]}
    assert written(tmp_path, IMAGE) == written(tmp_path, again)
