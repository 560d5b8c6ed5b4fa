"""A repository for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gate.repositories import LEGACY, Repository


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is decided is kept in the test's own folder."""
    monkeypatch.setenv("MODALLOC_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty one."""
    return Repository(tmp_path / "repository")


@pytest.fixture
def legacy(repository: Repository) -> Repository:
    """One with a table that is proved."""
    repository.write("tables/legacy.c", LEGACY)
    repository.commit()
    return repository
