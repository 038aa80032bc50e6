"""The answers that all instances share, at `api_cache/{kind}_{digest}`.

key        all that the answer depends on, compared when it is read
uid        whose it is, or null; by it all of a user's is found when they are erased
body       the answer, a text of JSON
madeAt, until
expireAt   when Firestore may delete it

No app reads them: rules say nothing of the collection.
"""

from datetime import datetime

from google.cloud.firestore_v1 import AsyncClient

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.domain.kept_answer import AnswerKey, KeptAnswer


class AnswerDocuments:
    """The `AnswerStore`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def read(self, key: AnswerKey) -> KeptAnswer | None:
        """See `AnswerStore.read`. One read. What cannot be read, or is another's, counts as missing."""
        usage.count(reads=1)
        with translated():
            snapshot = await self._client.document(paths.kept_answer(key)).get(**BOUNDED)
        document = fields_of(snapshot) or {}
        if document.get("key") != key.text or document.get("uid") != key.user_id:
            return None
        body, made_at, until = (document.get(name) for name in ("body", "madeAt", "until"))
        if not isinstance(body, str) or not isinstance(made_at, datetime) or not isinstance(until, datetime):
            return None
        return KeptAnswer(body, made_at, until)

    async def put(self, key: AnswerKey, answer: KeptAnswer, *, expire_at: datetime) -> None:
        """See `AnswerStore.put`. One write."""
        batch = self._client.batch()
        batch.set(
            self._client.document(paths.kept_answer(key)),
            {
                "key": key.text,
                "uid": key.user_id,
                "body": answer.body,
                "madeAt": answer.made_at,
                "until": answer.until,
                "expireAt": expire_at,
            },
        )
        await commit(batch)
