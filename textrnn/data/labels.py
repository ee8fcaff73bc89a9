"""Are these labels and texts fit to train on, or to measure with? Doubts in words; what cannot work is refused.

In go rows, out come notes. Knows no format and no model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from textrnn.data.columns import shown
from textrnn.data.defects import empty_texts
from textrnn.data.labelled import LabelledRows
from textrnn.data.near_labels import is_number, near_labels
from textrnn.errors import UserError
from textrnn.text.display import counted

# the most frequent label so many times as frequent as the rarest
_UNBALANCED = 10
_EXAMPLES = 3
_NAMED = 5
_NOTHING = {"none", "null", "nan", "n/a", "na"}
_FOR_NOTHING = "words for nothing"
_TRUTH = {"true", "false"}


def label_order(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the distinct labels in the order that a model keeps: by name, whatever came first."""
    return tuple(sorted(set(labels)))


def majority(labels: Sequence[str]) -> tuple[str, float]:
    """Return the most frequent label, the first by name among equals, and its share: what guessing it always gets."""
    counts = Counter(labels)
    label = min(counts, key=lambda label: (-counts[label], label))
    return label, counts[label] / len(labels)


def check_training_rows(rows: LabelledRows, *, is_split: bool = True) -> tuple[str, ...]:
    """Return what the user should know of rows to train on; raise UserError where no classifier can come of them.

    is_split: a part of these rows is to be held out, so that each label needs two.
    """
    counts = Counter(rows.labels)
    if len(counts) == 1:
        what = f"one label alone, {shown(rows.labels[0])} on all {len(rows.labels):,} rows"
        raise UserError(what, which=rows.name, mend="give texts with two labels at least")
    alone = {label: place for label, place in zip(rows.labels, rows.places, strict=True) if counts[label] == 1}
    if alone and is_split:
        raise _alone(rows, alone, len(counts))
    return (*doubts(rows), *_balance(counts))


def doubts(rows: LabelledRows) -> tuple[str, ...]:
    """Return what looks wrong with labels and texts, whatever they are for."""
    counts = Counter(rows.labels)
    return (*near_labels(counts), *_mixed(counts), *_nothing(counts), *_empty(rows), *_duplicates(rows))


def check_known_labels(rows: LabelledRows, known: Sequence[str]) -> tuple[str, ...]:
    """Return notes of the labels of `rows` that a model does not know, and of what their rows count in."""
    known_labels = set(known)
    places: dict[str, list[str]] = {}
    for label, place in zip(rows.labels, rows.places, strict=True):
        if label not in known_labels:
            places.setdefault(label, []).append(place)
    notes = [
        f"the model does not know the label {shown(label)}: {_times(len(at), 'row')} counted as wrong, first {at[0]}"
        for label, at in sorted(places.items())
    ]
    if notes:
        notes.append(
            "macro figures are means over the labels that the model knows: rows of others lower accuracy and precision"
        )
    return tuple(notes)


def _alone(rows: LabelledRows, alone: Mapping[str, str], num_labels: int) -> UserError:
    first = ", ".join(f"{shown(label)} ({place})" for label, place in list(alone.items())[:_NAMED])
    more = f" and {len(alone) - _NAMED:,} more" if len(alone) > _NAMED else ""
    if len(alone) > num_labels // 2 and len(alone) > _NAMED:
        mend = "is the label in another column? Name it with --label-column"
    else:
        mend = "give each 2 rows at least, for one is held out, or leave it out"
    return UserError(f"only 1 row with the label {first}{more}", which=rows.name, mend=mend)


def _balance(counts: Mapping[str, int]) -> list[str]:
    most, least = max(counts.values()), min(counts.values())
    if most < _UNBALANCED * least:
        return []
    ordered = sorted(counts, key=lambda label: (-counts[label], label))
    chosen = ordered if len(ordered) <= 2 * _NAMED else [*ordered[:_NAMED], *ordered[-_NAMED:]]
    listed = ", ".join(f"{shown(label)} {counts[label]:,}" for label in chosen)
    share = 100 * most / sum(counts.values())
    return [
        f"unbalanced labels ({listed}): always guessing {shown(ordered[0])} is right in {share:.1f} % of the rows; "
        "look at macro F1, and see --class-weights"
    ]


def _mixed(counts: Mapping[str, int]) -> list[str]:
    """Return a note if some labels look like numbers, and others like words."""
    kinds: dict[str, str] = {}
    for label in sorted(counts):
        kinds.setdefault(_kind(label), label)
    if len(kinds) == 1:
        return []
    return [
        "labels of several kinds, each taken as text: " + ", ".join(f"{one} ({shown(kinds[one])})" for one in kinds)
    ]


def _nothing(counts: Mapping[str, int]) -> list[str]:
    """Return a note of labels that may stand for none."""
    found = [label for label in sorted(counts) if _kind(label) == _FOR_NOTHING]
    listed = ", ".join(f"{shown(label)} ({counted(counts[label], 'row')})" for label in found)
    return [f"labels that may mean that there is none, taken as they are written: {listed}"] if found else []


def _kind(label: str) -> str:
    plain = label.strip().casefold()
    if is_number(label):
        return "numbers"
    return "truth values" if plain in _TRUTH else _FOR_NOTHING if plain in _NOTHING else "names"


def _empty(rows: LabelledRows) -> list[str]:
    places = [place for text, place in zip(rows.texts, rows.places, strict=True) if not text.strip()]
    return empty_texts(places, are_left_out=False)


def _duplicates(rows: LabelledRows) -> list[str]:
    """Return notes of rows that stand more than once, and of texts with different labels."""
    labels_of: dict[str, dict[str, str]] = {}
    again = 0
    for text, label, place in zip(rows.texts, rows.labels, rows.places, strict=True):
        if text.strip():
            labels = labels_of.setdefault(text, {})
            again += label in labels
            labels.setdefault(label, place)
    notes = [f"{_times(again, 'row')} repeat{'' if again > 1 else 's'} an earlier one, text and label"] if again else []
    torn = [(text, labels) for text, labels in labels_of.items() if len(labels) > 1]
    if torn:
        examples = "; ".join(
            f"{shown(text)} is " + " and ".join(f"{shown(label)} ({place})" for label, place in labels.items())
            for text, labels in torn[:_EXAMPLES]
        )
        notes.append(f"{_times(len(torn), 'text')} with different labels: {examples}")
    return notes


def _times(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
