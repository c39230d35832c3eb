"""What is told to the user without a traceback."""


class BootstrapError(Exception):
    """A machine that cannot be set up as it is; the message says what to do."""
