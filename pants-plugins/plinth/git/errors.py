class GitError(Exception):
    """Git has not given what was asked for; the message is for people."""
