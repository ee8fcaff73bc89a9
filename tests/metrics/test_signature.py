from __future__ import annotations

from sacrebleu import BLEU

from textrnn.metrics.signature import figure, short_sha, signature


def test_the_example_of_the_style_guide() -> None:
    conditions = signature(
        textrnn="0.1.0", seed=0, unit="char", protocol="stateful:64", data=short_sha("86c4e6f09ab3f1a0" * 4)
    )
    assert figure(2.1834, "bits/char", conditions) == (
        "2.18 bits/char | data:86c4e6|protocol:stateful:64|unit:char|seed:0|textrnn:0.1.0"
    )


def test_the_order_does_not_depend_on_the_caller() -> None:
    assert signature(b=1, textrnn="1", a=2, data="x") == signature(data="x", a=2, textrnn="1", b=1)
    assert signature(b=1, textrnn="1", a=2, data="x") == "data:x|a:2|b:1|textrnn:1"


def test_what_is_none_is_left_out_and_booleans_are_words() -> None:
    assert signature(seed=None, data="x", case=True, eff=False) == "data:x|case:yes|eff:no"


def test_another_signature_inside_stays_one_field() -> None:
    bleu = BLEU()
    bleu.corpus_score(["a b c d"], [["a b c d"]])
    fields = signature(bleu=bleu.get_signature(), textrnn="0.1.0").split("|")
    assert len(fields) == 2
    assert fields[0].startswith("bleu:nrefs:1,case:mixed,eff:no,tok:13a,smooth:exp,version:")


def test_an_undefined_figure_is_said_to_be_undefined() -> None:
    assert figure(None, "nats/char", "data:x") == "undefined | data:x"
