"""The figures of a JSON result as tables of text: the same facts for people.

In: a result. Out: tables, each rows of cells. Knows no stream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textrnn.text.display import counted, short_name

Table = list[tuple[str, ...]]

# with more labels, and for each so many columns, a matrix is no longer read
_MOST_IN_MATRIX = 12
_CONFUSIONS_SHOWN = 10


def result_tables(result: Mapping[str, Any]) -> list[Table]:
    """Return what a training or an evaluation found, as tables to be read one below the other."""
    labelled = result if "confusion" in result else result.get("validation")
    series = result if "mase" in result else result.get("validation")
    if series is not None and "mase" in series:
        return _of_forecaster(result, series)
    tagged = result if "token_accuracy" in result else result.get("validation")
    if tagged is not None and "token_accuracy" in tagged:
        return _of_tagger(result, tagged)
    paired = result if "bleu" in result else result.get("validation")
    if paired is not None and "exact_match" in paired:
        return _of_pairs(result, paired)
    if labelled is None or "confusion" not in labelled:
        plain = {name: value for name, value in result.items() if name != "free_running"}
        return [[*figure_rows(plain)], *_of_free_running(result.get("free_running", ()))]
    known = {"validation", "against", "signature", *(labelled if labelled is result else ())} - {"model", "task"}
    head = figure_rows({name: value for name, value in result.items() if name not in known})
    conditions = figure_rows({"signature": result["signature"]})
    return [[*head], *labelled_tables(labelled), *_against(result.get("against")), [*conditions]]


def figure_rows(figures: dict[str, Any], indent: str = "") -> list[tuple[str, str]]:
    """Return figures as name and text, those inside another indented below it."""
    shown: list[tuple[str, str]] = []
    for name, value in figures.items():
        label = indent + name.replace("_per_", "/").replace("_", " ")
        if isinstance(value, dict):
            shown += [(label, ""), *figure_rows(value, indent + "  ")]
        elif name == "perplexity" and value is None:
            # undefined only where it is too large for a number
            shown.append((label, ">1e300"))
        elif value is not None:
            shown.append((label, _number(value)))
    return shown


def _of_tagger(result: Mapping[str, Any], tagged: Mapping[str, Any]) -> list[Table]:
    known = {"validation", "signature", "model", "task"} if result is tagged else {"validation", "signature"}
    head = figure_rows({name: value for name, value in result.items() if name not in {*known, *tagged}})
    conditions = figure_rows({"signature": result["signature"]})
    above: list[Table] = [[*head]] if head else []
    return [*above, *tagged_tables(tagged), [*conditions]]


def _of_free_running(rows: Sequence[Mapping[str, Any]]) -> list[Table]:
    """Return the gaps between reading and writing, a table for each who counts the nats."""

    def table(title: str, found: Sequence[tuple[int, Mapping[str, Any]]]) -> Table:
        shown = [
            (
                f"after {length:,} units", _share(one["teacher_forced_nats"]), _share(one["free_running_nats"]),
                f"{one['gap']:+.4f}", f"95 %: {one['interval_95'][0]:+.4f} to {one['interval_95'][1]:+.4f}",
            )
            for length, one in found
        ]  # fmt: skip
        return [(title, "true text", "own text", "gap", ""), *shown]

    if not rows:
        return []
    others = zip(*([(row["length"], one) for one in row["judged"]] for row in rows), strict=True)
    own = table("nats/unit by the model", [(row["length"], row) for row in rows])
    return [own, *(table(f"by {found[0][1]['judge']}", found) for found in others)]


def _of_pairs(result: Mapping[str, Any], figures: Mapping[str, Any]) -> list[Table]:
    known = {"validation", "signature", *(("model", "task", *figures) if result is figures else ())}
    head = figure_rows({name: value for name, value in result.items() if name not in known})
    own: Table = [
        ("pairs", f"{figures['pairs']:,}", ""),
        ("BLEU", f"{figures['bleu']:.2f}", "of 100"),
        ("chrF", f"{figures['chrf']:.2f}", "of 100"),
        ("exact match", _share(figures["exact_match"]), "right as they stand"),
    ]
    return [*([head] if head else []), own, figure_rows({"signature": result["signature"]})]  # type: ignore[list-item]


_OF_TAGS = {
    "span F1": "span_f1", "precision": "span_precision", "recall": "span_recall", "words right": "token_accuracy",
}  # fmt: skip


def tagged_tables(figures: Mapping[str, Any]) -> list[Table]:
    """Return the figures of a tagger: its own, beside simple methods."""
    rows = [{"name": "this model", **figures}, *figures.get("baselines", ())]
    return [
        [
            (counted(figures["sentences"], "sentence"), *_OF_TAGS),
            *((one["name"], *(_share(one[key]) for key in _OF_TAGS.values())) for one in rows),
        ]
    ]


def _of_forecaster(result: Mapping[str, Any], series: Mapping[str, Any]) -> list[Table]:
    known = {"validation", "signature", "model", "task"} if result is series else {"validation", "signature"}
    own = () if result is not series else series
    head = figure_rows({name: value for name, value in result.items() if name not in {*known, *own}})
    conditions = figure_rows({"signature": result["signature"]})
    above: list[Table] = [[*head]] if head else []
    return [*above, *series_tables(series), [*conditions]]


def series_tables(figures: Mapping[str, Any]) -> list[Table]:
    """Return the figures of a forecaster: its own, beside simple forecasts; then those of each column."""
    columns = figures.get("columns", {})
    rows = [{"name": "this model", **figures}, *figures.get("baselines", ())]
    parts = [{"name": short_name(name), **one} for name, one in columns.items()] if len(columns) > 1 else []
    # measured on the way, before training was stopped, there is no word of origins
    where = counted(figures["points"], "point")
    if "origins" in figures:
        where += f" from {counted(figures['origins'], 'origin')}, {figures['horizon']:,} ahead each"
    return [
        [
            (title, "MASE", "MAE", "RMSE"),
            *((one["name"], _share(one["mase"]), *(f"{one[key]:.4g}" for key in ("mae", "rmse"))) for one in some),
        ]
        for title, some in ((where, rows), ("column", parts))
        if some
    ]


def labelled_tables(figures: Mapping[str, Any]) -> list[Table]:
    """Return the figures of a classifier: the whole, beside simple methods, of each label, and what was confused."""
    return [_whole(figures), *_beside(figures), label_table(figures), confusion_table(figures)]


def _whole(figures: Mapping[str, Any]) -> Table:
    # measured on the way, before training was stopped, there are neither intervals nor anything to compare with
    intervals, expected = figures.get("interval_95", {}), figures["ece_expected"]

    def row(name: str, key: str, note: str = "") -> tuple[str, ...]:
        pair = intervals.get(key)
        return name, _share(figures[key]), note if pair is None else f"95 %: {pair[0]:.4f} to {pair[1]:.4f}"

    return [
        ("examples", f"{figures['examples']:,}", ""),
        row("accuracy", "accuracy", "one example, no interval" if figures["examples"] == 1 else ""),
        row("macro F1", "macro_f1"),
        row("macro precision", "macro_precision"),
        row("macro recall", "macro_recall"),
        # one label for each text: micro-averaged F1, precision and recall are all the share of right answers
        ("micro F1", _share(figures["accuracy"]), "the accuracy: one label a text"),
        row("log loss", "log_loss", "nats a text"),
        row("ECE", "ece", "" if expected is None else f"{expected:.4f} if perfectly calibrated"),
    ]


def _beside(figures: Mapping[str, Any]) -> list[Table]:
    if not figures.get("baselines"):
        return []
    rows = [{"name": "this model", **figures}, *figures["baselines"]]
    return [
        [
            ("on the same texts", "accuracy", "macro F1"),
            *((one["name"], _share(one["accuracy"]), _share(one["macro_f1"])) for one in rows),
        ]
    ]


def label_table(figures: Mapping[str, Any]) -> Table:
    """Return precision, recall and F1 of each label."""
    rows = [
        (short_name(label), *(_share(one[name]) for name in ("precision", "recall", "f1")), f"{one['support']:,}")
        for label, one in figures["labels"].items()
    ]
    return [("label", "precision", "recall", "F1", "texts"), *rows]


def confusion_table(figures: Mapping[str, Any]) -> Table:
    """Return the whole matrix, or, where it would be too large, what was taken for something else most often."""
    labels: Sequence[str] = figures["label_order"]
    matrix: Sequence[Sequence[int]] = figures["confusion"]
    if len(labels) <= _MOST_IN_MATRIX:
        names = list(map(short_name, labels))
        rows = [(name, *(f"{count:,}" for count in row)) for name, row in zip(names, matrix, strict=True)]
        return [("true \\ answered", *names), *rows]
    wrong = [
        (count, labels[true], labels[given])
        for true, row in enumerate(matrix)
        for given, count in enumerate(row)
        if count and true != given
    ]
    most = sorted(wrong, key=lambda one: (-one[0], one[1:]))[:_CONFUSIONS_SHOWN]
    return [
        ("most confused: true", "answered", "texts"),
        *((short_name(true), short_name(given), f"{count:,}") for count, true, given in most),
    ]


def _against(against: Mapping[str, Any] | None) -> list[Table]:
    if against is None:
        return []
    pair, p = against["interval_95"], against["p_value"]
    note = "" if pair is None else f"95 %: {pair[0]:+.4f} to {pair[1]:+.4f}"
    return [
        [
            ("against", against["model"], ""),
            ("its accuracy", _share(against["accuracy"]), ""),
            ("difference", f"{against['difference']:+.4f}", note),
            (
                "p-value",
                f"{p:.4f}" if p >= 0.0001 else f"{p:.1e}",
                "the chance of so uneven answers if both were equally good",
            ),
        ]
    ]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) < 1e9 else f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(short_name(one) if isinstance(one, str) else _number(one) for one in value)
    return f"{value:,}" if isinstance(value, int) else str(value)
