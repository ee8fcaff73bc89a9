"""The plays' markdown by golden texts: what is spoken stays, what is not goes, and the source's slips are mended."""

from __future__ import annotations

import pytest

from textrnn.data.plays import plain_text

# `$` stands for the two spaces that break a line in markdown.
PLAY = r"""# A Play

## ACT I

### SCENE I. A street.

_Enter FIRST, and
others_

**FIRST CITIZEN**$
One line,$
and another.

_They fight_

Still the same man.

**Second Citizen**$
_\[Aside]_$
Speak \--softly; ever _\[ ]_$
_\[To him]_ and again.

_Exeunt_

### SCENE II. The same. A way leading to the

lists, and this belongs to the heading.

*Enter a King, and
his men.*

**KING**$
*[Aside.]*$
I reign.
""".replace("$", "  ")


def test_speeches_stay_and_directions_go() -> None:
    assert plain_text(PLAY) == (
        "FIRST CITIZEN:\nOne line,\nand another.\nStill the same man.\n\n"
        "SECOND CITIZEN:\nSpeak --softly; ever\nand again.\n\n"
        "KING:\nI reign.\n\n"
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        # The names of a speech
        ("**PAGE & SHALLOW & & C**  \nWell met.", "PAGE AND SHALLOW:\nWell met.\n\n"),
        ("**ROSENCRANTZ: & GUILDENSTERN:**  \nLord!", "ROSENCRANTZ AND GUILDENSTERN:\nLord!\n\n"),
        ("**A**  \nOne.\nBISHOP\n\n**OF WINCHESTER**  \nTwo.", "A:\nOne.\n\nBISHOP OF WINCHESTER:\nTwo.\n\n"),
        ("Ghost\n\n**of Prince Edward**  \nDream.", "GHOST OF PRINCE EDWARD:\nDream.\n\n"),
        (
            "**A**  \nTime.  \nDON ADRIANO DE\n\n**ARMADO**  \nPretty.",
            "A:\nTime.\n\nDON ADRIANO DE ARMADO:\nPretty.\n\n",
        ),
        ("**A**  \nWait.\nLord Chief-Justice What's he?", "A:\nWait.\n\nLORD CHIEF-JUSTICE:\nWhat's he?\n\n"),
        ("**A**  \nHence!  \nSenators, & C We'll surety him.", "A:\nHence!\n\nSENATORS:\nWe'll surety him.\n\n"),
        (
            "**A**  \nGo you.\n\n**This way will I**  \ndisrobe them,  \nnow.",
            "A:\nGo you.\nThis way will I: disrobe them,\nnow.\n\n",
        ),
        # Headings
        ("**A**  \nOne.\n\n**Scene III**  \nEastcheap.\n\n**B**  \nTwo.", "A:\nOne.\n\nB:\nTwo.\n\n"),
        ("**A**  \nOne.\n\nSCENE II: Belmont.\n\n**B**  \nTwo.", "A:\nOne.\n\nB:\nTwo.\n\n"),
        ("**A**  \nOne.\n\nCYMBELINE\n\n### SCENE IV. Rome.\n\n**B**  \nTwo.", "A:\nOne.\n\nB:\nTwo.\n\n"),
        ("### Prologue\n\nI come no more.", "PROLOGUE:\nI come no more.\n\n"),
        ("**A**  \nOne.\n\nEPILOGUE  \nSPOKEN BY PROSPERO  \nNow.", "A:\nOne.\n\nEPILOGUE:\nNow.\n\n"),
        # Directions without markup
        ("**A**  \nOne.\n\nSONG.  \nTell me.", "A:\nOne.\nTell me.\n\n"),
        ("**A**  \nOne.  \nEnter FLAMINIUS.\n\n**B**  \nTwo.", "A:\nOne.\n\nB:\nTwo.\n\n"),
        ("**A**  \nOne.\n\n1\\. Trumpets.  \n2\\. Judges.\n\n**B**  \nTwo.", "A:\nOne.\n\nB:\nTwo.\n\n"),
        ("**A**  \nEnter our gates;", "A:\nEnter our gates;\n\n"),
        # Spelling
        (
            "**A**  \nsing, & c.  \nmy sea sha$l suck, god s and men",
            "A:\nsing, &c.\nmy sea shall suck, gods and men\n\n",
        ),
        ('**A**  \n"Thus—" he — &amp; she', "A:\n'Thus--' he--& she\n\n"),
        # A name that says nothing is no speech.
        ("**A**  \n_Exit_\n\n**B**  \nTwo.", "B:\nTwo.\n\n"),
    ],
)
def test_slips_of_the_source(source: str, text: str) -> None:
    assert plain_text(source) == text


def test_verse_that_ends_in_i_stays_verse() -> None:
    assert plain_text("**A**  \nSo do I  \nAnd thou.") == "A:\nSo do I\nAnd thou.\n\n"
