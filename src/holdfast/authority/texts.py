"""One rule for every text that people read before they approve: what they see is all there is."""

import re
import unicodedata

from holdfast.authority.errors import AuthorityMalformed

MAX_MARKS = 2
"""How many combining marks follow one another at most: enough for every living script, too few to cover a line."""

# Characters of Unicode's Default_Ignorable_Code_Point (UAX 44), blanks and fillers that str.isprintable() counts as
# printable: they show nothing, so that two different texts would read the same.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U00016fe4\U0001d159"
    "\U000e0100-\U000e01ef]"
)


def require_text(text: str, what: str, longest: int) -> None:
    """Require 1 to ``longest`` printable characters in their one spelling, each of them seen.

    Refused: blanks at the ends or two in a row (pages show them as none, or one), line breaks, what turns the direction
    of writing, what shows nothing, what Unicode's normal form NFKC (UAX 15) would spell in another way, and combining
    marks that stand on no letter or are more than :data:`MAX_MARKS`. Letters of different scripts that look alike are
    not told apart.

    :param what: what the text is, for the refusal.
    :raises AuthorityMalformed: another text than that.
    """
    if not 1 <= len(text) <= longest:
        raise AuthorityMalformed(f"{what} is of 1 to {longest} characters")
    if not text.isprintable() or _UNSEEN.search(text):
        raise AuthorityMalformed(f"{what} holds characters that nobody sees")
    if text != text.strip() or "  " in text:
        raise AuthorityMalformed(f"{what} has no blanks at its ends, nor two in a row")
    if unicodedata.normalize("NFKC", text) != text:
        raise AuthorityMalformed(f"{what} is not in its normal spelling (NFKC)")
    if _has_loose_marks(text):
        raise AuthorityMalformed(f"{what} has marks that stand on no letter, or more than {MAX_MARKS} on one")


def _has_loose_marks(text: str) -> bool:
    """Whether a mark begins a word, or too many follow one another."""
    marks = MAX_MARKS
    for character in text:
        if unicodedata.category(character).startswith("M"):
            marks += 1
            if marks > MAX_MARKS:
                return True
        else:
            marks = MAX_MARKS if character == " " else 0
    return False
