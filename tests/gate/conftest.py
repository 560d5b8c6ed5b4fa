"""A repository for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gate.repositories import LEGACY, Repository


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test has decided no other decides again: what is kept is found by its content alone."""
    monkeypatch.setenv("MODALLOC_CACHE", str(tmp_path_factory.getbasetemp() / "verdicts"))


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
