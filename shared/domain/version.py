"""What a store says of the state in which a document was read."""

from typing import NewType

Version = NewType("Version", object)
"""A document's `update_time` as the store returned it; only ever handed back, to write over just that."""
