"""Pants' options as its configuration gives them, and which of them reach tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

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
    *("remote_store_address", "remote_store_headers", "remote_store_certs_path"),
    *("remote_store_chunk_bytes", "remote_store_rpc_concurrency", "remote_store_rpc_retries"),
    *("remote_store_rpc_timeout_millis", "remote_store_batch_api_size_limit"),
    *("remote_cache_rpc_concurrency", "remote_cache_rpc_timeout_millis", "remote_cache_warnings"),
    *("remote_client_certs_path", "remote_client_key_path", "remote_ca_certs_path"),
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
# What images are made with is in their fingerprints, as far as it reaches their bytes.
_OF_IMAGES = frozenset(
    {
        *("affected", "docker", "fingerprint", "image-publish", "image-tests", "package"),
        *("plinth-builder", "publish", "release", "tested"),
    }
)


# Another path on each machine. What the launcher sets is said by the tools' locks.
_OF_THE_MACHINE = frozenset(
    {
        *("PANTS_CONFIG_FILES", "PANTS_PEX_CLI_KNOWN_VERSIONS", "PANTS_PEX_CLI_URL_TEMPLATE"),
        *("PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH", "PANTS_SERVER_EXE", "PANTS_BUILDROOT_OVERRIDE"),
        *("PANTS_AFFECTED_DOCUMENTS", "PANTS_AFFECTED_REPOSITORY"),
        # Where images go reaches no byte of them.
        "PANTS_DOCKER_REGISTRIES",
    }
)
ENVIRONMENT, COMMAND_LINE, ELSEWHERE = "the environment", "the command line", "a .pants.rc"


@dataclass(frozen=True, order=True)
class Option:
    """An option's value, as text, and the file that gives it."""

    path: str
    scope: str
    name: str
    value: str

    @property
    def is_of_the_tree(self) -> bool:
        """Whether a file of the repository gives it."""
        return self.path not in (ENVIRONMENT, COMMAND_LINE, ELSEWHERE)


@dataclass(frozen=True)
class Configured:
    """All options that are given, sorted. `root` is where the clone is, on this machine."""

    options: tuple[Option, ...] = ()


def configured(
    root: str,
    files: Iterable[tuple[str, Mapping[str, Mapping[str, Any]]]],
    env: Mapping[str, str],
    arguments: Iterable[str],
) -> Configured:
    """What configuration files, the environment and the command line say.

    Of several files, the later count; where they are is no part of it. The scope of an option that
    the environment or the command line gives is empty.
    """
    found: dict[tuple[str, str, str], Option] = {}
    for path, sections in files:
        shown = path[len(root) + 1 :] if path.startswith(f"{root}/") else ELSEWHERE
        for scope, options in sections.items():
            for name, value in options.items():
                text = json.dumps(value, sort_keys=True, default=str)
                found[shown, scope, name] = Option(shown, scope, name, text.replace(root, "."))
    for name, value in env.items():
        if name.startswith("PANTS_") and not _is_nothing_in_env(name):
            found[ENVIRONMENT, "", name] = Option(ENVIRONMENT, "", name, value.replace(root, "."))
    for argument in arguments:
        name, _, value = argument.partition("=")
        found[COMMAND_LINE, "", name] = Option(COMMAND_LINE, "", name, value)
    return Configured(tuple(sorted(found.values())))


def _is_nothing_in_env(name: str) -> bool:
    option = name[len("PANTS_") :].lower()
    return name in _OF_THE_MACHINE or option in _GLOBAL


def is_display_argument(argument: str) -> bool:
    """Whether an argument only says how Pants shows what it does, where it stores it, how fast."""
    name = argument.partition("=")[0].lstrip("-").replace("-", "_")
    return argument.startswith("-") and (
        not {name, name.removeprefix("no_")}.isdisjoint(_GLOBAL) or argument.startswith("-l")
    )


def reaches_tests(scope: str, name: str) -> bool:
    """Whether an option may reach what a test's process is given: all that is not known not to."""
    return (
        (scope, name) not in _NOTHING and scope not in _NOTHING_SCOPES and scope not in _OF_IMAGES
    )
