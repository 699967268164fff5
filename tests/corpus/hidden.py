"""Which characters draw nothing, or change how others are drawn, told from Unicode and not from the code under test."""

import re
import sys
import unicodedata
from collections.abc import Iterable

# Default_Ignorable_Code_Point (UAX 44, DerivedCoreProperties.txt), the rest of plane 14, the empty braille pattern.
_IGNORABLE = """ad 34f 61c 115f-1160 17b4-17b5 180b-180f 200b-200f 202a-202e 2060-206f 2800 3164 fe00-fe0f feff ffa0
fff0-fff8 1bca0-1bca3 1d173-1d17a e0000-effff""".split()
# A newline and a tab are wanted. Format characters that are drawn: signs before numbers in Arabic and two other scripts
# (Prepended_Concatenation_Mark), the joints of hieroglyphs.
_DRAWN = "9 a 600-605 6dd 890-891 8e2 110bd 110cd 13430-1343f".split()
_WITH_ITS_EMOJI = re.compile("(?<=[\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff])\ufe0f")


def _characters(told: Iterable[str]) -> set[str]:
    """`34f` and `115f-1160` to the characters."""
    edges = [part.split("-") for part in told]
    return {chr(at) for edge in edges for at in range(int(edge[0], 16), int(edge[-1], 16) + 1)}


def _draws_nothing(at: int) -> bool:
    noncharacter = at & 0xFFFE == 0xFFFE or 0xFDD0 <= at <= 0xFDEF
    return noncharacter or unicodedata.category(chr(at)) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


HIDDEN = ({chr(at) for at in range(sys.maxunicode + 1) if _draws_nothing(at)} | _characters(_IGNORABLE)) - _characters(
    _DRAWN
)


def hidden_in(text: str) -> set[str]:
    """The hidden characters of a text, but for the presentation selector of an emoji."""
    return HIDDEN & set(_WITH_ITS_EMOJI.sub("", text))
