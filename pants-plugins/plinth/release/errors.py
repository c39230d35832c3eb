class ReleaseError(Exception):
    """A release that cannot be made or read: the message says why, and what to do."""
