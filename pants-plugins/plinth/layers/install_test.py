from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from plinth.layers import install
from plinth.layers.compiled import Report
from plinth.layers.testing.wheels_fake import make_wheel, run_module

PLATFORM = "x86_64-manylinux_2_36"

# Of the layer in `test_the_same_bytes_on_every_machine`, with the .pyc of a minor version of
# Python.
GOLDEN = {
    (3, 9): "c06d60fd620ca181d584ebf9d914c1e6aca7c9d608e2b51f4611375c929e44c7",
    (3, 11): "a476edb7205d2750dd444847bfed8a42cf187ee549ebd9b28d5c7e91b98a10b7",
}


def run_install(
    sandbox: Path, wheels: Path, locked: str, platform: str = PLATFORM, **environment: str
) -> subprocess.CompletedProcess[str]:
    sandbox.mkdir(parents=True)
    (sandbox / "locked.txt").write_text(locked)
    argv = (
        *("--requirements", "locked.txt", "--at", "opt/python", "--tar", "out.tar"),
        *("--platform", platform, "--python-version", "3.11.2"),
    )
    return run_module(install, argv, sandbox, wheels, **environment)


def installed(
    sandbox: Path, wheels: Path, locked: str, platform: str = PLATFORM, **environment: str
) -> tuple[bytes, Report]:
    done = run_install(sandbox, wheels, locked, platform, **environment)
    assert done.returncode == 0, done.stderr
    return (sandbox / "out.tar").read_bytes(), Report.from_json(done.stdout)


def tree(tar: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        files = {}
        for member in opened:
            assert (member.uid, member.gid, member.mtime, member.uname) == (0, 0, 0, "")
            if member.isfile():
                content = opened.extractfile(member)
                assert content is not None
                files[member.name] = content.read()
        return files


def test_a_layer_holds_the_wheels_files_and_their_compiled_code(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    locked = make_wheel(
        wheels,
        "tiny",
        {
            "tiny/__init__.py": "NAME = 'tiny'\n",
            "tiny/data.json": "{}",
            "tiny/tool": "#!/bin/sh\n",
            "tiny-1.0.data/scripts/tiny": "#!python\nimport tiny\n",
            "tiny-1.0.dist-info/entry_points.txt": "[console_scripts]\ntiny-cli = tiny:main\n",
        },
        requires=("other>=1 ; extra == 'more'",),
        executable=("tiny/tool",),
    )
    tar, report = installed(tmp_path / "sandbox", wheels, locked)
    tag = f"{sys.implementation.cache_tag}"
    files = tree(tar)
    assert sorted(files) == [
        "opt/python/tiny-1.0.dist-info/METADATA",
        "opt/python/tiny-1.0.dist-info/RECORD",
        "opt/python/tiny-1.0.dist-info/WHEEL",
        "opt/python/tiny-1.0.dist-info/entry_points.txt",
        "opt/python/tiny/__init__.py",
        f"opt/python/tiny/__pycache__/__init__.{tag}.pyc",
        "opt/python/tiny/data.json",
        "opt/python/tiny/tool",
    ]
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        assert opened.getmember("opt/python/tiny/tool").mode == 0o755
        assert opened.getmember("opt/python/tiny/data.json").mode == 0o644
    record = files["opt/python/tiny-1.0.dist-info/RECORD"].decode().splitlines()
    named = [f"opt/python/{line.split(',')[0]}" for line in record]
    assert named == sorted(path for path in files if "__pycache__" not in path)
    assert report.files == tuple(path[len("opt/python/") :] for path in named)
    assert report.requires == (("tiny", ("other>=1 ; extra == 'more'",)),)


@pytest.mark.parametrize(
    ("umask", "environment"),
    [
        (0o022, {}),
        (0o077, {"TZ": "Asia/Kolkata", "PYTHONHASHSEED": "4711"}),
        (0o000, {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "1"}),
        (0o002, {"SOURCE_DATE_EPOCH": "1", "HOME": "/nowhere", "UV_LINK_MODE": "copy"}),
    ],
)
def test_the_same_bytes_on_every_machine(
    tmp_path: Path, umask: int, environment: dict[str, str]
) -> None:
    wheels = tmp_path / "wheels"
    sources = {"b/__init__.py": "def f(x):\n    return x in ('p', 'q')\n", "a.py": "", "c.txt": "c"}
    locked = make_wheel(wheels, "tiny", sources) + make_wheel(wheels, "Other", {"d.py": "D = 1"})
    before = os.umask(umask)
    try:
        tar, _ = installed(tmp_path / f"sandbox-{umask}", wheels, locked, **environment)
    finally:
        os.umask(before)
    assert hashlib.sha256(tar).hexdigest() == GOLDEN[sys.version_info[:2]]


@pytest.mark.parametrize(
    ("platform", "tag"),
    [
        (PLATFORM, "cp311-cp311-manylinux_2_28_x86_64"),
        ("aarch64-manylinux_2_36", "cp311-cp311-manylinux_2_28_aarch64"),
        ("aarch64-apple-darwin", "cp311-cp311-macosx_11_0_arm64"),
    ],
)
def test_the_wheel_for_the_runtimes_platform_is_taken_whatever_the_host(
    tmp_path: Path, platform: str, tag: str
) -> None:
    wheels = tmp_path / "wheels"
    made = [
        make_wheel(wheels, "native", {"where.txt": tag}, tag=tag)
        for tag in (
            "cp311-cp311-manylinux_2_28_x86_64",
            "cp311-cp311-macosx_11_0_arm64",
            "cp39-cp39-manylinux_2_28_x86_64",
            "cp311-cp311-manylinux_2_39_x86_64",
            "cp311-cp311-manylinux_2_28_aarch64",
        )
    ]
    hashes = " ".join(line.split()[1] for line in made)
    locked = f"native==1.0 {hashes}\n"
    files = tree(installed(tmp_path / "sandbox", wheels, locked, platform)[0])
    assert files["opt/python/where.txt"] == tag.encode()


def test_a_source_distribution_is_not_built(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with tarfile.open(wheels / "tiny-1.0.tar.gz", "w:gz") as sdist:
        sdist.addfile(tarfile.TarInfo("tiny-1.0/setup.py"))
    digest = hashlib.sha256((wheels / "tiny-1.0.tar.gz").read_bytes()).hexdigest()
    done = run_install(tmp_path / "sandbox", wheels, f"tiny==1.0 --hash=sha256:{digest}\n")
    assert done.returncode == 1
    assert done.stderr.startswith("tiny==1.0 has no wheel for CPython 3.11.2")


def test_what_has_no_hash_is_not_installed(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "tiny", {"tiny.py": "x = 1\n"})
    done = run_install(tmp_path / "sandbox", wheels, "tiny==1.0\n")
    assert done.returncode == 1
    assert not (tmp_path / "sandbox/out.tar").exists()


def test_no_wheel_for_the_platform_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    locked = make_wheel(wheels, "native", {}, tag="cp311-cp311-win_amd64")
    done = run_install(tmp_path / "sandbox", wheels, locked)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "native==1.0 has no wheel for CPython 3.11.2 on x86_64-manylinux_2_36."
    )
    assert "make lock" in done.stderr


def test_a_wheel_with_another_hash_is_not_installed(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "tiny", {"tiny.py": "x = 1\n"})
    done = run_install(tmp_path / "sandbox", wheels, f"tiny==1.0 --hash=sha256:{'0' * 64}\n")
    assert done.returncode == 1
    assert done.stderr.startswith("tiny==1.0 is not the file that was locked: its hash differs.")
    assert not (tmp_path / "sandbox/out.tar").exists()


def test_what_the_index_lacks_is_named(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    locked = f"tiny==1.0 --hash=sha256:{'0' * 64}\n"
    done = run_install(tmp_path / "sandbox", tmp_path / "wheels", locked)
    assert done.returncode == 1
    assert done.stderr.startswith("tiny is not in the configured index.")
    assert "UV_DEFAULT_INDEX" in done.stderr


def test_nothing_is_installed_that_is_not_listed(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    locked = make_wheel(wheels, "tiny", {"tiny.py": ""}, requires=("other",))
    make_wheel(wheels, "other", {"other.py": ""})
    assert not any("other" in path for path in tree(installed(tmp_path / "s", wheels, locked)[0]))


def test_two_distributions_at_one_path_are_an_error(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    locked = make_wheel(wheels, "one", {"shared/util.py": "x = 1\n", "shared/__init__.py": ""})
    locked += make_wheel(wheels, "two", {"shared/util.py": "x = 2\n", "shared/__init__.py": ""})
    done = run_install(tmp_path / "sandbox", wheels, locked)
    assert done.returncode == 1
    # The `__init__.py` of both is the same file: nothing is lost.
    assert "shared/util.py: in both one 1.0 and two 1.0\nA function" in done.stderr
    assert "__init__" not in done.stderr


def test_code_for_another_python_is_reported_and_kept(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    locked = make_wheel(wheels, "old", {"old/template.py": "print 'x'\n", "old/__init__.py": ""})
    tar, report = installed(tmp_path / "sandbox", wheels, locked)
    files = tree(tar)
    assert [line.split(":")[0] for line in report.left_out] == ["opt/python/old/template.py"]
    assert "opt/python/old/template.py" in files
    assert not any("template" in path for path in files if path.endswith(".pyc"))
