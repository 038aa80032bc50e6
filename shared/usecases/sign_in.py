"""Users sign in over the API, stay signed in, and sign out."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from shared.domain.session import OpenSessions, RefreshToken, Session, SignedIn, kept_beside
from shared.domain.tracking import UserId
from shared.errors import Contention, SessionOver
from shared.usecases.sign_in_ports import Accounts, NewUsers, Sealing, Sessions, Tokens

logger = logging.getLogger(__name__)

TRIES = 5


@dataclass(frozen=True, slots=True)
class SignIns:
    """What signing in works with. `new_token` makes a token of that session, or of a new one."""

    accounts: Accounts
    tokens: Tokens
    sessions: Sessions
    sealing: Sealing
    users: NewUsers
    new_token: Callable[[UserId, str | None], RefreshToken]
    now: Callable[[], datetime]

    async def register(
        self, email: str, password: str, username: str | None
    ) -> tuple[SignedIn, RefreshToken]:
        """Make an account and sign its user in. Raises as `Accounts.register` does, and `StoreError`.

        Where it ends between the two, the account is there, and signing in does what is left.
        """
        signed_in = await self.accounts.register(email, password)
        return signed_in, await self._begun(signed_in, email, username)

    async def log_in(self, email: str, password: str) -> tuple[SignedIn, RefreshToken]:
        """Sign a user in. Raises as `Accounts.sign_in` does, and `StoreError`."""
        signed_in = await self.accounts.sign_in(email, password)
        return signed_in, await self._begun(signed_in, email, None)

    async def refresh(self, token: RefreshToken) -> tuple[SignedIn, RefreshToken]:
        """A new ID token for the latest refresh token of a session, and the next refresh token.

        Where it fails on the way, the token is as good as before.

        Raises:
            SessionOver: there is no such session, it has been left unused, its user may not sign in, or the
                token has been used before, which ends the session.
            Contention: the token is being used by another request right now, which gets the next one.
            UpstreamError: Firebase cannot be asked.
            StoreUnavailable: Firestore does not answer.
        """
        held = await self.sessions.read(token.user_id)
        session = held.sessions.get(token.session_id)
        if session is None or session.is_over(self.now()):
            raise SessionOver("The session is over. Sign in again.")
        if not session.is_opened_by(token):
            await self._end(token)
        kept = self.sealing.unseal(session.sealed, token)
        if kept is None:
            raise SessionOver("The session cannot be opened. Sign in again.")
        signed_in = await self.accounts.renew(kept)
        if signed_in.user_id != token.user_id:
            raise SessionOver("The session is another user's. Sign in again.")
        following = self.new_token(token.user_id, token.session_id)
        await self._replace(token, following, signed_in.refresh_token, held)
        return signed_in, following

    async def log_out(self, user_id: UserId) -> None:
        """End all that the user has open, on every device. ID tokens live on until they expire.

        Raises:
            UpstreamError: Firebase cannot be asked; the same call goes on.
            StoreUnavailable: Firestore does not answer; the same call goes on.
        """
        await self.sessions.end_all(user_id)
        await self.tokens.revoke(user_id)

    async def _begun(self, signed_in: SignedIn, email: str, username: str | None) -> RefreshToken:
        now = self.now()
        await self.users.introduce(signed_in.user_id, signed_in.email or email, username, now)
        token = self.new_token(signed_in.user_id, None)
        sealed = self.sealing.seal(signed_in.refresh_token, token)
        session = Session(token.digest, sealed, began_at=now, used_at=now)
        await self._change(
            signed_in.user_id, lambda sessions: {**kept_beside(sessions, now), token.session_id: session}
        )
        return token

    async def _replace(
        self, token: RefreshToken, following: RefreshToken, kept: str, held: OpenSessions
    ) -> None:
        """Let the session be opened by the following token, if `token` still opens it."""
        sealed = self.sealing.seal(kept, following)
        for _ in range(TRIES):
            session = held.sessions.get(token.session_id)
            if session is None:
                raise SessionOver("The session has been ended. Sign in again.")
            if session.is_opened_by(following):
                return  # it was written before, and the answer was lost
            if not session.is_opened_by(token):
                # When this request began it was the latest, so nobody need have stolen it: two tabs do so.
                break
            changed = {
                **held.sessions,
                token.session_id: session.replaced_by(following, sealed, self.now()),
            }
            if await self.sessions.put(token.user_id, changed, self.now(), held.version):
                return
            held = await self.sessions.read(token.user_id)
        raise Contention("Another request is using this refresh token. Go on with what that one gets.")

    async def _end(self, token: RefreshToken) -> NoReturn:
        """End the session of a token that has been used before."""
        logger.warning("A refresh token was used a second time; its session has been ended.")
        await self._change(
            token.user_id,
            lambda sessions: {name: one for name, one in sessions.items() if name != token.session_id},
        )
        raise SessionOver("This refresh token has been used before, so its session was ended. Sign in again.")

    async def _change(
        self, user_id: UserId, change: Callable[[Mapping[str, Session]], Mapping[str, Session]]
    ) -> None:
        for _ in range(TRIES):
            held = await self.sessions.read(user_id)
            if await self.sessions.put(user_id, change(held.sessions), self.now(), held.version):
                return
        raise Contention("The user is signing in on too many devices at once. Try again in a moment.")
