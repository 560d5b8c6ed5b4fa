"""The context of a table: architecture, defines, assumptions, claims, unknowns, cases.

It is written in a directive or in YAML; the command line overrides it. The rules in a case are not checked here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from modalloc_model.descriptor.reading import Case, Settings
from modalloc_model.descriptor.source import Journal, Text, excerpt, nearest
from modalloc_model.descriptor.yamltext import MappingReader, YamlNode
from modalloc_model.params import (
    ARBITER,
    ARBITER_SEARCH,
    CLAIMS,
    FREE_ACCESS,
    GUARD,
    NO_CLAIM,
    PROTECT,
    Assumptions,
    Location,
)

CHOICES: Mapping[str, tuple[str, ...]] = {
    "protect": PROTECT,
    "free-access": FREE_ACCESS,
    "arbiter": ARBITER,
    "arbiter-search": ARBITER_SEARCH,
    "guard": GUARD,
}
"""The assumptions and their values."""

ALLOWED = tuple(r + w + x for r in "r-" for w in "w-" for x in "x-")
"""The accesses that a protection may allow."""

STRICT = "STRICT_MODULE_RWX"
"""With this option the loader protects loaded sections, and the kernel claims that nothing is rwx."""

_TRUTHS = ("y", "n")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_RULE = re.compile(r"[A-Z]{3}\d{3}", re.ASCII)


@dataclass(frozen=True)
class WrittenBound:
    """An end of an unknown's domain is an assumption of the profile; `least` and `most` are the machine's, if known."""

    why: str
    least: Text | None = None
    most: Text | None = None


@dataclass(frozen=True)
class WrittenUnknown:
    """A value that the boot decides, as written: `step * k`, low <= k <= high."""

    step: Text
    low: int
    high: int
    source: str
    bound: WrittenBound | None = None


@dataclass(frozen=True)
class Expected:
    """A case as written: its assumptions beyond the table's own, and its expected verdict."""

    assume: Mapping[str, str]
    claims: tuple[str, ...] | None
    verdict: str | None
    rules: tuple[str, ...]
    why: str
    where: Location
    not_judged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """The context that a table sets."""

    arch: Text | None = None
    defines: Mapping[str, Text] = field(default_factory=dict)
    assume: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[str, ...] | None = None  # None: the claims of the machine's profile
    unknowns: Mapping[str, WrittenUnknown] = field(default_factory=dict)
    constraints: tuple[Text, ...] = ()
    protections: Mapping[str, str] = field(default_factory=dict)  # if they differ from the machine's
    configuration: Mapping[str, str] = field(default_factory=dict)  # y, m, n or a value, by names without CONFIG_
    kasan_alignment: Text | None = None  # the alignment of module memory under KASAN
    assumed: tuple[str, ...] = ()  # values taken from the profile
    expected: tuple[Expected, ...] = ()


def read_context(reader: MappingReader, journal: Journal) -> Context:
    """The keys of a directive, which are those of a YAML table too."""
    cases = (_expectation(item, journal) for item in reader.items("cases"))
    return Context(
        arch=reader.text("arch"),
        defines=_defines(reader.mapping("define"), journal),
        assume=_assume(reader.mapping("assume")),
        claims=_claims(reader, journal),
        unknowns=read_unknowns(reader.mapping("unknowns"), journal),
        constraints=reader.texts("constraints"),
        protections=_protections(reader.mapping("protections"), journal),
        configuration=_configuration(reader.mapping("configuration"), journal),
        kasan_alignment=reader.text("kasan_alignment"),
        assumed=tuple(text.text for text in reader.texts("assumed")),
        expected=tuple(case for case in cases if case),
    )


def _defines(reader: MappingReader | None, journal: Journal) -> dict[str, Text]:
    found = {}
    for name in reader.names() if reader else ():
        text = reader.text(name) if reader else None
        if text and reader and is_name(name, reader.key_location(name), journal):
            found[name] = text
    return found


def is_name(name: str, where: Location, journal: Journal) -> bool:
    """Whether the name is a valid symbol; reports an error if not."""
    if _NAME.fullmatch(name):
        return True
    journal.error(where, "bad-define", f"{excerpt(name)!r} is not a symbol name", "write NAME=EXPR")
    return False


def _protections(reader: MappingReader | None, journal: Journal) -> dict[str, str]:
    """name -> {allows, source}."""
    found = {}
    for name in reader.names() if reader else ():
        entry = reader.mapping(name) if reader else None
        letters = entry.one_of("allows", ALLOWED) if entry else None
        if entry is not None:
            entry.text("source")
            entry.finish()
        if reader and letters and is_name(name, reader.key_location(name), journal):
            found[name] = letters
    return found


def _configuration(reader: MappingReader | None, journal: Journal) -> dict[str, str]:
    """name -> value; of an option that changes what is verified, y or n."""
    found = {}
    for name in reader.names() if reader else ():
        text = reader.text(name) if reader else None
        if text and reader and is_name(name, reader.key_location(name), journal):
            if name == STRICT and text.text not in _TRUTHS:
                journal.error(text.at(), "bad-value", f"{name} is {excerpt(text.text)!r}, not y or n")
            found[name] = text.text
    return found


def _assume(reader: MappingReader | None) -> dict[str, str]:
    if reader is None:
        return {}
    given = {key: reader.one_of(key, values) for key, values in CHOICES.items()}
    reader.finish()
    return {key: value for key, value in given.items() if value}


def _claims(reader: MappingReader, journal: Journal) -> tuple[str, ...] | None:
    """The written claims, which replace others: an empty list withdraws them. None if none are written."""
    texts = reader.texts("claims")
    if reader.node("claims") is None:
        return None
    for text in texts:
        check_claim(text.text, text.at(), journal)
    return tuple(sorted({text.text for text in texts}))


def check_claim(claim: str, where: Location, journal: Journal) -> None:
    """Reports an error for an unknown claim."""
    if claim not in CLAIMS:
        hint = nearest(claim, CLAIMS) or f"known: {', '.join(CLAIMS)}"
        journal.error(where, "bad-value", f"unknown claim {excerpt(claim)!r}", hint)


def read_unknowns(reader: MappingReader | None, journal: Journal) -> dict[str, WrittenUnknown]:
    """name -> {step, k: [low, high], source, bound: {why, least, most, source}}."""
    found = {}
    for name in reader.names() if reader else ():
        entry = reader.mapping(name) if reader else None
        unknown = _unknown(entry, journal) if entry else None
        if reader and unknown and is_name(name, reader.key_location(name), journal):
            found[name] = unknown
    return found


def _unknown(reader: MappingReader, journal: Journal) -> WrittenUnknown | None:
    step, source = reader.required("step"), reader.text("source")
    bounds = [integer(text, journal) for text in reader.texts("k")]
    own = reader.mapping("bound")
    bound = _bound(own, journal) if own else None
    reader.finish()
    if len(bounds) != len(("lowest", "highest")):
        journal.error(reader.where, "missing-key", "an unknown needs 'k: [lowest, highest]'")
        return None
    low, high = bounds
    if low is not None and low < 0:
        journal.error(reader.where, "bad-value", f"k may be {low}: addresses and offsets have no sign here")
    if step is None or low is None or high is None or low < 0:
        return None
    return WrittenUnknown(step, low, high, source.text if source else "", bound)


def _bound(reader: MappingReader, journal: Journal) -> WrittenBound | None:
    why, source = reader.required("why"), reader.text("source")
    least, most = reader.text("least"), reader.text("most")
    reader.finish()
    if (least or most) and not (source and source.text.strip()):
        journal.error(reader.where, "missing-key", "a bound's least and most are the machine's: 'source' is missing")
    return WrittenBound(why.text, least, most) if why else None


def integer(text: Text, journal: Journal) -> int | None:
    """A signed integer of any size, in C's or Python's notation."""
    try:
        return int(text.text.strip()[:60], 0)
    except ValueError:
        journal.error(text.at(), "bad-number", f"{excerpt(text.text)!r} is not an integer")
        return None


def _expectation(node: YamlNode, journal: Journal) -> Expected | None:
    before = journal.errors
    reader = MappingReader(node, journal, "a case")
    why = reader.text("why")
    case = Expected(
        assume=_assume(reader.mapping("assume")),
        claims=_claims(reader, journal),
        verdict=reader.one_of("verdict", ("proved", "refuted", "undecided")),
        rules=_rules(reader.texts("rules"), journal),
        why=why.text if why else "",
        where=node.where,
        not_judged=_rules(reader.texts("not-judged"), journal),
    )
    reader.finish()
    return case if journal.errors == before else None


def _rules(texts: tuple[Text, ...], journal: Journal) -> tuple[str, ...]:
    for text in texts:
        if not _RULE.fullmatch(text.text):
            journal.error(text.at(), "bad-value", f"{excerpt(text.text)!r} is no rule", "a rule is written like OVL001")
    return tuple(sorted({text.text for text in texts}))


# -- settings of the caller ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CallerSettings:
    """The caller's settings, checked once for all tables."""

    arch: Text | None = None
    defines: Mapping[str, Text] = field(default_factory=dict)
    assume: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[str, ...] | None = ()  # added to the table's; None withdraws these
    beyond: Mapping[str, Text | None] = field(default_factory=dict)  # the limit; None: the machine's


def check_settings(settings: Settings, journal: Journal) -> CallerSettings:
    """The settings, checked; problems are reported at places such as `-D`."""
    for claim in settings.claims:
        if claim != NO_CLAIM:
            check_claim(claim, Location("--claim"), journal)
        elif len(set(settings.claims)) > 1:
            message = f"--claim {NO_CLAIM} withdraws every claim, and another is made beside it"
            journal.error(Location("--claim"), "bad-value", message, "leave out one of them")
    return CallerSettings(
        arch=Text.with_location(settings.arch, Location("--arch")) if settings.arch is not None else None,
        defines=_given_defines(settings.defines, journal),
        assume={k: v for k, v in sorted(settings.assume.items()) if _is_assumption(k, v, journal)},
        claims=None if NO_CLAIM in settings.claims else tuple(c for c in settings.claims if c in CLAIMS),
        beyond=_given_beyond(settings.beyond, journal),
    )


def _given_beyond(beyond: tuple[str, ...], journal: Journal) -> dict[str, Text | None]:
    found = {}
    for given in beyond:
        name, equals, value = given.partition("=")
        where = Location(f"--beyond {excerpt(given)}")
        if " " in name.strip() or is_name(name.strip(), where, journal):  # regions have names of several words
            found[name.strip()] = Text.with_location(value, where) if equals else None
    return found


def _given_defines(defines: tuple[str, ...], journal: Journal) -> dict[str, Text]:
    found = {}
    for given in defines:
        name, equals, value = given.partition("=")
        where = Location(f"-D {excerpt(given)}")
        if is_name(name.strip(), where, journal):
            found[name.strip()] = Text.with_location(value if equals else "1", where)
    return found


def _is_assumption(key: str, value: str, journal: Journal) -> bool:
    where = Location("--assume")
    if key not in CHOICES:
        hint = nearest(key, CHOICES) or f"known: {', '.join(CHOICES)}"
        journal.error(where, "unknown-key", f"{excerpt(key)!r} is not an assumption", hint)
    elif value not in CHOICES[key]:
        hint = nearest(value, CHOICES[key])
        journal.error(where, "bad-value", f"{key} is {excerpt(value)!r}, not one of {', '.join(CHOICES[key])}", hint)
    return value in CHOICES.get(key, ())


def assumptions(base: Assumptions, assume: Mapping[str, str], claims: tuple[str, ...] | None) -> Assumptions:
    """The assumptions with some values replaced, and the replacing claims, if any."""
    made = {key.replace("-", "_"): value for key, value in assume.items()}
    return replace(base, **made, claims=base.claims if claims is None else tuple(sorted(set(claims))))


def with_caller_settings(own: Assumptions, caller: CallerSettings) -> Assumptions:
    """A table's assumptions under the caller's, whose claims are added to the table's, or withdraw them."""
    claims = () if caller.claims is None else (*own.claims, *caller.claims)
    return assumptions(own, caller.assume, claims)


def cases(base: Assumptions, context: Context) -> tuple[Case, ...]:
    """The table's cases; each starts from the table's assumptions."""
    own = assumptions(base, context.assume, context.claims)
    return tuple(
        Case(assumptions(own, e.assume, e.claims), e.verdict, e.rules, e.why, e.where, e.not_judged)
        for e in context.expected
    )
