"""A text without what does not make it another: case, punctuation, white space. Knows no data."""

from __future__ import annotations

import unicodedata
from functools import cache


def text_form(text: str) -> str:
    """Return a text without what does not make it another: case, punctuation, white space, compatibility forms."""
    text = unicodedata.normalize("NFKC", text).casefold()
    left_out, of_ascii = _left_out()
    # bytes are ten times as fast
    return text.encode().translate(None, of_ascii).decode() if text.isascii() else text.translate(left_out)


@cache
def _left_out() -> tuple[dict[int, None], bytes]:
    """Return the code points of punctuation and white space, as `str.translate` wants them, and those of ASCII."""
    # but for a few of old scripts, marks of punctuation end where the emoji begin
    characters = map(chr, range(0x10000))
    codes = [ord(one) for one in characters if one.isspace() or unicodedata.category(one).startswith("P")]
    return dict.fromkeys(codes), bytes(code for code in codes if code < 128)
