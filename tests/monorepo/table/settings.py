"""Edits of what the build itself is made of. Pants would start anew for each."""

from __future__ import annotations

from monorepo.edits import append, bump, delete, prepend, replace
from monorepo.scenario import ALL, ANY_TEST, Scenario
from monorepo.table.locks import READ_TOOLS

PRODUCT = ("lambdas/*", "src/*")
# Tests of the product, of plugins, with a container: what all tests have in common reaches all.
TESTS = (
    "lambdas/docs/handler_test.py:tests",
    "lambdas/docs:container_test",
    "pants-plugins/plinth/lockfile/parse_test.py:tests",
    "src/ingestion/names_test.py:tests",
)

OPTIONS = tuple(
    Scenario(name, edit, images, tests, not_tests, chain=chain, daemon_restarts=True)
    for name, edit, images, tests, not_tests, chain in (
        (
            "a comment in the configuration",
            prepend("pants.toml", "# A comment.\n"),
            (),
            (),
            (ANY_TEST,),
            "",
        ),
        (
            "an option of the display",
            replace("pants.toml", "[GLOBAL]", "[GLOBAL]\nlevel = 'warn'"),
            (),
            (),
            (ANY_TEST,),
            "",
        ),
        (
            "an option of tests",
            replace("pants.toml", "use_coverage = false", "use_coverage = true"),
            (),
            TESTS,
            (),
            "[test] use_coverage",
        ),
        (
            "an option that says where images go, and not what they are",
            replace("pants.toml", 'default_repository = "{directory}"', 'default_repository = "x"'),
            (),
            (),
            (ANY_TEST,),
            "",
        ),
        (
            "an option of Python",
            replace("pants.toml", "CPython==3.11.*", "CPython>=3.11,<3.12"),
            (),
            TESTS,
            (),
            "[python] interpreter_constraints",
        ),
        (
            "the code that makes layers",
            append("pants-plugins/plinth/oci/assemble/layer.py", "\n# A comment.\n"),
            ALL,
            (
                "pants-plugins/plinth/oci/assemble/make_layer_test.py:tests",
                "lambdas/docs:container_test",
            ),
            ("lambdas/docs/handler_test.py:tests", "src/*"),
            "the code that makes images",
        ),
        (
            "the code that only decides: affected",
            append("pants-plugins/plinth/affected/compare.py", "\n# A comment.\n"),
            (),
            ("pants-plugins/plinth/affected/compare_test.py:tests",),
            PRODUCT,
            "pants-plugins/plinth/affected/compare.py",
        ),
        (
            "the code that only decides: release",
            append("pants-plugins/plinth/release/record.py", "\n# A comment.\n"),
            (),
            ("pants-plugins/plinth/release/record_test.py:tests",),
            PRODUCT,
            "pants-plugins/plinth/release/record.py",
        ),
        (
            "a fake of the plugins' tests",
            append("pants-plugins/plinth/oci/testing/fake_registry.py", "\n# A comment.\n"),
            (),
            ("pants-plugins/plinth/oci/registry/client_test.py:tests",),
            PRODUCT,
            "pants-plugins/plinth/oci/testing/fake_registry.py",
        ),
        (
            "a test of a plugin",
            append("pants-plugins/plinth/oci/assemble/layer_tree_test.py", "\n# A comment.\n"),
            (),
            ("pants-plugins/plinth/oci/assemble/layer_tree_test.py:tests",),
            ("lambdas/*", "src/*", "pants-plugins/plinth/lockfile/*"),
            "",
        ),
        (
            "the launcher",
            append("pants", "\n# A comment.\n"),
            (),
            TESTS,
            (),
            "pants",
        ),
        (
            "the code that installs Pants",
            append("3rdparty/tools/bootstrap.py", "\n# A comment.\n"),
            (),
            TESTS,
            (),
            "edited",
        ),
        (
            "a comment in Pants' own lock",
            prepend("3rdparty/tools/pants/requirements.txt", "# A comment.\n"),
            (),
            READ_TOOLS,
            (ANY_TEST,),
            "",
        ),
    )
)

SETTINGS = (
    *OPTIONS,
    Scenario(
        "a state in which Pants cannot be installed: its lock names a version that is nowhere",
        bump("pyyaml", "3rdparty/tools/pants/requirements.txt"),
        ALL,
        everything="has no document",
        daemon_restarts=True,
    ),
    Scenario(
        "a state in which Pants cannot start: a module of a plugin is gone",
        delete("pants-plugins/plinth/oci/assemble/layer.py"),
        ALL,
        everything="has no document",
        daemon_restarts=True,
    ),
)
