"""The page of `verify --html`: complete, harmless, and the same each time.

Without it, the page could leave out a verdict, or run what a table has written.

Without it we would miss a page that loads something, or changes from call to call.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from modalloc_model.params import Assumptions, Location
from modalloc_model.report.harmless import visible
from modalloc_model.report.html.page import render
from modalloc_model.report.html.views import mapto
from modalloc_model.report.presentation import Expectation, Presentation
from modalloc_model.verdict import Problem, TableReport, Verdict
from tests.cli.running import modalloc
from tests.report import hostile as harm
from tests.report.handmade import BOOT, PAGES, SOURCE, presentation, proved_report, refuted_report, result, table

STRICT = "spec/params/mail-strict-separation.c"
VOID = {"meta", "input", "br", "link", "img", "hr"}


class Outline(HTMLParser):
    """Elements with their attributes and text; complains of what is not closed in the order in which it was opened."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.text += [" "] if tag in ("td", "th", "p", "li") else []

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def said(self) -> str:
        return " ".join("".join(self.text).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(shown: Presentation, boots: dict[int, dict[str, int]] | None = None) -> str:
    return render(shown, {0: BOOT} if boots is None else boots)


REFUTED = page(presentation(refuted_report(), solvers={"z3": "4.13"}))


def test_the_page_has_the_same_bytes_each_time() -> None:
    assert page(presentation(refuted_report(), solvers={"z3": "4.13"})) == REFUTED


def test_every_element_is_closed_and_no_identifier_is_there_twice() -> None:
    outline = Outline(REFUTED)
    assert outline.open == []
    identifiers = [a["id"] for _, a in outline.elements if "id" in a]
    assert len(identifiers) == len(set(identifiers))


def test_every_reference_names_something_in_the_page() -> None:
    outline = Outline(REFUTED)
    identifiers = {a.get("id") for _, a in outline.elements}
    named = {a["href"].removeprefix("#") for a in outline.all("a") if a.get("href")}  # type: ignore[union-attr]
    for _, attributes in outline.elements:
        named |= set((attributes.get("aria-labelledby") or "").split())
    assert named <= identifiers


def test_the_page_names_nothing_that_could_be_fetched() -> None:
    outline = Outline(REFUTED)
    assert not [a for _, a in outline.elements if {"src", "srcset", "action", "data", "poster"} & a.keys()]
    assert all((a["href"] or "").startswith("#") for _, a in outline.elements if "href" in a)
    assert not re.search(r"@import|url\((?!#)", REFUTED)


def test_only_the_page_s_own_style_and_script_may_run() -> None:
    outline = Outline(REFUTED)
    policy = next(a["content"] for a in outline.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", REFUTED, re.DOTALL)
        assert f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'" in policy
    assert not [a for _, a in outline.elements if "style" in a or any(name.startswith("on") for name in a)]


def test_headings_go_down_one_level_at_a_time_and_there_is_one_main_part() -> None:
    outline = Outline(REFUTED)
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(outline.all("main")) == 1
    first_link = outline.all("a")[0]
    assert (first_link["class"], first_link["href"]) == ("skip", "#main")


def test_what_moves_is_labelled_and_what_it_comes_to_is_announced() -> None:
    outline = Outline(REFUTED)
    assert [a for a in outline.all("p") if a.get("aria-live") == "polite"]
    assert all(a.get("aria-label") for _, a in outline.elements if a.get("tabindex") == "0")
    assert all(a.get("scope") for a in outline.all("th"))


def test_a_verdict_has_a_sign_and_a_word() -> None:
    said = Outline(REFUTED).said
    for words in ("✗ refuted", "✓ proved", "? undecided", "∅ vacuous", "! warning"):
        assert words in said


def test_the_page_tells_assumptions_unknowns_values_and_what_it_rests_on() -> None:
    said = Outline(REFUTED).said
    assert "protect at-map" in said
    assert "kaslr_offset PAGE_SIZE * k, 1 <= k <= 16: 16 values" in said
    assert "size 0x1" in said
    assert "Decided here by z3 4.13" in said
    assert "Violated: fill() writes to a page that is r--" in said
    assert "Give fill." in said


def test_the_theorems_that_results_rest_on_are_told_with_what_they_assume() -> None:
    from modalloc_model.properties import RULES

    report = TableReport(table(), (result("OVL001", Verdict.PROVED), result("MAP001", Verdict.PROVED, method="direct")))
    said = Outline(page(replace(presentation(report), rules=dict(RULES)))).said
    told = said[said.index("They were not proved in this call") :]
    assert (
        f"OVL001 {RULES['OVL001'].title} {', '.join(('OVL001', *RULES['OVL001'].leans_on))}, and the machine's" in told
    )
    assert "MAP001" not in told


def test_lines_to_blame_are_marked_in_the_source_with_what_is_wrong() -> None:
    (blamed,) = re.findall(r'<tr class="blamed">(.*?)</tr>', REFUTED, re.DOTALL)
    assert "<mark>pgprot" in blamed or "<mark>.pgprot" in blamed
    said = Outline(blamed).said
    assert "PRT001 TEXT" in said
    assert "ALN003 TEXT" in said


def test_findings_that_do_not_bear_on_the_status_are_apart_unless_asked_to() -> None:
    usual, strict = (Outline(page(presentation(refuted_report(), strict=s))).said for s in (False, True))
    assert usual.index("Every rule") < usual.index("ALN003: granularity")
    assert strict.index("ALN003: granularity") < strict.index("Every rule")


def test_where_there_is_no_boot_the_page_says_so() -> None:
    assert "There is no boot in which to draw it." in page(presentation(proved_report()), {})


def test_where_the_source_is_not_at_hand_the_page_says_so() -> None:
    shown = presentation(proved_report())
    bare = replace(shown, decided=tuple(replace(d, text="") for d in shown.decided))
    assert "The text of the table is not at hand." in page(bare)


def test_expectations_and_doubts_are_told() -> None:
    shown = presentation(
        proved_report(), warnings=(Problem(Location("toy.c", 2), "odd", "that is odd", "look", "warning"),)
    )
    hoped = Expectation("refuted", ("PRT001",), "so", ("verdict is proved, not refuted",))
    said = Outline(page(replace(shown, decided=(replace(shown.decided[0], expectation=hoped),)))).said
    assert "toy.c:2: that is odd (look)" in said
    assert "It came out otherwise: verdict is proved, not refuted" in said


def test_several_tables_have_anchors_of_their_own() -> None:
    both = Outline(page(presentation(refuted_report(), refuted_report()), {0: BOOT, 1: BOOT}))
    identifiers = [a["id"] for _, a in both.elements if "id" in a]
    assert len(identifiers) == len(set(identifiers))


def test_cases_of_one_table_are_told_apart_by_what_they_assume() -> None:
    other = replace(refuted_report(), table=table(Assumptions(protect="after-fill", claims=("strict-rwx",))))
    said = Outline(page(presentation(refuted_report(), other), {0: BOOT, 1: BOOT})).said
    assert "toy:toy ✗ refuted toy:toy ✗ refuted protect=after-fill claims=strict-rwx" in said


# -- the graph -------------------------------------------------------------------------------------------------------


def test_the_graph_has_an_arrow_a_type_and_says_which_targets_nobody_follows() -> None:
    first, second = table().types
    crossed = replace(table(), types=(replace(first, mapto=1), replace(second, mapto=7)))
    drawn = mapto(crossed)
    assert drawn.count("m-axis") == 2
    assert "✗ itself mapped to 7" in drawn
    assert "✗ no such type" in drawn


def test_a_dialect_without_mapto_has_no_graph() -> None:
    plain = replace(table(), dialect=replace(table().dialect, has_mapto=False))
    assert mapto(plain) == ""
    assert "each type is its own root" in page(presentation(TableReport(plain, (result("MAP001", Verdict.PROVED),))))


# -- hostile input ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile() -> str:
    """A report in which whatever a user may have written is hostile, the source and the boot too."""
    shown = harm.presentation(expected=True)
    text = SOURCE.replace("\n", f" /* {harm.MARKUP} {harm.UNSEEN} */\n")
    bad = replace(shown, decided=tuple(replace(d, text=text) for d in shown.decided), solvers={harm.HARM: harm.HARM})
    return page(bad, {0: BOOT | {harm.HARM: 1}})


def test_hostile_names_are_text_and_stay_where_they_are(hostile: str) -> None:
    outline = Outline(hostile)
    assert outline.open == []
    assert [len(outline.all(tag)) for tag in ("script", "b", "img")] == [1, hostile.count("<b>"), 0]
    assert outline.said.count("<script>alert(1)</script>") > 20


def test_nothing_unseen_is_in_the_page(hostile: str) -> None:
    assert not [c for c in hostile if visible(c) != c and c != "\n"]
    hostile.encode("utf-8")


def test_no_name_goes_on_for_ever(hostile: str) -> None:
    assert "n" * 1000 not in hostile


# -- the command -----------------------------------------------------------------------------------------------------


def test_the_page_is_written_next_to_what_the_format_says(tmp_path: Path) -> None:
    target = tmp_path / "v.html"
    with_page = modalloc("verify", STRICT, "--format", "json", "--html", target)
    assert with_page.stdout == modalloc("verify", STRICT, "--format", "json").stdout
    assert with_page.returncode == 1
    text = target.read_text(encoding="utf-8")
    assert "mail-strict-separation:strict_separation" in text
    assert len(text.encode()) < 200_000


def test_a_page_that_cannot_be_written_is_an_error_and_nothing_else_is(tmp_path: Path) -> None:
    finished = modalloc("verify", STRICT, "--html", tmp_path / "nowhere" / "v.html")
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert "cannot write" in finished.stderr


@pytest.mark.parametrize("words", [("verify", "--help"), ("show", STRICT)])
def test_without_a_page_no_template_is_loaded(words: tuple[str, ...]) -> None:
    import subprocess
    import sys

    from tests.cli.running import ROOT

    script = "import sys; from modalloc_model.cli.application import main; main(); print('jinja2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout.endswith("False\n")


def test_the_rules_pages_have_the_parts_that_the_page_shows() -> None:
    from modalloc_model.properties import RULES
    from modalloc_model.report.telling import section

    lacking = [
        rule.id for rule in RULES.values() if not all(section(rule.page, word) for word in ("formula", "why", "mend"))
    ]
    assert lacking == []
    assert set(PAGES) <= set(RULES)
