"""Alerts and clearances as what FCM's HTTP v1 takes.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages says what the fields mean. A message
has only the part of the platform that it goes to.
"""

import hashlib
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from firebase_admin import messaging

from shared.domain.push import Alert, Clearance, Target

CHANNEL = "new_episodes"
"""The Android channel that apps make, and in which a person says how alerts sound and show."""

MOST_TTL_SECONDS = 2_419_200
"""Four weeks, the longest that FCM keeps a message for a device that is away."""

MOST_PAYLOAD_BYTES = 3_840
"""FCM and APNs take 4,096 bytes, a part of which FCM fills with keys of its own (`google.c.a.e`, ...)."""

MOST_TITLE_BYTES = 512
"""What no screen shows the end of."""

_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
_CUT = "…"


def request_of(target: Target, what: Alert | Clearance, *, app_url: str | None, now: datetime) -> bytes:
    """The JSON body of `messages:send`.

    `app_url` is where the web app is, and what a tap on a web push opens; without it the app's own service
    worker decides.
    """
    if isinstance(what, Clearance):
        return _request(target, _clearance_parts(target, what))
    request = _request(target, _alert_parts(target, what, app_url, now))
    if len(request) <= MOST_PAYLOAD_BYTES:  # there is more in it than the payload, and nothing shorter
        return request
    return _request(target, _alert_parts(target, _fitting(target, what, app_url, now), app_url, now))


def topic_of(collapse_id: str) -> str:
    """The collapse id as web push knows it: at most 32 characters of base64url (RFC 8030, section 5.4)."""
    if _TOPIC.fullmatch(collapse_id):
        return collapse_id
    return urlsafe_b64encode(hashlib.sha256(collapse_id.encode()).digest()[:24]).decode()


def _request(target: Target, parts: Mapping[str, Any]) -> bytes:
    message = messaging.Message(fid=target.fid, **parts)
    # Handed to its constructor a token is warned of, since FCM is moving to installation ids. It takes both.
    message.token = target.token
    return f'{{"message": {message}}}'.encode()


def _alert_parts(target: Target, alert: Alert, app_url: str | None, now: datetime) -> dict[str, Any]:
    data = {**alert.data, "path": alert.path, "collapseId": alert.collapse_id}
    ttl = min(max(int((alert.expires_at - now).total_seconds()), 0), MOST_TTL_SECONDS)
    match target.platform:
        case "android":
            return {"data": data, "android": _android_alert(alert, ttl)}
        case "ios":
            return {"data": data, "apns": _apple_alert(alert)}
        case "web":
            return {"data": data, "webpush": _web_alert(alert, ttl, app_url)}


def _android_alert(alert: Alert, ttl: int) -> messaging.AndroidConfig:
    """The collapse key replaces what still waits for the device; the tag alone replaces what is shown."""
    return messaging.AndroidConfig(
        collapse_key=alert.collapse_id,
        priority="high",
        ttl=ttl,
        notification=messaging.AndroidNotification(
            title=alert.title,
            body=alert.body,
            image=alert.image_url,
            tag=alert.collapse_id,
            channel_id=CHANNEL,
            default_sound=True,  # for Android before 8, which has no channels
        ),
    )


def _apple_alert(alert: Alert) -> messaging.APNSConfig:
    """https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns"""
    return messaging.APNSConfig(
        headers={
            "apns-push-type": "alert",
            "apns-priority": "10",
            "apns-collapse-id": alert.collapse_id,
            "apns-expiration": str(int(alert.expires_at.timestamp())),
        },
        payload=messaging.APNSPayload(
            messaging.Aps(
                alert=messaging.ApsAlert(title=alert.title, body=alert.body),
                sound="default",
                thread_id=alert.path,  # what opens the same is shown as one stack
                # The app's extension, which fetches the image, is called for such alone.
                mutable_content=alert.image_url is not None,
            )
        ),
        fcm_options=messaging.APNSFCMOptions(image=alert.image_url) if alert.image_url else None,
    )


def _web_alert(alert: Alert, ttl: int, app_url: str | None) -> messaging.WebpushConfig:
    """The topic replaces what still waits for the browser; the tag replaces what is shown."""
    link = f"{app_url}{alert.path}" if app_url else None
    return messaging.WebpushConfig(
        headers={"TTL": str(ttl), "Urgency": "high", "Topic": topic_of(alert.collapse_id)},
        notification=messaging.WebpushNotification(
            title=alert.title,
            body=alert.body,
            icon=alert.image_url,
            image=alert.image_url,
            tag=alert.collapse_id,
        ),
        fcm_options=messaging.WebpushFCMOptions(link=link) if link else None,
    )


def _clearance_parts(target: Target, clearance: Clearance) -> dict[str, Any]:
    """For the app alone, which finds in `collapseIds` what to take away, with commas between.

    One alone has the alert's collapse id with Apple and in browsers, so that an alert that still waits is
    replaced, unseen. Not with Android: there FCM keeps messages of four collapse keys for a device that is
    away, and any four of more, while it keeps a hundred that have none:
    https://firebase.google.com/docs/cloud-messaging/customize-messages/collapsible-message-types

    Its priority is normal. High is for what a person sees at once, and FCM takes it from an app whose
    messages often show nothing; a phone that sleeps shows its screen to nobody anyway:
    https://firebase.google.com/docs/cloud-messaging/android-message-priority
    """
    data = {"action": "clear", "collapseIds": ",".join(clearance.collapse_ids)}
    only = clearance.collapse_ids[0] if len(clearance.collapse_ids) == 1 else None
    match target.platform:
        case "android":
            return {"data": data, "android": messaging.AndroidConfig(priority="normal")}
        case "ios":
            headers = {
                "apns-push-type": "background",
                "apns-priority": "5",  # a background push of priority 10 is an error
                **({"apns-collapse-id": only} if only else {}),
            }
            payload = messaging.APNSPayload(messaging.Aps(content_available=True))
            return {"data": data, "apns": messaging.APNSConfig(headers=headers, payload=payload)}
        case "web":
            headers = {
                "TTL": str(MOST_TTL_SECONDS),
                "Urgency": "normal",
                **({"Topic": topic_of(only)} if only else {}),
            }
            return {"data": data, "webpush": messaging.WebpushConfig(headers=headers)}


def _fitting(target: Target, alert: Alert, app_url: str | None, now: datetime) -> Alert:
    """The alert with as much of its text as a message can hold."""
    alert = replace(alert, title=_cut(alert.title, MOST_TITLE_BYTES))
    nobody = Target(target.platform, fid="-")
    parts = _alert_parts(nobody, replace(alert, body=""), app_url, now)
    taken = len(_plain(json.loads(_request(nobody, parts))))
    return replace(alert, body=_cut(alert.body, MOST_PAYLOAD_BYTES - taken))


def _cut(text: str, most_bytes: int) -> str:
    """The text, or so much of its beginning that it is not longer as JSON."""
    most_bytes = max(most_bytes, 0)
    if _size(text) <= most_bytes:
        return text
    shortest, longest = 0, min(len(text), most_bytes)
    while shortest < longest:
        middle = (shortest + longest + 1) // 2
        if _size(text[:middle] + _CUT) <= most_bytes:
            shortest = middle
        else:
            longest = middle - 1
    return text[:shortest].rstrip() + _CUT if shortest else ""


def _size(text: str) -> int:
    return len(_plain(text)) - len('""')


def _plain(value: object) -> bytes:
    # As it goes on to the device: a character beyond ASCII is some bytes of UTF-8 and not an escape.
    return json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")
