from __future__ import annotations

import pytest

from plinth.archive.tar import DIRECTORY, SYMLINK, Entry
from plinth.debian.configure import configure
from plinth.debian.deb import Deb
from plinth.debian.errors import RootError
from plinth.debian.tree import Tree, find, merge


def deb(name: str, *entries: Entry, control: str = "") -> Deb:
    return Deb(name, "1.0", control or f"Package: {name}\nVersion: 1.0\n", entries)


def root(*debs: Deb) -> Tree:
    return configure(merge(debs), debs)


def text(tree: Tree, path: str) -> str:
    entry = find(tree, path)
    assert entry is not None
    assert isinstance(entry.content, bytes)
    return entry.content.decode()


def test_licences_stay_and_the_rest_of_the_documentation_goes() -> None:
    tree = root(
        deb(
            "a",
            Entry("usr/share/doc/a/copyright", content=b"GPL"),
            Entry("usr/share/doc/a/changelog.gz"),
            Entry("usr/share/doc/a/examples/copyright"),
            Entry("usr/share/doc/b", SYMLINK, target="a"),
            Entry("usr/share/man/man1/a.1.gz"),
            Entry("usr/share/locale/de/LC_MESSAGES/a.mo"),
            Entry("usr/share/lintian/overrides/a"),
            Entry("usr/share/mandatory/a"),
        )
    )

    assert sorted(path for path in tree if path.startswith("usr/share/")) == [
        "usr/share/doc",
        "usr/share/doc/a",
        "usr/share/doc/a/copyright",
        "usr/share/doc/b",
        "usr/share/mandatory",
        "usr/share/mandatory/a",
    ]
    assert text(tree, "usr/share/doc/b/copyright") == "GPL"


def test_certificates_become_one_sorted_bundle_where_openssl_looks() -> None:
    certificates = "usr/share/ca-certificates/mozilla"
    tree = root(
        deb(
            "ca-certificates",
            Entry(f"{certificates}/B.crt", content=b"second"),
            Entry(f"{certificates}/A.crt", content=b"first\n"),
            Entry(f"{certificates}/README", content=b"no certificate"),
        )
    )

    assert text(tree, "etc/ssl/certs/ca-certificates.crt") == "first\nsecond\n"
    assert text(tree, "usr/lib/ssl/cert.pem") == "first\nsecond\n"


def test_without_certificates_there_is_no_bundle() -> None:
    assert "etc/ssl/certs/ca-certificates.crt" not in root(deb("a"))


def test_local_time_is_utc_where_there_are_time_zones() -> None:
    tree = root(deb("tzdata", Entry("usr/share/zoneinfo/Etc/UTC", content=b"TZif")))

    assert text(tree, "etc/localtime") == "TZif"
    assert text(tree, "etc/timezone") == "Etc/UTC\n"
    assert "etc/localtime" not in root(deb("a"))


def test_the_directories_that_lambda_and_programs_expect_are_there() -> None:
    tree = root(deb("a"))

    for path in ("dev", "etc", "opt", "proc", "run", "sys", "var/task"):
        assert (tree[path].kind, tree[path].mode) == (DIRECTORY, 0o755), path
    assert tree["tmp"].mode == tree["var/tmp"].mode == 0o1777


def test_bin_lib_and_sbin_are_links_and_lib64_where_there_is_one() -> None:
    assert [root(deb("a"))[path].target for path in ("bin", "lib", "sbin")] == [
        "usr/bin",
        "usr/lib",
        "usr/sbin",
    ]
    assert "lib64" not in root(deb("a"))
    tree = root(deb("libc6", Entry("lib64/ld.so", content=b"loader")))
    assert tree["lib64"].target == "usr/lib64"
    assert text(tree, "lib64/ld.so") == "loader"


def test_lambdas_user_has_a_name() -> None:
    tree = root(deb("a"))

    assert "sbx_user1051:x:993:990:" in text(tree, "etc/passwd")
    assert "sbx_user1051:x:990:" in text(tree, "etc/group")


def test_what_a_package_brings_is_not_replaced() -> None:
    tree = root(deb("a", Entry("etc/passwd", content=b"mine"), Entry("tmp", DIRECTORY, 0o700)))

    assert text(tree, "etc/passwd") == "mine"
    assert tree["tmp"].mode == 0o700


def test_scanners_find_the_packages_in_dpkgs_record() -> None:
    tree = root(
        deb("b"), deb("a", control="Package: a\nVersion: 2\nDescription: one\n two\n .\n three\n")
    )

    assert text(tree, "var/lib/dpkg/status") == (
        "Package: a\nStatus: install ok installed\nVersion: 2\nDescription: one\n two\n .\n three\n"
        "\nPackage: b\nStatus: install ok installed\nVersion: 1.0\n"
    )


def test_a_control_file_that_does_not_begin_with_the_name_is_refused() -> None:
    with pytest.raises(RootError, match="a: its control file does not begin"):
        root(deb("a", control="Version: 1\nPackage: a\n"))
