"""Cold start and tests both pay for what a module does at import, so none does anything."""

from __future__ import annotations

from pathlib import Path

import pytest

import ingestion
from ingestion_testing import imports

MODULES = sorted(
    path.stem
    for path in Path(ingestion.__file__).parent.glob("*.py")
    if not path.stem.endswith("_test") and path.stem not in ("__init__", "conftest")
)
NEED_PYARROW = {"arrow_schema", "csv_casts", "csv_files", "csv_problems", "curated"}
LIGHT = {
    "aws",
    "column_types",
    "errors",
    "functions",
    "loads",
    "names",
    "objects",
    "observability",
    "settings",
}


def test_the_modules_are_there() -> None:
    assert set(MODULES) >= NEED_PYARROW | LIGHT


@pytest.mark.parametrize("module", MODULES)
def test_importing_a_module_only_imports(module: str) -> None:
    loaded = imports.loaded_by(f"ingestion.{module}")
    assert ("pyarrow" in loaded) == (module in NEED_PYARROW)
    assert "boto3" not in loaded
    if module in LIGHT:
        assert "pydantic" not in loaded


def test_what_is_done_at_import_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name, line, found in (
        ("reads", "from ingestion import settings; settings.service_name()", "AWS_LAMBDA_FUN"),
        ("logs", "from ingestion import observability; observability.logger()", "log handler"),
        ("connects", "from ingestion import aws; aws.client('s3')", "made a client"),
    ):
        (tmp_path / f"{name}.py").write_text(line)
        with pytest.raises(Exception, match=found):
            imports.loaded_by(name)
