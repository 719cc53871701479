import dataclasses

import pytest

from route112.countries.sheets import Sheet


def test_a_sheet_cannot_be_changed_after_it_is_made():
    sheet = Sheet("PDAAU", (("01004", 15, None),))

    with pytest.raises(dataclasses.FrozenInstanceError):
        sheet.name = "other"
