"""Edits of what the build itself is made of. Pants would start anew for each."""

from __future__ import annotations

from monorepo.edits import append, bump, delete, nothing, prepend, replace
from monorepo.scenario import ALL, ANY_TEST, LAMBDAS, Scenario, Together
from monorepo.table.locks import READ_TOOLS

PRODUCT = ("lambdas/*", "src/*")
# Tests of the product, of plugins, with a container: what all tests have in common reaches all.
TESTS = (
    "lambdas/docs/handler_test.py:tests",
    "lambdas/docs:container_test",
    "pants-plugins/plinth/lockfile/parse_test.py:tests",
    "src/ingestion/names_test.py:tests",
)
COMMENT = "\n# A comment.\n"
PLUGINS = "pants-plugins/plinth"
MACRO = f"{PLUGINS}/images/lambda_function.prelude"
PANTS = "3rdparty/tools/pants/requirements.txt"

LITTLE = Together(
    "what reaches nothing, or tests of its own",
    (
        Scenario("a comment in the configuration", prepend("pants.toml", "# A comment.\n")),
        Scenario(
            "an option of the display",
            replace("pants.toml", "[GLOBAL]", "[GLOBAL]\nlevel = 'warn'"),
        ),
        Scenario(
            "an option that says where images go, and not what they are",
            replace("pants.toml", 'default_repository = "{directory}"', 'default_repository = "x"'),
        ),
        Scenario(
            "a comment in Pants' own lock",
            prepend(PANTS, "# A comment.\n"),
            (),
            READ_TOOLS,
            (ANY_TEST,),
            chain=PANTS,
        ),
        Scenario(
            "a comment in the macro",
            prepend(MACRO, "# A comment.\n"),
            (),
            # They read the macro as text, or run it.
            (f"{PLUGINS}/images/lambda_function_test.py:tests", "tests/monorepo:new_lambda"),
            (ANY_TEST,),
            chain=MACRO,
        ),
        *(
            Scenario(name, append(f"{PLUGINS}/{path}", COMMENT), (), (test,), not_tests, chain=path)
            for name, path, test, not_tests in (
                (
                    "the code that only decides: affected",
                    "affected/compare.py",
                    f"{PLUGINS}/affected/compare_test.py:tests",
                    PRODUCT,
                ),
                (
                    "the code that only decides: release",
                    "release/record.py",
                    f"{PLUGINS}/release/record_test.py:tests",
                    PRODUCT,
                ),
                (
                    "a fake of the plugins' tests",
                    "oci/testing/fake_registry.py",
                    f"{PLUGINS}/oci/registry/client_test.py:tests",
                    PRODUCT,
                ),
                (
                    "a test of a plugin",
                    "oci/assemble/layer_tree_test.py",
                    f"{PLUGINS}/oci/assemble/layer_tree_test.py:tests",
                    (*PRODUCT, f"{PLUGINS}/lockfile/*"),
                ),
            )
        ),
    ),
)

ALL_TESTS = Together(
    "what all tests have in common",
    tuple(
        Scenario(name, edit, (), TESTS, chain=chain)
        for name, edit, chain in (
            (
                "an option of tests",
                replace("pants.toml", "use_coverage = false", "use_coverage = true"),
                "[test] use_coverage",
            ),
            (
                "an option of Python",
                replace("pants.toml", "CPython==3.11.*", "CPython>=3.11,<3.12"),
                "[python] interpreter_constraints",
            ),
            ("the launcher", append("pants", COMMENT), "pants edited"),
            (
                "the code that installs Pants",
                append("3rdparty/tools/bootstrap.py", COMMENT),
                "3rdparty/tools/bootstrap.py",
            ),
        )
    ),
)

MAKERS = Together(
    "what images and their tests are made by",
    (
        Scenario(
            "the code that makes layers",
            append(f"{PLUGINS}/oci/assemble/layer.py", COMMENT),
            ALL,
            ("lambdas/docs:container_test",),
            ("lambdas/docs/handler_test.py:tests", "src/*"),
            chain="the code that makes images",
        ),
        Scenario(
            "the same, for the tests of that code",
            nothing,
            (),
            (f"{PLUGINS}/oci/assemble/make_layer_test.py:tests",),
            PRODUCT,
            chain="oci/assemble/layer.py edited",
        ),
        Scenario(
            "the lock of the tool that writes layers",
            bump("deflate", "3rdparty/tools/builder/requirements.txt"),
            ALL,
            chain="deflate",
        ),
        Scenario(
            "the command in the macro",
            replace(MACRO, "CMD [", 'CMD ["-X", '),
            LAMBDAS,
            ("lambdas/docs:container_test",),
            ("src/*", "lambdas/docs/handler_test.py:tests"),
            chain="CMD",
        ),
        Scenario(
            "the timeout of container tests in the macro",
            replace(MACRO, "timeout=300", "timeout=301"),
            (),
            ("lambdas/docs:container_test", "lambdas/authorizer:container_test"),
            ("src/*", "lambdas/docs/handler_test.py:tests"),
            chain="timeout",
        ),
    ),
)

# Such a state has no document, so that nothing else can be told of it.
BROKEN = tuple(
    Together(name, (Scenario(name, edit, ALL, everything="has no document"),))
    for name, edit in (
        (
            "a state in which Pants cannot be installed: its lock names a version that is nowhere",
            bump("pyyaml", PANTS),
        ),
        (
            "a state in which Pants cannot start: a module of a plugin is gone",
            delete(f"{PLUGINS}/oci/assemble/layer.py"),
        ),
    )
)

SETTINGS = (LITTLE, ALL_TESTS, MAKERS, *BROKEN)
