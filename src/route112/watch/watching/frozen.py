"""
The state of everything that looks at calls, as bytes, so that whoever is started again goes on.

Detectors are objects of this package with plain values inside, and new ones come: their state is
frozen as it is, exactly, and not described again field by field. So it is understood only by the
very code that wrote it; what has to outlive a new version is kept apart (`usual`, open findings).

Nothing is made of such bytes but values: classes of `watch` and `model`, arrays and collections.
"""

import enum
import io
import pickle
from collections.abc import Mapping
from typing import Any

_OWN = ("route112.watch.", "route112.model.")
_PLAIN = frozenset(
    {
        ("collections", "OrderedDict"),
        ("collections", "defaultdict"),
        ("collections", "deque"),
        ("collections", "Counter"),
        ("builtins", "set"),
        ("builtins", "frozenset"),
        ("builtins", "list"),
        ("builtins", "dict"),
        ("builtins", "int"),
        ("builtins", "float"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy._core.numeric", "_frombuffer"),
    }
)
"""What frozen state may name besides the classes of this package."""


class FrozenError(Exception):
    """These bytes are of other code, or damaged."""


def freeze(value: object, hooks: Mapping[str, object]) -> bytes:
    """
    Return a value as bytes.

    Args:
        hooks: what is not part of it, by name: functions of whoever made it, and what is kept
            elsewhere.
    """
    into = io.BytesIO()
    _Freezer(into, hooks).dump(value)
    return into.getvalue()


def thaw(content: bytes, hooks: Mapping[str, object]) -> Any:  # noqa: ANN401  whatever was frozen
    """Return what was frozen; raises FrozenError."""
    try:
        return _Thawer(io.BytesIO(content), hooks).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, LookupError, TypeError, ValueError,
            ImportError) as error:  # fmt: skip
        raise FrozenError(str(error) or type(error).__name__) from error


class _Freezer(pickle.Pickler):
    def __init__(self, into: io.BytesIO, hooks: Mapping[str, object]) -> None:
        super().__init__(into, protocol=5)
        self._hooks = hooks

    def reducer_override(self, value: object) -> Any:  # noqa: ANN401  as the base class has it
        for name, hook in self._hooks.items():
            if value is hook or (callable(value) and value == hook):
                return find_hook, (name,)
        if isinstance(value, enum.Enum):
            return type(value), (value.value,)
        return NotImplemented


class _Thawer(pickle.Unpickler):
    def __init__(self, source: io.BytesIO, hooks: Mapping[str, object]) -> None:
        super().__init__(source)
        self._hooks = hooks

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401  as the base class has it
        if (module, name) == (__name__, find_hook.__name__):
            return self._hooks.__getitem__
        if module.startswith(_OWN) or (module, name) in _PLAIN:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"frozen state names {module}.{name}")


def find_hook(name: str) -> object:
    """Stand in frozen state for a hook; a thawer puts its own lookup here."""
    raise LookupError(name)
