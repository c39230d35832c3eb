"""What is told to the user without a traceback."""


class ServiceError(Exception):
    """A service that cannot be had as things stand; the message says what to do."""
