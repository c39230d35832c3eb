"""Rules that stand in, in tests, for what needs the network or Pants' PEX machinery."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable

from pants.engine.fs import CreateDigest, Digest, FileContent, MergeDigests
from pants.engine.process import Process
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict

from plinth.archive import interpreter
from plinth.archive.tar import Entry, with_parents, write_tar
from plinth.archive.util_rules.builder import BuilderProcess, source_files
from plinth.debian.util_rules.root import DebianRoot, DebianRootRequest
from plinth.layers.compiled import Report
from plinth.layers.util_rules.content import LayerContent, LayerContentRequest
from plinth.layers.util_rules.third_party import THIRD_PARTY_TAR, ThirdParty, ThirdPartyRequest

# What the packages that tests lock would put into a layer, and what they say they require.
PACKAGES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "boto3": (("boto3/__init__.py",), ("botocore<2", "urllib3 ; extra == 'crt'")),
    "botocore": (("botocore/__init__.py", "botocore/data/s3.json"), ()),
    "pyarrow": (("pyarrow/__init__.py",), ()),
    "six": (("six.py",), ()),
}


@rule
async def run_with_this_python(request: BuilderProcess) -> Process:
    """The module under the Python of the tests, which is to count as the runtime's."""
    main = f"from plinth.archive import interpreter as i; i.VERSION = {sys.version_info[:2]!r}\n"
    main += f"import runpy; runpy.run_module({request.module!r}, run_name='__main__')\n"
    sources = await Get(
        Digest,
        CreateDigest(
            [
                *source_files(request.module, interpreter.__name__),
                FileContent("main.py", main.encode()),
            ]
        ),
    )
    return Process(
        argv=(sys.executable, "-B", "main.py", *request.argv),
        input_digest=await Get(Digest, MergeDigests((sources, request.input_digest))),
        immutable_input_digests=request.immutable_inputs,
        output_files=request.output_files,
        output_directories=request.output_directories,
        env=FrozenDict({"PYTHONPATH": "."}),
        cache_scope=request.cache_scope,
        description=request.description,
    )


@rule
async def no_debian_root(request: DebianRootRequest) -> DebianRoot:
    raise AssertionError(f"{request.target.address}: tests compile with their own Python")


@rule
async def pretend_to_install(request: ThirdPartyRequest) -> ThirdParty:
    content = await Get(LayerContent, LayerContentRequest(request.target))
    files = sorted(path for d in content.distributions for path in PACKAGES[d.name][0])
    tar = io.BytesIO()
    write_tar(with_parents(Entry(f"{content.path[1:]}/{path}") for path in files), tar)
    digest = await Get(Digest, CreateDigest([FileContent(THIRD_PARTY_TAR, tar.getvalue())]))
    requires = tuple((d.name, PACKAGES[d.name][1]) for d in content.distributions)
    return ThirdParty(digest, Report(files=tuple(files), requires=requires))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
