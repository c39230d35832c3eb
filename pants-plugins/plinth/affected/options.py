"""What changed in Pants' configuration, option by option."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import toml

from plinth.affected.errors import NotKnown


class Reach(Enum):
    """How far an option goes."""

    NOTHING = "nothing"
    TESTS = "tests"
    EVERYTHING = "everything"


# How Pants shows what it does, where it stores it and how fast it works. Whatever is not named here
# counts as able to change an output.
_GLOBAL = (
    *("colors", "dynamic_ui", "dynamic_ui_renderer", "ignore_warnings", "level", "logdir"),
    *("log_levels_by_target", "print_stacktrace", "show_log_target", "keep_sandboxes"),
    *("concurrent", "loop", "loop_max", "pantsd", "pantsd_invalidation_globs"),
    *("pantsd_max_memory_usage", "pantsd_timeout_when_multiple_invocations", "watch_filesystem"),
    *("local_cache", "local_execution_root_dir", "local_store_dir", "pants_distdir"),
    *("pants_physical_workdir_base", "pants_subprocessdir", "pants_workdir", "process_cleanup"),
    *("process_execution_local_parallelism", "process_execution_remote_parallelism"),
    *("process_per_child_memory_usage", "process_total_child_memory_usage"),
    *("remote_cache_read", "remote_cache_write", "rule_threads_core", "rule_threads_max"),
    *("session_end_tasks_timeout", "spec_files", "stats_record_option_scopes"),
    *("streaming_workunits_complete_async", "streaming_workunits_level"),
    *("streaming_workunits_report_interval", "unmatched_cli_globs"),
)
_NOTHING = {("GLOBAL", option) for option in _GLOBAL}
_NOTHING_SCOPES = frozenset(
    {
        *("anonymous-telemetry", "check", "cli.alias", "count-loc", "dependencies", "dependents"),
        *("export", "filedeps", "filter", "fix", "fmt", "help", "lint", "list", "paths", "peek"),
        *("repl", "roots", "run", "stats", "tailor", "update-build-files"),
    }
)
_TEST_SCOPES = frozenset({"coverage-py", "pytest", "test"})


def changed_options(
    path: str, before: str | None, after: str | None
) -> tuple[tuple[str, Reach], ...]:
    """Each option whose value differs, as ``[section] option``, and how far it goes.

    Raises `NotKnown` where either text is no TOML.
    """
    old, new = _options(path, before, "at the base commit"), _options(path, after, "now")
    return tuple(
        (f"[{scope}] {option}", _reach(scope, option))
        for scope, option in sorted({*old, *new})
        if old.get((scope, option)) != new.get((scope, option))
    )


def _options(path: str, text: str | None, when: str) -> Mapping[tuple[str, str], Any]:
    try:
        return dict(_flattened(toml.loads(text or ""), ()))
    except toml.TomlDecodeError as error:
        raise NotKnown(f"{path} cannot be read {when}: {error}") from None


def _flattened(
    table: Mapping[str, Any], scope: tuple[str, ...]
) -> Iterable[tuple[tuple[str, str], Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flattened(value, (*scope, name))
        else:
            yield (".".join(scope) or "DEFAULT", name), value


def _reach(scope: str, option: str) -> Reach:
    if (scope, option) in _NOTHING or scope in _NOTHING_SCOPES:
        return Reach.NOTHING
    return Reach.TESTS if scope in _TEST_SCOPES else Reach.EVERYTHING
