"""What all tests share: Hypothesis profiles, and the mail that the project started from, where it is at hand.

`ci`, the default, draws the same examples every time and leaves out what is marked `deep`; with HYPOTHESIS_PROFILE=deep
everything is drawn afresh and for long, and nothing is left out.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
MAIL = ROOT.parent / "shared" / "seed" / "mail.txt"

os.environ["MODALLOC_CACHE"] = "off"  # a test decides for itself

settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "deep", max_examples=5000, stateful_step_count=200, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci")
settings.load_profile(PROFILE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests run under the profile for long runs."""
    if PROFILE != "deep":
        leave_out = pytest.mark.skip(reason="runs in `make deep`")
        for item in items:
            if "deep" in item.keywords:
                item.add_marker(leave_out)


@pytest.fixture(scope="session")
def mail() -> Path:
    """The mail of December 2022 in which struct mod_alloc_type was proposed."""
    if not MAIL.is_file():
        pytest.skip("the mail of December 2022 is not beside this checkout")
    return MAIL


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT
