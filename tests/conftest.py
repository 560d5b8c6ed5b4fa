"""What all tests share: Hypothesis profiles, and the mail that the project started from, if it can be found.

`ci`, the default, draws the same examples every time and skips tests marked `deep`; HYPOTHESIS_PROFILE=deep draws new
examples for a long time and skips nothing. MODALLOC_TEST_MAIL names the mail's file; without it, a `seed/mail.txt` in a
folder beside the checkout is taken.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

os.environ["MODALLOC_CACHE"] = "off"  # each test decides anew

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


def find_mail() -> Path | None:
    """The mail's file: see the module's docstring."""
    named = os.environ.get("MODALLOC_TEST_MAIL")
    candidates = [Path(named)] if named else sorted(ROOT.parent.glob("*/seed/mail.txt"))
    return next((file for file in candidates if file.is_file()), None)


@pytest.fixture(scope="session")
def mail() -> Path:
    """The mail of December 2022 in which struct mod_alloc_type was proposed."""
    found = find_mail()
    if found is None:
        pytest.skip("the mail of December 2022 is not beside this checkout")
    return found


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT
