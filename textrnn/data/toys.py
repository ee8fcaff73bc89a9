"""Toy tasks for text to text, generated: dates in words to ISO 8601, sums of numbers, words reversed.

In go a seed and a number of pairs, out come so many different pairs of a source and a target, the same on every
machine: `random.Random.random` is the one generator whose numbers Python promises to keep. Knows no model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from types import MappingProxyType
from typing import TypeVar

Pair = tuple[str, str]
_One = TypeVar("_One")

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2099, 12, 31)
# not by strftime, whose words are those of the user's language
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth", "twenty": "twentieth", "thirty": "thirtieth",
}  # fmt: skip
_DIGITS_ADDED = 3
_SHORTEST_WORD, _LONGEST_WORD = 3, 12
_CONSONANTS, _VOWELS = "bcdfghjklmnpqrstvwxz", "aeiouy"

# {day} 3, {th} 3rd, {third} third, {March} March, {Mar} Mar, {abbr} Mar. (but May), {Tuesday} Tuesday, {Tue} Tue,
# {year} 1987, {eighty} nineteen eighty-seven
_STYLES = (
    "{day} {March} {year}",
    "{day} {Mar} {year}",
    "{day} {abbr} {year}",
    "{day}-{Mar}-{year}",
    "{day}. {March} {year}",
    "{th} {March} {year}",
    "{th} of {March} {year}",
    "the {th} of {March}, {year}",
    "the {third} of {March}, {year}",
    "the {third} of {March} {eighty}",
    "{March} {day}, {year}",
    "{March} {th}, {year}",
    "{March} the {third}, {year}",
    "{March} {third}, {eighty}",
    "{Mar} {day}, {year}",
    "{abbr} {day}, {year}",
    "{Tuesday} {day} {March} {year}",
    "{Tuesday}, {day} {March} {year}",
    "{Tuesday}, {March} {day}, {year}",
    "{Tuesday} the {th} of {March} {year}",
    "{Tuesday}, the {third} of {March}, {eighty}",
    "{Tue} {day} {Mar} {year}",
    "{Tue}, {day} {Mar} {year}",
    "{year} {March} {day}",
    "{year}, {March} {th}",
)


def dates(seed: int, number: int) -> list[Pair]:
    """Return dates from 1900 to 2099 as people write them, and as ISO 8601 does: `the 3rd of March, 1987`, 1987-03-03.

    Every style names the month and the whole year, so that none can be read in two ways. One in eight is in lower case.
    """
    days = (_LAST_DAY - _FIRST_DAY).days + 1

    def draw(rng: Random) -> Pair:
        day = _FIRST_DAY + timedelta(days=_below(rng, days))
        text = _pick(rng, _STYLES).format_map(_parts(day))
        return text.lower() if _below(rng, 8) == 0 else text, day.isoformat()

    return _distinct(seed, number, draw)


def additions(seed: int, number: int) -> list[Pair]:
    """Return sums of two numbers written in digits, of one to three digits each: `305+48`, 353."""

    def draw(rng: Random) -> Pair:
        one, other = (_below(rng, 10 ** (1 + _below(rng, _DIGITS_ADDED))) for _ in range(2))
        return f"{one}+{other}", str(one + other)

    return _distinct(seed, number, draw)


def reversals(seed: int, number: int) -> list[Pair]:
    """Return invented words of 3 to 12 letters, and the same letters from the last to the first: `stodel`, ledots."""

    def draw(rng: Random) -> Pair:
        length = _SHORTEST_WORD + _below(rng, _LONGEST_WORD - _SHORTEST_WORD + 1)
        word = ""
        while len(word) < length:
            word += _pick(rng, _CONSONANTS) + _pick(rng, _VOWELS)
            if _below(rng, 3) == 0:
                word += _pick(rng, _CONSONANTS)
        return word[:length], word[:length][::-1]

    return _distinct(seed, number, draw)


TOYS: Mapping[str, Callable[[int, int], list[Pair]]] = MappingProxyType(
    {"dates": dates, "additions": additions, "reversals": reversals}
)


def _distinct(seed: int, number: int, draw: Callable[[Random], Pair]) -> list[Pair]:
    """Return the first pairs drawn with different sources."""
    rng, found = Random(seed), dict[str, str]()
    while len(found) < number:
        source, target = draw(rng)
        found.setdefault(source, target)
    return list(found.items())


def _below(rng: Random, end: int) -> int:
    return int(rng.random() * end)


def _pick(rng: Random, choices: Sequence[_One]) -> _One:
    return choices[_below(rng, len(choices))]


def _parts(day: date) -> dict[str, object]:
    month, weekday = _MONTHS[day.month - 1], _WEEKDAYS[day.weekday()]
    return {
        "day": day.day,
        "th": f"{day.day}{_ending(day.day)}",
        "third": _ordinal(day.day),
        "March": month,
        "Mar": month[:3],
        "abbr": month if len(month) == 3 else f"{month[:3]}.",
        "Tuesday": weekday,
        "Tue": weekday[:3],
        "year": day.year,
        "eighty": _year_in_words(day.year),
    }


def _ending(day: int) -> str:
    return "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _words(number: int) -> str:
    """Return a number below 100 in words."""
    if number < len(_SMALL):
        return _SMALL[number]
    return _TENS[number // 10] + (f"-{_SMALL[number % 10]}" if number % 10 else "")


def _ordinal(number: int) -> str:
    before, hyphen, last = _words(number).rpartition("-")
    return before + hyphen + _ORDINALS.get(last, f"{last}th")


def _year_in_words(year: int) -> str:
    century, rest = divmod(year, 100)
    if rest == 0:
        return "two thousand" if year == 2000 else f"{_words(century)} hundred"
    if rest < 10:
        return f"two thousand and {_words(rest)}" if century == 20 else f"{_words(century)} hundred and {_words(rest)}"
    return f"{_words(century)} {_words(rest)}"
