"""Toy tasks: every pair is right by another road, and they are the same ones on every machine."""

from __future__ import annotations

import re
from datetime import date

import pytest

from textrnn.data.corpora import PAIR_CORPORA, builtin_pairs
from textrnn.data.pairs import read_pairs
from textrnn.data.toys import TOYS

# fmt: off
MONTHS = [
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
SMALL = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
NUMBERS = {word: number for number, word in enumerate(SMALL)} | {word: 10 * n for n, word in enumerate(TENS, 2)}
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12,
    "twentieth": 20, "thirtieth": 30,
} | {f"{word}th": number for word, number in NUMBERS.items()}
# fmt: on


def value(words: list[str]) -> int:
    """The value of a year in words: hundred and thousand multiply what stands before them, else a century does."""
    for word, times in (("thousand", 1000), ("hundred", 100)):
        if word in words:
            at = words.index(word)
            return times * total(words[:at]) + total(words[at + 1 :])
    return 100 * NUMBERS[words[0]] + total(words[1:])


def total(words: list[str]) -> int:
    return sum(NUMBERS[word] for word in words if word != "and")


def read_date(text: str) -> date:
    """Read a date by what its words are, wherever they stand."""
    day = month = None
    year: list[str] = []
    weekday = None
    for word in re.findall(r"[a-z]+|\d+", text.lower()):
        if found := [number for number, name in enumerate(MONTHS, 1) if name == word or name[:3] == word]:
            month = found[0]
        elif found := [number for number, name in enumerate(WEEKDAYS) if name == word or name[:3] == word]:
            weekday = found[0]
        elif word in ("the", "of", "st", "nd", "rd", "th"):
            continue
        elif len(word) == 4 and word.isdigit():
            year = [word]
        elif word.isdigit():
            day = int(word)
        elif word in ORDINALS:
            # "twenty-third": what was taken for the year was the tens of the day
            day = ORDINALS[word] + (NUMBERS[year.pop()] if year else 0)
        else:
            year.append(word)
    assert day is not None and month is not None and year
    found_date = date(int(year[0]) if year[0].isdigit() else value(year), month, day)
    assert weekday is None or found_date.weekday() == weekday, text
    return found_date


def test_every_date_is_the_one_its_words_say() -> None:
    pairs = TOYS["dates"](1, 3000)
    for source, target in pairs:
        assert read_date(source).isoformat() == target, source
    texts = " ".join(source for source, _ in pairs)
    for style in ("the 3rd of", "the twenty-third of", "hundred and", "two thousand and", "Tue, ", "Sept", "-Mar-"):
        assert style in texts, style
    assert min(target for _, target in pairs) < "1903" and max(target for _, target in pairs) > "2097"


def test_every_sum_is_right() -> None:
    pairs = TOYS["additions"](1, 3000)
    for source, target in pairs:
        one, other = source.split("+")
        assert re.fullmatch(r"0|[1-9]\d{0,2}", one) and int(one) + int(other) == int(target)
    assert {len(source) for source, _ in pairs} == {3, 4, 5, 6, 7}


def test_every_word_is_reversed() -> None:
    pairs = TOYS["reversals"](1, 3000)
    assert all(
        re.fullmatch("[a-z]{3,12}", source) and list(target) == list(reversed(source)) for source, target in pairs
    )
    assert {len(source) for source, _ in pairs} == set(range(3, 13))


@pytest.mark.parametrize(
    ("name", "first", "sha256"),
    [
        ("dates", ("Monday, November 19, 2068", "2068-11-19"), "431c715caffa"),
        ("additions", ("757+25", "782"), "5c61ff72a8e9"),
        ("reversals", ("tinlumpyhuh", "huhypmulnit"), "a709da961b00"),
    ],
)  # fmt: skip
def test_the_built_in_pairs_are_the_same_on_every_machine(name: str, first: tuple[str, str], sha256: str) -> None:
    pairs = builtin_pairs(name)
    assert pairs[0] == first and len(pairs) == 20_000 == len({source for source, _ in pairs})
    assert read_pairs([name]).sha256.startswith(sha256)


def test_another_seed_gives_others_and_more_begin_with_the_same() -> None:
    for name, generate in TOYS.items():
        assert generate(0, 50) == generate(0, 80)[:50] != generate(1, 50), name
    assert [*TOYS] == [*PAIR_CORPORA]
