from __future__ import annotations

import pytest

from ingestion import settings
from ingestion.errors import MissingSetting


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_setting_is_named(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATA_BUCKET", raising=False)
    if value is not None:
        monkeypatch.setenv("DATA_BUCKET", value)
    with pytest.raises(MissingSetting, match="DATA_BUCKET is not set; it is the bucket of raw"):
        settings.data_bucket()


def test_a_setting_is_read_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_BUCKET", "one")
    assert settings.data_bucket() == "one"
    monkeypatch.setenv("DATA_BUCKET", "two")
    assert settings.data_bucket() == "two"
