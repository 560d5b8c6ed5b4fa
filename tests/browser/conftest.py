"""Chromium as the system has it, driven through its own driver; where it is not installed, tests are skipped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

_WIDTH, _HEIGHT = 1280, 900


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A browser without a profile that notes every request it makes."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("no Chromium with its driver (on Debian: apt-get install chromium chromium-driver)")
    options = ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    profile = tmp_path_factory.mktemp("profile")
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(word)
    for word in (f"--user-data-dir={profile}", f"--window-size={_WIDTH},{_HEIGHT}", "--force-device-scale-factor=1"):
        options.add_argument(word)
    with Chrome(options=options, service=Service(driver)) as running:
        yield running


def theme(browser: Chrome, name: str) -> None:
    """The reader prefers `light` or `dark`."""
    features = [{"name": "prefers-color-scheme", "value": name}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def requests(browser: Chrome) -> list[str]:
    """The addresses that were asked for since the last call."""
    messages = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))  # type: ignore[no-untyped-call]
    return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


def complaints(browser: Chrome) -> list[str]:
    """What the browser wrote to its console since the last call: scripts that failed, content that was refused."""
    return [entry["message"] for entry in browser.get_log("browser")]  # type: ignore[no-untyped-call]


def picture(browser: Chrome, target: Path) -> Path:
    """A screenshot of the whole page, however long it is."""
    from base64 import b64decode

    answer = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
    target.write_bytes(b64decode(answer["data"]))
    return target
