"""Edits of what the build itself is made of. Pants would start anew for each."""

from __future__ import annotations

from monorepo.edits import append, bump, delete, prepend, replace
from monorepo.scenario import ALL, ANY_TEST, Scenario

SETTINGS = tuple(
    Scenario(name, edit, images, tests, not_tests, everything, daemon_restarts=True)
    for name, edit, images, tests, not_tests, everything in (
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
            ("src/ingestion/names_test.py:tests", "lambdas/docs:container_test"),
            (),
            "",
        ),
        (
            "an option that images are made with",
            replace("pants.toml", 'default_repository = "{directory}"', 'default_repository = "x"'),
            ALL,
            (),
            (),
            "[docker] default_repository",
        ),
        (
            "an option of Python",
            replace("pants.toml", "CPython==3.11.*", "CPython>=3.11,<3.12"),
            ALL,
            (),
            (),
            "[python] interpreter_constraints",
        ),
        (
            "the code of a plugin",
            append("pants-plugins/plinth/oci/layer.py", "\n# A comment.\n"),
            ALL,
            (),
            (),
            "pants-plugins/plinth/oci/layer.py",
        ),
        (
            "a module of a plugin deleted",
            delete("pants-plugins/plinth/oci/layer.py"),
            ALL,
            (),
            (),
            "pants-plugins/plinth/oci/layer.py",
        ),
        (
            "a test of a plugin",
            append("pants-plugins/plinth/oci/layer_tree_test.py", "\n# A comment.\n"),
            (),
            ("pants-plugins/plinth/oci/layer_tree_test.py:tests",),
            ("lambdas/*", "src/*", "pants-plugins/plinth/lockfile/*"),
            "",
        ),
        (
            "the launcher",
            append("pants", "\n# A comment.\n"),
            ALL,
            (),
            (),
            "pants ",
        ),
        (
            "the code that installs Pants",
            append("3rdparty/tools/bootstrap.py", "\n# A comment.\n"),
            ALL,
            (),
            (),
            "3rdparty/tools/bootstrap.py",
        ),
        (
            "Pants' own lock",
            bump("pyyaml", "3rdparty/tools/pants.txt"),
            ALL,
            (),
            (),
            "3rdparty/tools/pants.txt",
        ),
        (
            "a comment in Pants' own lock",
            prepend("3rdparty/tools/pants.txt", "# A comment.\n"),
            (),
            ("tests/locks_check/*", "tests/tools/*"),
            (ANY_TEST,),
            "",
        ),
    )
)
