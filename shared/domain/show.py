"""What a document about a show or a movie is called."""

import re
from dataclasses import dataclass
from typing import Literal, Self

MediaType = Literal["tv", "movie"]

_SHOW_KEY = re.compile(r"(tv|movie)_([1-9][0-9]{0,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ShowKey:
    """A TMDB id with its media type, written `tv_1396` or `movie_27205`: TMDB's two id spaces overlap."""

    media_type: MediaType
    tmdb_id: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key that is written so.

        Raises:
            ValueError: it is not one.
        """
        found = _SHOW_KEY.fullmatch(text)
        if found is None:
            raise ValueError("a show key is tv_ or movie_ and a TMDB id, as tv_1396")
        return cls("tv" if found[1] == "tv" else "movie", int(found[2]))

    def __str__(self) -> str:
        return f"{self.media_type}_{self.tmdb_id}"
