"""ID tokens as Firebase signs them, and Google's document of the keys to check them with."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

KEY_ID = "key-1"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key: rsa.RSAPrivateKey) -> str:
    """A certificate that the key has signed for itself, as PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "securetoken.test")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM).decode()


def claims_of(project: str, **changed: object) -> dict[str, Any]:
    """The claims of a good token of that project; a claim changed to None is left out."""
    now = int(time.time())
    claims = {
        "iss": f"https://securetoken.google.com/{project}",
        "aud": project,
        "sub": "alice",
        "user_id": "alice",
        "auth_time": now - 60,
        "iat": now - 60,
        "exp": now + 3600,
        **changed,
    }
    return {name: value for name, value in claims.items() if value is not None}


def segment(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(claims: object, header: object = None) -> str:
    """A token without a signature, as the Auth emulator gives them."""
    return f"{segment(header or {'alg': 'none', 'typ': 'JWT'})}.{segment(claims)}."


def signed(key: rsa.RSAPrivateKey, claims: object, **header: object) -> str:
    head = {"alg": "RS256", "typ": "JWT", "kid": KEY_ID, **header}
    head = {name: value for name, value in head.items() if value is not None}
    text = f"{segment(head)}.{segment(claims)}"
    return f"{text}.{segment(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def signed_with_the_public_key(pem: str, claims: object) -> str:
    """HS256 with the published key as the secret: what a verifier that trusts `alg` would accept."""
    text = f"{segment({'alg': 'HS256', 'typ': 'JWT', 'kid': KEY_ID})}.{segment(claims)}"
    return f"{text}.{segment(hmac.digest(pem.encode(), text.encode(), hashlib.sha256))}"


def write_service_account(path: Path, project: str, key: rsa.RSAPrivateKey) -> None:
    """A credential file, since the SDK wants one though it only fetches public keys."""
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": f"nobody@{project}.test",
        "token_uri": "http://127.0.0.1:1/token",
    }
    path.write_text(json.dumps(account))


class Keys:
    """Google's document of certificates, served on loopback."""

    def __init__(self, url: str, body: str) -> None:
        self.url, self.body = url, body
        self.status = 200
        self.fetched = 0


@contextmanager
def serving_keys(body: str) -> Iterator[Keys]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys.fetched += 1
            self.send_response(keys.status)
            self.send_header("Cache-Control", "public, max-age=3600")
            self.end_headers()
            self.wfile.write(keys.body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    keys = Keys(f"http://127.0.0.1:{server.server_port}/certs", body)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield keys
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
