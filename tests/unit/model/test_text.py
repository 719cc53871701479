"""Folding: two spellings that a reader takes for the same compare equal."""

import pytest

from route112.model import fold_text


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("", ""),
        ("  Rue\u00a0de \t la  Paix\n", "rue de la paix"),
        ("RUE DE L’ÉGLISE", "rue de l'eglise"),
        ("rue de l´eglise", "rue de l'eglise"),
        ("Sainte–Anne — Nord", "sainte-anne - nord"),
        ("Sainte‑Anne", "sainte-anne"),
        ("Cœur", "coeur"),
        ("CŒUR", "coeur"),
        ("Straße", "strasse"),
        ("e\u0301cole", "ecole"),
        ("\ufeffN° court", "n° court"),
        ("İzmir", "izmir"),
        ("Marque™ Ⓡ", "marquetm r"),
    ],
)
def test_spellings_fold_to_one_form(typed, folded):
    assert fold_text(typed) == folded


@pytest.mark.parametrize("text", ["\ud800", "a" * 100_000, "\x00\x1f", "\U0010ffff", "ﷺ" * 10])
def test_no_string_is_refused(text):
    assert fold_text(fold_text(text)) == fold_text(text)
