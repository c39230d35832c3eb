from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from plinth.oci.testing.layouts import write_image
from plinth.release.licences import main, of_copyright, of_metadata


@pytest.mark.parametrize(
    ("headers", "licences"),
    [
        ("License-Expression: MIT OR Apache-2.0", ("MIT OR Apache-2.0",)),
        ("License-Expression: MIT\nLicense: something", ("MIT",)),
        ("License: BSD", ("BSD",)),
        ("License: " + "all of the text " * 9, ()),
        (
            "License: one line\n        and another\n"
            "Classifier: License :: OSI Approved :: MIT License",
            ("MIT License",),
        ),
        ("Classifier: Topic :: Software", ()),
    ],
)
def test_a_python_package_s_licences(headers: str, licences: tuple[str, ...]) -> None:
    text = f"Metadata-Version: 2.1\nName: Some_Package\n{headers}\n\nLicense: of the text\n"
    assert of_metadata(text) == ("some-package", licences)


def test_a_debian_package_s_licences() -> None:
    text = "Files: *\nLicense: GPL-2+\n text\n\nLicense: MIT\n\nLicense: GPL-2+\n"
    form = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
    assert of_copyright(form + text) == ("GPL-2+", "MIT")
    assert of_copyright(text) == ()


def tar(**files: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def test_the_program_reads_an_image_s_own_layers(tmp_path: Path) -> None:
    base = write_image(
        tmp_path / "base",
        "base",
        [tar(**{"opt/python/six-1.dist-info/METADATA": "Name: six\nLicense: MIT\n"})],
    )
    own = {
        "opt/python/idna-1.dist-info/METADATA": "Name: idna\nLicense: BSD\n",
        "opt/python/idna-1.dist-info/RECORD": "Name: record\n",
        "usr/share/doc/libc6/copyright": "Format: …/copyright-format/1.0/\nLicense: LGPL-2.1+\n",
    }
    write_image(tmp_path / "image", "image", [tar(**own)], base)
    out = tmp_path / "licences.json"
    assert main(["--layout", str(tmp_path / "image"), "--out", str(out)]) == 0
    assert json.loads(out.read_text()) == {"deb:libc6": ["LGPL-2.1+"], "pypi:idna": ["BSD"]}
