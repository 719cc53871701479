"""One way to compare words that people typed: headers, names and streets."""

import unicodedata

_UNIFIED = str.maketrans(
    {
        **dict.fromkeys("‘’ʼʹ′´`", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "œ": "oe",
        "æ": "ae",
        "ø": "o",
        "ł": "l",
        "\u200b": "",
        "\ufeff": "",
    }
)
"""Applied after `casefold`; what Unicode decomposes by itself is not listed."""


def fold_text(text: str) -> str:
    """
    Return `text` in lower case, without accents, with plain apostrophes and dashes.

    White space of any kind becomes single spaces, and none stands at either end. Two spellings
    that a reader takes for the same give equal results, whatever they were typed with.

    Raises: nothing, for any string, lone surrogates included.
    """
    # Decomposing makes capitals out of signs such as the one for a trade mark: case comes after.
    unified = unicodedata.normalize("NFKD", text.casefold().translate(_UNIFIED)).casefold()
    bare = "".join(
        char for char in unicodedata.normalize("NFKD", unified) if not unicodedata.combining(char)
    )
    return " ".join(bare.translate(_UNIFIED).split())
