"""Text of other services made fit to be stored."""


def storable(text: str) -> str | None:
    """The text without what Firestore refuses or nobody sees, or None where nothing is left.

    That is half a surrogate pair (JSON can express one), NUL, a byte order mark, and blanks at the ends.
    """
    whole = text.encode("utf-8", "ignore").decode("utf-8")
    return whole.replace("\ufeff", "").replace("\x00", "").strip() or None
