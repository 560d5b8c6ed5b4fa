"""Text from a table or a path as a page may show it: what nobody would see, or what would move the rest, is spelt out.

Source: the Unicode categories Cc, Cf, Cs, Co, Cn, Zl and Zp; the bidirectional controls are of category Cf. Leaves out:
markup, which whoever writes the format escapes; look-alike letters.
"""

from __future__ import annotations

import unicodedata

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    r"""The text, with each control, format or unassigned character as `\x1b` or `\u202e`, and tabs as blanks."""
    return "".join(_seen(character) for character in text.replace("\t", "    "))


def _seen(character: str) -> str:
    if unicodedata.category(character) not in _UNSEEN:
        return character
    digits = f"{ord(character):x}"
    letter, width = next(form for form in _FORMS if len(digits) <= form[1])
    return f"\\{letter}{digits:0>{width}}"


_FORMS = (("x", 2), ("u", 4), ("U", 8))
"""As C and Python write them: the letter, and how many hexadecimal digits follow."""
