"""What `affected` cannot go on with. Each message says what to do next."""

from __future__ import annotations


class AffectedError(Exception):
    """A question that cannot be asked, such as about a commit that nobody knows."""


class NotKnown(Exception):
    """What cannot be read or is everybody's, so that all is affected; the message is the reason."""
