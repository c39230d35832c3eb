from __future__ import annotations

from pathlib import Path

import pytest

from plinth.layers.errors import InstallError
from plinth.layers.records import Installed, Row, clashes, installed_in

INFO = "tiny-1.0.dist-info"
METADATA = "Metadata-Version: 2.1\nName: Tiny\nVersion: 1.0\nRequires-Dist: b>1\nRequires-Dist: a\n"


def installation(folder: Path, record: str, *, scripts: tuple[str, ...] = ()) -> Path:
    """A folder as an installer leaves it, with every file that the RECORD names."""
    paths = [line.rsplit(",", 2)[0].strip('"') for line in record.splitlines()]
    for path in (*paths, f"{INFO}/METADATA", f"{INFO}/RECORD"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x")
    for path in scripts:
        (folder / path).chmod(0o755)
    (folder / INFO / "METADATA").write_text(METADATA)
    (folder / INFO / "RECORD").write_text(record)
    return folder


def test_what_goes_into_a_layer(tmp_path: Path) -> None:
    record = (
        "tiny/b.py,sha256=b,1\n"
        '"tiny/a, b.txt",sha256=a,1\n'
        "tiny/__pycache__/b.cpython-311.pyc,,\n"
        "bin/tiny,sha256=s,1\n"
        "bin/library.py,sha256=l,1\n"
        "tiny/bin/tool,sha256=t,1\n"
        f"{INFO}/METADATA,sha256=m,1\n"
        f"{INFO}/INSTALLER,sha256=i,1\n"
        f"{INFO}/REQUESTED,,\n"
        f"{INFO}/direct_url.json,sha256=u,1\n"
        f"{INFO}/licenses/INSTALLER,sha256=n,1\n"
        f"{INFO}/RECORD,,\n"
    )
    folder = installation(tmp_path, record, scripts=("bin/tiny", "tiny/bin/tool"))
    (found,) = installed_in(folder)
    assert (found.name, found.version, found.requires) == ("Tiny", "1.0", ("a", "b>1"))
    assert found.record_text.splitlines() == [
        "bin/library.py,sha256=l,1",
        f"{INFO}/METADATA,sha256=m,1",
        f"{INFO}/RECORD,,",
        f"{INFO}/licenses/INSTALLER,sha256=n,1",
        '"tiny/a, b.txt",sha256=a,1',
        "tiny/b.py,sha256=b,1",
        "tiny/bin/tool,sha256=t,1",
    ]


@pytest.mark.parametrize("path", ["../outside.py", "/etc/outside.py", "tiny/../../outside.py"])
def test_a_file_outside_the_folder_is_an_error(tmp_path: Path, path: str) -> None:
    folder = installation(tmp_path / "a/b", f"{INFO}/RECORD,,\n")
    (folder / INFO / "RECORD").write_text(f"{path},sha256=x,1\n")
    with pytest.raises(InstallError, match="a file outside its folder"):
        installed_in(folder)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    folder = installation(tmp_path, "tiny.py,sha256=x,1\n")
    (folder / "tiny.py").unlink()
    with pytest.raises(InstallError, match=r"names tiny\.py in its RECORD, which is not there"):
        installed_in(folder)


@pytest.mark.parametrize("name", ["RECORD", "METADATA"])
def test_a_broken_installation_is_an_error(tmp_path: Path, name: str) -> None:
    folder = installation(tmp_path, "tiny.py,sha256=x,1\n")
    (folder / INFO / name).unlink()
    with pytest.raises(InstallError, match="is not a sound installation"):
        installed_in(folder)


def distribution(name: str, **hashes: str) -> Installed:
    rows = tuple(Row(path, digest, "1") for path, digest in hashes.items())
    return Installed(name, "1.0", f"{name}-1.0.dist-info/RECORD", rows, ())


def test_different_files_at_one_path_clash() -> None:
    one = distribution("one", shared="sha256=a", same="sha256=s", alone="sha256=x")
    two = distribution("two", shared="sha256=b", same="sha256=s")
    assert clashes((one, two)) == ("shared: in both one 1.0 and two 1.0",)


def test_files_without_a_hash_count_as_different() -> None:
    found = clashes((distribution("one", shared=""), distribution("two", shared="")))
    assert found == ("shared: in both one 1.0 and two 1.0",)
