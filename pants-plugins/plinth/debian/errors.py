"""What can go wrong with a Debian root: messages say where, what, why, and what to do."""

from __future__ import annotations


class DebianError(Exception):
    """Anything about Debian packages, their lock or their archive that a user has to act on."""

    exit_code = 1


class PackagesFileError(DebianError):
    """A packages file that cannot be understood."""


class LockError(DebianError):
    """A lock that cannot be read, or that does not go with its packages file."""


class ArchiveNotConfigured(DebianError):
    """No Debian archive is known on this machine."""


class ArchiveError(DebianError):
    """An archive that cannot be reached, or whose index cannot be understood."""


class SignatureError(ArchiveError):
    """An archive's index that none of the trusted keys has signed."""


class ResolveError(DebianError):
    """Packages that the archive cannot provide together."""


class PackageGone(DebianError):
    """The archive no longer holds a package at its locked version."""

    # Told from the other failures by the rule that started the process.
    exit_code = 44


class DebError(DebianError):
    """A `.deb` that is malformed, or that holds what a root may not hold."""


class RootError(DebianError):
    """Packages that do not make one working file system together."""
