from __future__ import annotations

import pytest

from tests.report import samples


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """The project that the samples point into, as the current directory, on no code host."""
    for name, source in samples.SOURCES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    return tmp_path
