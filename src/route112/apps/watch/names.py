"""What a plan says about numbers and communes, and a profile about how numbers are written."""

from dataclasses import dataclass, replace

from route112.model import Profile
from route112.snapshot.reader import Snapshot
from route112.watch.series import OTHER
from route112.watch.values import TEST_PREFIX, TEST_SERVICE, SeenCall
from route112.wire.record_numbers import spell_number


@dataclass(frozen=True, slots=True)
class Names:
    """Turns what records say into what is kept."""

    snapshot: Snapshot
    profile: Profile | None = None

    def mean(self, dialled: str) -> str:
        """
        Return the short number that was meant; `OTHER` for what the plan does not have.

        A caller can dial anything, and an operator may write a caller's own number there: nothing
        of it is kept, counted or shown.
        """
        if not dialled or dialled.lower().startswith(TEST_PREFIX):
            return dialled and TEST_SERVICE
        index = self.snapshot.find_number(dialled)
        return OTHER if index is None else self.snapshot.short_numbers[index].number

    def spell(self, call: SeenCall) -> SeenCall:
        """Return a call with its caller's number in the one form that the country has for it."""
        caller = self.spell_number(call.caller)
        return call if caller == call.caller else replace(call, caller=caller)

    def spell_number(self, number: str) -> str:
        """Return a caller's number in that form."""
        return spell_number(number, self.profile)

    def place(self, commune: str) -> str:
        """Return the name of a commune; empty where the plan does not know it."""
        index = self.snapshot.find_commune(commune)
        return "" if index is None else self.snapshot.commune(index).name
