from __future__ import annotations

import hashlib
import io
import os
from textwrap import dedent

import pytest
from pants.backend.docker.target_types import DockerImageTarget
from pants.backend.python import target_types_rules
from pants.backend.python.dependency_inference import rules as inference_rules
from pants.backend.python.target_types import (
    PythonRequirementTarget,
    PythonSourcesGeneratorTarget,
    PythonSourceTarget,
)
from pants.core.target_types import (
    FilesGeneratorTarget,
    FileSourceField,
    FileTarget,
    ResourcesGeneratorTarget,
    ResourceTarget,
)
from pants.core.target_types import rules as core_target_types_rules
from pants.core.util_rules import source_files
from pants.engine.addresses import Address
from pants.engine.fs import DigestContents
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import HydratedSources, HydrateSourcesRequest
from pants.source import source_root
from pants.testutil.rule_runner import RuleRunner

from plinth.archive.tar import FILE, read_tar
from plinth.layers.target_types import PythonLayerSourcesField, PythonLayerTarget
from plinth.layers.testing import repository as testing
from plinth.layers.util_rules import clash, content, layer, lock, runtime
from plinth.layers.util_rules.content import LayerContent, LayerContentRequest

HASH = "--hash=sha256:" + "0" * 64
LOCK = f"""\
boto3==1.44.5 {HASH}
    # via -r 3rdparty/requirements.in
botocore==1.44.5 {HASH}
    # via boto3
pyarrow==26.0.1 {HASH}
    # via -r 3rdparty/requirements.in
six==1.17.0 {HASH}
    # via botocore
"""
REPOSITORY = {
    "3rdparty/BUILD": "\n".join(
        f"python_requirement(name='{name}', requirements=[{requirement!r}])"
        for name, requirement in {
            "boto3": "boto3>=1.40",
            "pyarrow": "PyArrow",
            "colorama": "colorama ; sys_platform == 'win32'",
            "pandas": "pandas",
        }.items()
    ),
    "3rdparty/requirements.txt": LOCK,
    "src/library/BUILD": "python_sources()\nresources(name='data', sources=['*.sql'])\n",
    "src/library/aws.py": "import boto3\n",
    "src/library/names.py": "NAME = 1\n",
    "src/library/query.sql": "select 1\n",
    "base/BUILD": dedent(
        """\
        python_layer(
            name="third_party",
            content=["third_party"],
            path="/opt/python",
            dependencies=["3rdparty:boto3"],
        )
        python_layer(
            name="library",
            content=["first_party"],
            path="/opt/python",
            dependencies=["src/library"],
        )
        docker_image(
            name="image",
            instructions=["FROM scratch"],
            dependencies=[":third_party", ":library"],
        )
        """
    ),
    "lambdas/orders/BUILD": dedent(
        """\
        python_sources(name="sources", dependencies=["src/library:data"])
        python_layer(name="layer", less=["base:image"], dependencies=[":sources"])
        python_layer(name="whole", dependencies=[":sources"])
        """
    ),
    "lambdas/orders/handler.py": (
        "import colorama\nimport pyarrow\nfrom library import aws\nfrom orders import rules\n"
    ),
    "lambdas/orders/rules.py": "LIMIT = 3\n",
}


@pytest.fixture
def runner() -> RuleRunner:
    runner = RuleRunner(
        rules=[
            *core_target_types_rules(),
            *target_types_rules.rules(),
            *inference_rules.rules(),
            *source_files.rules(),
            *source_root.rules(),
            *(
                rule
                for module in (clash, content, layer, lock, runtime, testing)
                for rule in module.rules()
            ),
            QueryRule(HydratedSources, [HydrateSourcesRequest]),
            QueryRule(LayerContent, [LayerContentRequest]),
        ],
        target_types=[
            DockerImageTarget,
            FilesGeneratorTarget,
            FileTarget,
            PythonLayerTarget,
            PythonRequirementTarget,
            PythonSourcesGeneratorTarget,
            PythonSourceTarget,
            ResourcesGeneratorTarget,
            ResourceTarget,
        ],
    )
    runner.set_options(
        [
            "--source-root-patterns=['src', 'lambdas']",
            "--python-enable-resolves",
            "--python-resolves={'python-default': '3rdparty/requirements.txt', "
            "'other': 'other.txt'}",
            "--python-infer-use-rust-parser",
        ],
        env_inherit={"PATH", "PYENV_ROOT", "HOME"},
    )
    runner.write_files(REPOSITORY)
    return runner


def content_of(runner: RuleRunner, spec: str) -> tuple[list[str], list[str]]:
    """The paths and the projects in a layer."""
    target = runner.get_target(parsed(spec))
    found = runner.request(LayerContent, [LayerContentRequest(target)])
    return [file.path for file in found.first_party], [d.name for d in found.distributions]


def parsed(spec: str) -> Address:
    path, _, name = spec.partition(":")
    return Address(path, target_name=name)


def tar_of(runner: RuleRunner, spec: str) -> bytes:
    target = runner.get_target(parsed(spec))
    sources = runner.request(
        HydratedSources,
        [
            HydrateSourcesRequest(
                target[PythonLayerSourcesField],
                for_sources_types=[FileSourceField],
                enable_codegen=True,
            )
        ],
    )
    (file,) = runner.request(DigestContents, [sources.snapshot.digest])
    assert file.path == spec.replace(":", "/") + ".tar"
    return file.content


def paths_in(tar: bytes) -> list[str]:
    return [entry.path for entry in read_tar(io.BytesIO(tar)) if entry.kind == FILE]


def without_compiled(paths: list[str]) -> list[str]:
    return [path for path in paths if "__pycache__" not in path]


def refused(runner: RuleRunner, spec: str) -> str:
    with pytest.raises(ExecutionError) as failed:
        tar_of(runner, spec)
    return str(failed.value)


def test_a_layer_holds_what_its_code_needs_less_what_the_base_carries(runner: RuleRunner) -> None:
    whole = ["library/aws.py", "library/query.sql", "orders/handler.py", "orders/rules.py"]
    assert content_of(runner, "lambdas/orders:whole") == (
        whole,
        ["boto3", "botocore", "pyarrow", "six"],
    )
    # The base's library does not hold the data, so the lambda brings it.
    assert content_of(runner, "lambdas/orders:layer") == (
        ["library/query.sql", "orders/handler.py", "orders/rules.py"],
        ["pyarrow"],
    )
    assert content_of(runner, "base:library") == (["library/aws.py", "library/names.py"], [])
    assert content_of(runner, "base:third_party") == ([], ["boto3", "botocore", "six"])


def test_the_tar_holds_files_packages_and_compiled_code(runner: RuleRunner) -> None:
    tar = tar_of(runner, "lambdas/orders:layer")
    assert without_compiled(paths_in(tar)) == [
        "var/task/library/query.sql",
        "var/task/orders/handler.py",
        "var/task/orders/rules.py",
        "var/task/pyarrow/__init__.py",
    ]
    compiled = [
        path.split("/")[-1].split(".")[0] for path in paths_in(tar) if path.endswith(".pyc")
    ]
    assert compiled == ["handler", "rules"]
    assert (
        hashlib.sha256(tar).digest()
        == hashlib.sha256(tar_of(runner, "lambdas/orders:layer")).digest()
    )


def test_a_module_that_moves_into_the_library_needs_no_edit_of_a_build_file(
    runner: RuleRunner,
) -> None:
    runner.write_files({"src/library/rules.py": REPOSITORY["lambdas/orders/rules.py"]})
    os.remove(os.path.join(runner.build_root, "lambdas/orders/rules.py"))
    runner.write_files(
        {"lambdas/orders/handler.py": "import pyarrow\nfrom library import aws, rules\n"}
    )
    assert content_of(runner, "base:library")[0] == [
        "library/aws.py",
        "library/names.py",
        "library/rules.py",
    ]
    assert content_of(runner, "lambdas/orders:layer")[0] == [
        "library/query.sql",
        "orders/handler.py",
    ]


def test_a_layer_without_content_is_an_empty_tar(runner: RuleRunner) -> None:
    runner.write_files(
        {
            "lambdas/small/BUILD": "python_sources(name='s')\n"
            "python_layer(name='layer', content=['third_party'], less=['base:image'], "
            "dependencies=[':s'])\n",
            "lambdas/small/handler.py": "import boto3\n",
        }
    )
    assert paths_in(tar_of(runner, "lambdas/small:layer")) == []


def test_the_bytes_do_not_depend_on_how_the_build_files_are_written(runner: RuleRunner) -> None:
    before = tar_of(runner, "lambdas/orders:layer")
    runner.write_files(
        {
            "lambdas/orders/BUILD": "# moved about\n"
            "python_layer(name='layer', dependencies=[':sources'], path='/var/task', "
            "less=['//base:image'], content=['third_party', 'first_party'])\n"
            "python_sources(name='sources', dependencies=['src/library:data'])\n",
            "3rdparty/requirements.txt": "# again\n" + LOCK.replace("    # via", "# via"),
        }
    )
    assert tar_of(runner, "lambdas/orders:layer") == before


def test_a_requirement_that_the_lock_lacks_is_an_error(runner: RuleRunner) -> None:
    runner.write_files({"lambdas/orders/rules.py": "import pandas\n"})
    said = refused(runner, "lambdas/orders:layer")
    assert (
        "A `python_layer` needs 3rdparty:pandas:\n3rdparty/requirements.txt: pandas is not locked. "
        "Add it to the lock's .in file and run `make lock`."
    ) in said


def test_a_lock_that_cannot_be_relied_on_is_an_error(runner: RuleRunner) -> None:
    runner.write_files({"3rdparty/requirements.txt": LOCK.replace(f" {HASH}", "", 1)})
    assert "3rdparty/requirements.txt:1: boto3 has no hash" in refused(runner, "base:third_party")


def test_two_files_at_one_path_are_an_error(runner: RuleRunner) -> None:
    runner.write_files(
        {
            "lambdas/library/BUILD": "python_sources()\n",
            "lambdas/library/aws.py": "import pyarrow\n",
            "lambdas/orders/BUILD": "python_sources(name='sources')\n"
            "python_layer(name='layer', dependencies=[':sources', 'src/library', "
            "'lambdas/library'])",
        }
    )
    said = refused(runner, "lambdas/orders:layer")
    assert "lambdas/library/aws.py and src/library/aws.py would both be library/aws.py" in said


def test_a_file_that_differs_from_the_bases_is_an_error(runner: RuleRunner) -> None:
    runner.write_files(
        {
            "lambdas/library/BUILD": "python_sources()\n",
            "lambdas/library/aws.py": "import pyarrow\n",
            "lambdas/orders/handler.py": "",
            "lambdas/orders/BUILD": "python_layer(name='layer', less=['base:image'], "
            "dependencies=['lambdas/library'])",
        }
    )
    said = refused(runner, "lambdas/orders:layer")
    assert (
        "library/aws.py: lambdas/library/aws.py here, src/library/aws.py in what is below"
    ) in said


def test_a_module_that_hides_a_package_of_the_base_is_an_error(runner: RuleRunner) -> None:
    runner.write_files(
        {
            "lambdas/six.py": "",
            "lambdas/BUILD": "python_sources(name='six')\n"
            "python_layer(name='layer', less=['base:image'], dependencies=[':six'])",
        }
    )
    said = refused(runner, "lambdas:layer")
    assert "six.py: in the code of lambdas:layer and the packages of base:third_party" in said


def test_a_package_that_is_split_between_base_and_lambda_is_an_error(runner: RuleRunner) -> None:
    runner.write_files(
        {
            "src/library/__init__.py": "VERSION = 1\n",
            "lambdas/library/BUILD": "python_sources()\n"
            "python_layer(name='layer', less=['base:image'], dependencies=[':library'])",
            "lambdas/library/more.py": "",
        }
    )
    said = refused(runner, "lambdas/library:layer")
    assert "library/: the code of base:library has library/__init__.py" in said


def test_another_version_than_the_bases_is_an_error(runner: RuleRunner) -> None:
    runner.write_files(
        {
            "other.txt": LOCK.replace("1.17.0", "1.16.0"),
            "lambdas/other/BUILD": "python_requirement(name='boto3', requirements=['boto3'], "
            "resolve='other')\n"
            "python_layer(name='layer', less=['base:image'], dependencies=[':boto3'])",
        }
    )
    said = refused(runner, "lambdas/other:layer")
    assert "six: 1.16.0 from other.txt here, 1.17.0 from 3rdparty/requirements.txt in" in said
    assert content_of(runner, "lambdas/other:layer") == ([], ["six"])


def test_requirements_of_two_resolves_are_an_error(runner: RuleRunner) -> None:
    runner.write_files(
        {
            "other.txt": LOCK,
            "lambdas/other/BUILD": "python_requirement(name='six', requirements=['six'], "
            "resolve='other')\n"
            "python_layer(name='layer', dependencies=[':six', '3rdparty:boto3'])",
        }
    )
    assert "requirements of several resolves" in refused(runner, "lambdas/other:layer")


def test_an_edge_that_the_lock_does_not_tell_is_an_error(runner: RuleRunner) -> None:
    lock_text = LOCK.replace("    # via boto3\n", "    # via pyarrow\n")
    runner.write_files({"3rdparty/requirements.txt": lock_text})
    said = refused(runner, "base:third_party")
    assert "boto3: botocore is required and locked, but 3rdparty/requirements.txt does not" in said


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (
            "files(name='f', sources=['*.csv'])\npython_layer(name='layer', dependencies=[':f'])",
            "lambdas/odd/data.csv:f is a `file` target, and a `python_layer` needs it.",
        ),
        (
            "python_layer(name='below')\npython_layer(name='layer', dependencies=[':below'])",
            "lambdas/odd:below is a layer, and another `python_layer` depends on it.",
        ),
        (
            "docker_image(name='i', instructions=['FROM scratch'], dependencies=[':layer'])\n"
            "python_layer(name='layer', less=[':i'])",
            "dependency graph contained a cycle",
        ),
        ("python_layer(name='layer', path='var/task')", "must be an absolute folder"),
        ("python_layer(name='layer', path='/')", "must be an absolute folder"),
        ("python_layer(name='layer', path='/a/../b')", "must be an absolute folder"),
        (
            "python_layer(name='layer', content=['both'])",
            "must be one of ['first_party', 'third_party']",
        ),
        ("python_layer(name='layer', interpreter=['a', 'b'])", "names one target, not 2"),
    ],
)
def test_what_no_layer_can_be_made_of_is_an_error(
    runner: RuleRunner, build: str, said: str
) -> None:
    runner.write_files({"lambdas/odd/BUILD": build, "lambdas/odd/data.csv": "1,2\n"})
    assert said in refused(runner, "lambdas/odd:layer")


def test_code_that_does_not_compile_is_named(
    runner: RuleRunner, caplog: pytest.LogCaptureFixture
) -> None:
    runner.write_files({"src/library/query.sql": "", "src/library/template.py": "print 'x'\n"})
    tar = tar_of(runner, "base:library")
    assert "opt/python/library/template.py" in paths_in(tar)
    assert "base:library: opt/python/library/template.py: SyntaxError" in caplog.text


def with_handler(runner: RuleRunner, name: str, **files: str) -> None:
    """The layer of the lambda, with that handler."""
    build = (
        REPOSITORY["lambdas/orders/BUILD"]
        .replace("'layer', ", f"'layer', handler={name!r}, ")
        .replace('"layer", ', f'"layer", handler={name!r}, ')
    )
    written = {f"lambdas/orders/{module}.py": text for module, text in files.items()}
    runner.write_files({"lambdas/orders/BUILD": build, **written})


@pytest.mark.parametrize("handler", ["orders.handler:main", "library.names:NAME"])
def test_a_handler_may_be_the_lambda_s_or_the_base_s(runner: RuleRunner, handler: str) -> None:
    with_handler(runner, handler, handler="from library import names\ndef main(): pass\n")
    assert "var/task/orders/handler.py" in paths_in(tar_of(runner, "lambdas/orders:layer"))


@pytest.mark.parametrize(
    ("handler", "source", "says"),
    [
        (
            "orders.handler:mian",
            "def main(): pass\n",
            "has no `mian`. Did you mean `main`",
        ),
        ("orders.handlr:main", "def main(): pass\n", "Did you mean `orders.handler:main`?"),
        ("orders/handler.main", "def main(): pass\n", "Did you mean 'orders.handler:main'?"),
        ("orders.handler:main", "def main(:\n", "lambdas/orders/handler.py:1: "),
    ],
)
def test_a_handler_that_is_not_there_is_an_error_that_names_the_build_file(
    runner: RuleRunner, handler: str, source: str, says: str
) -> None:
    with_handler(runner, handler, handler=source)
    said = refused(runner, "lambdas/orders:layer")
    assert f"lambdas/orders/BUILD: handler={handler!r}: " in said
    assert says in said


def test_other_code_of_a_lambda_must_compile_too(runner: RuleRunner) -> None:
    with_handler(runner, "orders.handler:main", handler="def main(): pass\n", rules="print 'x'\n")
    assert "cannot compile var/task/orders/rules.py: SyntaxError" in refused(
        runner, "lambdas/orders:layer"
    )
