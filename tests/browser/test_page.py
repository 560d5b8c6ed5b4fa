"""The page of `verify --html` in a browser: what is seen, clicked and pressed, against `--format json`.

Without it, the page could be complete, and nothing in it be seen or clicked.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from modalloc_model import addresses
from tests.browser.conftest import complaints, picture, requests, theme
from tests.cli.running import LEGACY, modalloc

STRICT = "spec/params/mail-strict-separation.c"
PNG = b"\x89PNG\r\n"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The page of the mail's strict separation, and the document of the same call."""
    target = tmp_path_factory.mktemp("page") / "v.html"
    finished = modalloc("verify", STRICT, "--format", "json", "--html", target)
    return target, json.loads(finished.stdout)["tables"][0]


@pytest.fixture
def opened(browser: Chrome, written: tuple[Path, dict[str, Any]]) -> Chrome:
    """The browser, with the page just opened."""
    requests(browser), complaints(browser)
    browser.get(written[0].as_uri())
    return browser


def one(parent: Chrome | WebElement, selector: str) -> WebElement:
    return parent.find_element(By.CSS_SELECTOR, selector)


def many(parent: Chrome | WebElement, selector: str) -> list[WebElement]:
    return parent.find_elements(By.CSS_SELECTOR, selector)


def film_of(browser: Chrome, result: dict[str, Any]) -> WebElement:
    """The film of a result, unfolded where it is folded."""
    label = f"Counterexample: {result['rule']} {result['subject']} "
    browser.execute_script("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    return one(browser, f'.film[aria-label^="{label}"]')


def with_steps(table: dict[str, Any]) -> list[dict[str, Any]]:
    return [r for r in table["results"] if r["counterexample"] and r["counterexample"]["steps"]]


def shown(film: WebElement) -> WebElement:
    """The one frame that is to be seen."""
    (frame,) = [frame for frame in many(film, ".frame") if frame.is_displayed()]
    return frame


def told(step: dict[str, Any]) -> list[str]:
    """What has to be read where a step of the document is shown."""
    if step["op"] != "load":
        return [f"{step['op']} of {step['module']}"]
    asked = [f"{s['section']} {addresses.size(s['size'])}" for s in step["sections"]]
    return [f"load {step['module']}: ", *asked]


# -- what is fetched, and what is refused ----------------------------------------------------------------------------


def test_nothing_is_fetched_but_the_page_itself(opened: Chrome, written: tuple[Path, dict[str, Any]]) -> None:
    assert requests(opened) == [written[0].as_uri()]


def test_the_browser_has_nothing_to_complain_of(opened: Chrome) -> None:
    assert complaints(opened) == []


def test_a_script_that_is_not_the_page_s_own_does_not_run(
    browser: Chrome, written: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign.html"
    text = written[0].read_text(encoding="utf-8")
    foreign.write_text(text.replace("</main>", "</main><script>document.title = 'taken'</script>"), encoding="utf-8")
    complaints(browser)
    browser.get(foreign.as_uri())
    assert browser.title.startswith("modalloc: ")
    assert any("Content Security Policy" in said for said in complaints(browser))


# -- verdicts --------------------------------------------------------------------------------------------------------


_CELLS = """
const rows = [...document.querySelectorAll(".rules tr:has(td)")];
return rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim()));
"""
"""The table of rules, a list a row."""


def test_every_result_of_the_document_is_in_the_table_of_rules(
    opened: Chrome, written: tuple[Path, dict[str, Any]]
) -> None:
    rows = opened.execute_script(_CELLS)
    for result in written[1]["results"]:
        alike = [row for row in rows if row[0] == result["rule"] and result["subject"] in row[5].split(", ")]
        word = result["verdict"].replace("-", " ")
        word = result["severity"] if word == "refuted" and result["severity"] != "error" else word
        assert [row[3].split(maxsplit=1)[1] for row in alike] == [word], result


def test_the_lines_of_the_document_are_marked_and_lead_to_what_is_wrong_there(
    opened: Chrome, written: tuple[Path, dict[str, Any]]
) -> None:
    refuted = [r for r in written[1]["results"] if r["verdict"] == "refuted"]
    blamed = {int(one(row, "th").text): row for row in many(opened, "tr.blamed")}
    assert set(blamed) == {r["location"]["line"] for r in refuted}
    for result in refuted:
        link = one(blamed[result["location"]["line"]], "a[href]:nth-of-type(1)")
        assert any(
            f"{result['rule']} {result['subject']}" in a.text for a in many(blamed[result["location"]["line"]], "a")
        )
    link.click()
    assert one(opened, ":target").is_displayed()


# -- films -----------------------------------------------------------------------------------------------------------


def test_each_film_goes_through_the_steps_of_the_document(opened: Chrome, written: tuple[Path, dict[str, Any]]) -> None:
    results = with_steps(written[1])
    assert len(results) == len(many(opened, ".film")) > 0
    for result in results:
        film, steps = film_of(opened, result), result["counterexample"]["steps"]
        for number, step in enumerate(steps, 1):
            one(film, ".next").click()
            now = one(film, ".now").text
            assert now.startswith(f"step {number} of {len(steps)}: ")
            assert all(words in now for words in told(step))
        assert result["counterexample"]["violation"] in shown(film).text


def test_previous_goes_back_and_both_buttons_stop_at_the_ends(
    opened: Chrome, written: tuple[Path, dict[str, Any]]
) -> None:
    film = film_of(opened, with_steps(written[1])[0])
    previous, following, now = (one(film, name) for name in (".previous", ".next", ".now"))
    assert (previous.get_attribute("aria-disabled"), now.text) == ("true", "before the first step")
    previous.click()
    assert now.text == "before the first step"
    for _ in range(5):
        following.click()
    assert (following.get_attribute("aria-disabled"), now.text) == ("true", "step 3 of 3: unload of A")
    previous.click()
    assert now.text == "step 2 of 3: finish_init of A"


def test_the_slider_shows_the_step_that_it_stands_at_and_says_which(
    opened: Chrome, written: tuple[Path, dict[str, Any]]
) -> None:
    film = film_of(opened, with_steps(written[1])[0])
    slider = one(film, ".slider")
    opened.execute_script("arguments[0].value = 2; arguments[0].dispatchEvent(new Event('input'))", slider)
    assert one(film, ".now").text == slider.get_attribute("aria-valuetext") == "step 2 of 3: finish_init of A"
    assert shown(film).get_attribute("data-title") == "step 2 of 3: finish_init of A"


def test_the_keyboard_alone_is_enough(opened: Chrome, written: tuple[Path, dict[str, Any]]) -> None:
    film = film_of(opened, with_steps(written[1])[0])
    slider, following, now = (one(film, name) for name in (".slider", ".next", ".now"))
    slider.send_keys(Keys.ARROW_RIGHT)
    assert now.text.startswith("step 1 of 3")
    slider.send_keys(Keys.END)
    assert now.text.startswith("step 3 of 3")
    slider.send_keys(Keys.HOME, Keys.TAB)
    assert opened.switch_to.active_element == following
    opened.switch_to.active_element.send_keys(Keys.SPACE)
    assert now.text.startswith("step 1 of 3")
    outline = "const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]"
    assert opened.execute_script(outline) == ["solid", "3px"]


def test_the_first_thing_that_the_keyboard_reaches_leads_to_the_verdicts(opened: Chrome) -> None:
    one(opened, "body").send_keys(Keys.TAB)
    link = opened.switch_to.active_element
    assert link.text == "Skip to the verdicts"
    assert link.location["x"] >= 0
    link.send_keys(Keys.ENTER)
    assert opened.switch_to.active_element == one(opened, "main")


def test_what_a_step_changed_is_marked_in_its_picture(opened: Chrome, written: tuple[Path, dict[str, Any]]) -> None:
    film = film_of(opened, next(r for r in with_steps(written[1]) if r["rule"] == "ROI004"))
    marks = []
    for _ in range(4):
        marks.append({c for box in many(shown(film), ".m-box") for c in (box.get_attribute("class") or "").split()[2:]})
        one(film, ".next").click()
    assert marks == [set(), {"m-new"}, {"m-changed"}, {"m-gone", "m-fault"}]


def test_without_scripts_every_frame_is_there(browser: Chrome, written: tuple[Path, dict[str, Any]]) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(written[0].as_uri())
        film = one(browser, ".film")
        assert all(frame.is_displayed() for frame in many(film, ".frame"))
        assert not one(film, ".controls").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


# -- how it looks ----------------------------------------------------------------------------------------------------

_OVERLAPS = """
const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
  && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
const found = [];
for (const svg of document.querySelectorAll("svg:not(.patterns)")) {
  const texts = [...svg.querySelectorAll("text")].map((t) => [t.textContent, t.getBoundingClientRect()]);
  const edge = svg.getBoundingClientRect();
  texts.forEach(([text, box], n) => {
    if (box.width === 0) return;
    if (box.right > edge.right + 1 || box.bottom > edge.bottom + 1) found.push(`${text} leaves the picture`);
    for (const [other, there] of texts.slice(n + 1)) if (meet(box, there)) found.push(`${text} over ${other}`);
  });
}
return found;
"""
"""Labels that overlap, or leave their picture."""


def test_no_label_of_any_picture_overlaps_another(opened: Chrome) -> None:
    opened.execute_script("document.querySelectorAll('.frame').forEach((f) => { f.hidden = false; })")
    assert many(opened, "svg text")
    assert opened.execute_script(_OVERLAPS) == []


@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_is_as_wide_as_the_window_and_no_wider(opened: Chrome, width: int) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        assert opened.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_light_and_dark_are_two_looks(opened: Chrome, tmp_path: Path) -> None:
    grounds, pictures = set(), []
    for name in ("light", "dark"):
        theme(opened, name)
        grounds.add(opened.execute_script("return getComputedStyle(document.body).backgroundColor"))
        pictures.append(picture(opened, tmp_path / f"{name}.png").read_bytes())
    assert len(grounds) == 2
    assert all(taken.startswith(PNG) for taken in pictures)
    assert pictures[0] != pictures[1]


# -- hostile input ---------------------------------------------------------------------------------------------------


def test_markup_in_a_table_stays_text(browser: Chrome, tmp_path: Path) -> None:
    comment = "/* </code></table><script>document.title='taken'</script><img src=http://example.invalid/x> \u202egnp */"
    table = tmp_path / "<b>bold & 'quoted'.c"
    table.write_text(LEGACY.replace("PAGE_KERNEL_EXEC,", f"PAGE_KERNEL_ROX, {comment}"), encoding="utf-8")
    target = tmp_path / "v.html"
    modalloc("verify", table, "--arch", "x86_64", "--select", "PRT001", "--html", target)
    requests(browser), complaints(browser)
    browser.get(target.as_uri())
    assert requests(browser) == [target.as_uri()]
    assert complaints(browser) == []
    assert browser.title.startswith("modalloc: <b>bold & 'quoted':legacy refuted")
    assert "</code></table><script>" in one(browser, ".source").text
    assert r"\u202egnp" in one(browser, ".source").text
