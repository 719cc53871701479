"""What is usual, as bytes that outlive new versions of the code: weeks were needed to learn it."""

import io
import json
import zipfile

import numpy as np

from route112.watch.series import DIMENSIONS, Series
from route112.watch.watching.looks import RateDetector

FORMAT = 1


def export_usual(rates: RateDetector) -> bytes:
    """Return what was learned of all series."""
    names = json.dumps([list(map(list, each.pairs)) for each in rates.rates.series])
    into = io.BytesIO()
    np.savez_compressed(
        into,
        allow_pickle=False,
        format=np.array([FORMAT]),
        series=np.frombuffer(names.encode(), dtype=np.uint8),
        **rates.rates.export(),
    )
    return into.getvalue()


def restore_usual(rates: RateDetector, content: bytes) -> None:
    """Have somebody who has not looked yet go on with it; raises ValueError."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            learned = {name: arrays[name] for name in arrays.files}
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise ValueError(f"what is usual cannot be read: {error}") from error
    if list(learned.pop("format", ())) != [FORMAT]:
        raise ValueError(f"what is usual is not of format {FORMAT}")
    names = json.loads(learned.pop("series").tobytes())
    series = [
        Series(tuple((str(name), str(value)) for name, value in pairs if name in DIMENSIONS))
        for pairs in names
    ]
    rates.measures.know(series)
    rates.rates.restore(series, learned)
