"""Why a file is not the snapshot that it should be."""

import enum


class Reason(enum.StrEnum):
    """Stable names of the reasons for which a file is refused."""

    NOT_A_SNAPSHOT = "not-a-snapshot"
    FUTURE_FORMAT = "future-format"
    TRUNCATED = "truncated"
    ALTERED = "altered"
    MALFORMED = "malformed"
    """Intact, yet it says something that no correct writer writes."""
    UNSIGNED = "unsigned"
    UNKNOWN_KEY = "unknown-key"
    REVOKED_KEY = "revoked-key"
    EXPIRED_KEY = "expired-key"
    BAD_SIGNATURE = "bad-signature"
    OLDER_GENERATION = "older-generation"
    SAME_GENERATION_OTHER_CONTENT = "same-generation-other-content"


class SnapshotError(Exception):
    """A file is refused; `reason_code` is for machines, the text for people."""

    def __init__(self, reason_code: Reason, message: str) -> None:
        super().__init__(message)
        self.reason_code = reason_code
        self.message = message
