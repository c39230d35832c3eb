"""Which options may be others than a commit's, because they reach no image and no gate.

Whatever is not named here is of the commit. So an option that nobody thought of is an objection,
and never bytes of no commit.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

# By scope; the empty one is the global scope, `[GLOBAL]`. Names are patterns.
_FREE = {
    # What Pants prints, and where; how it runs, and where it keeps things; what is asked of it.
    "": (
        *("cache_content_behavior", "ca_certs_path", "colors", "concurrent", "dynamic_ui*"),
        *("engine_visualize_to", "ignore_warnings", "keep_sandboxes", "level", "local_*"),
        *("log_*", "logdir", "loop*", "named_caches_dir", "pants_bin_name", "pants_config_files"),
        *("pants_distdir", "pants_physical_workdir_base", "pants_subprocessdir", "pants_workdir"),
        *("pantsd*", "pantsrc", "pantsrc_files", "print_stacktrace", "process_*", "remote_*"),
        *("rule_threads_*", "session_end_tasks_timeout", "show_log_target", "spec_files"),
        *("stats_record_option_scopes",),
        *("streaming_workunits_*", "tag", "verify_config", "watch_filesystem"),
    ),
    "affected": ("*",),
    "anonymous-telemetry": ("*",),
    "changed": ("*",),
    "cli": ("alias",),
    # Where images go, which is not what they are.
    "docker": ("default_repository", "registries"),
    "filter": ("*",),
    "fingerprint": ("*",),
    # Each of these says aloud what it does.
    "image-publish": ("untested",),
    "image-tests": ("records",),
    # What the launcher sets: its Pex, made from a lock, and where this machine has its Pythons.
    "pex-cli": ("known_versions", "url_template"),
    # What it gives is checked by the lock's hash.
    "plinth-debian": ("mirror",),
    "publish": ("output",),
    "python-bootstrap": ("search_path",),
    "release": ("diff",),
    "stats": ("*",),
    "test": ("force", "output"),
    "workunit-logger": ("*",),
}


def is_free(scope: str, name: str) -> bool:
    """Whether the option may be another than the commit's."""
    return any(fnmatchcase(name, pattern) for pattern in _FREE.get(scope, ()))


def option_name(scope: str, name: str) -> str:
    """As configuration files write it."""
    return f"[{scope or 'GLOBAL'}].{name}"
