"""Headers of one message, found by name without asking every other header first."""

from sipmessage.message import Headers


class IndexedHeaders(Headers):
    """
    What `sipmessage.message.Headers` is, with an index by name in lower case.

    A call of a country passes many headers many times: a list that is searched from its beginning
    each time took a fifth of the time of a played caller.
    """

    def __init__(self) -> None:
        self._by_name: dict[str, tuple[str, list[str]]] = {}

    def add(self, key: str, value: str) -> None:
        """Add one more value."""
        found = self._by_name.get(key.lower())
        if found is None:
            self._by_name[key.lower()] = (key, [value])
        else:
            found[1].append(value)

    def get(self, key: str, default: str | None = None) -> str | None:
        """Return the first value, or `default`."""
        found = self._by_name.get(key.lower())
        return default if found is None else found[1][0]

    def getlist(self, key: str) -> list[str]:
        """Return all values."""
        found = self._by_name.get(key.lower())
        return [] if found is None else found[1]

    def keys(self) -> list[str]:
        """Return every name, as it was written first."""
        return [name for name, _ in self._by_name.values()]

    def remove(self, key: str) -> None:
        """Remove every value."""
        self._by_name.pop(key.lower(), None)

    def set(self, key: str, value: str) -> None:
        """Replace every value with one; its place stays."""
        self.setlist(key, [value])

    def setlist(self, key: str, values: list[str]) -> None:
        """Replace every value; its place stays."""
        name, _ = self._by_name.get(key.lower(), (key, None))
        self._by_name[key.lower()] = (name, values)

    def __getitem__(self, key: str) -> str:
        """Return the first value; raises KeyError."""
        return self._by_name[key.lower()][1][0]

    def __str__(self) -> str:
        """Write them, and the empty line that ends them."""
        lines = [f"{name}: {value}" for name, values in self._by_name.values() for value in values]
        return "\r\n".join([*lines, "", ""])
