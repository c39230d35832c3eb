from __future__ import annotations

from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    Dependencies,
    SingleSourceField,
    StringSequenceField,
    Target,
)
from pants.util.strutil import help_text


class DebianLockField(SingleSourceField):
    # The root's one source: an edit of the lock is an edit of every root that is made from it.
    alias = "lock"
    default = "lock.json"
    required = False
    expected_file_extensions = (".json",)
    uses_source_roots = False
    help = help_text(
        """
        The lock that `make lock` makes from the packages file beside it: every package with its
        version and sha256.
        """
    )


class DebianPackagesField(StringSequenceField):
    alias = "packages"
    help = help_text(
        """
        Which packages of the lock the root is for; it also holds all that they depend on. By
        default, everything that the packages file names.
        """
    )


class DebianCompileField(StringSequenceField):
    alias = "compile"
    default = ()
    help = help_text(
        """
        Folders of the root below which Python sources are compiled, by the root's own Python. A
        container's file system is read-only: what is not compiled here is compiled again at
        every start.
        """
    )


class DebianExcludePathsField(StringSequenceField):
    alias = "exclude_paths"
    default = ()
    help = help_text(
        """
        What to leave out of the packages: paths from the root, in which `*` stands for any text,
        slashes included; a folder goes with all that it holds. A library that something left in
        the root needs cannot be left out.
        """
    )


class DebianRootTarget(Target):
    alias = "debian_root"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        Dependencies,
        DebianLockField,
        DebianPackagesField,
        DebianCompileField,
        DebianExcludePathsField,
    )
    help = help_text(
        """
        A root file system of Debian packages, unpacked from a lock without root and without
        Docker. The same lock gives the same bytes on every machine.

        A `docker_image` that depends on it finds it in its context as the file
        `<folder>/<name>.tar`.
        """
    )
