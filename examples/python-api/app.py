"""An API in Python that checks Sallyport's access tokens with the standard PyJWT: no code of ours is in here."""
import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import URLError
from urllib.request import urlopen

import jwt

ISSUER = os.environ.get("ISSUER", "http://localhost:5000")
# TOKEN_AUDIENCE of the server, which is its own address unless somebody set another.
AUDIENCE = os.environ.get("AUDIENCE", ISSUER)
# JWT_ALG of the server. One, and never from the token: whoever lets the token choose can be lied to.
ALGORITHM = os.environ.get("ALGORITHM", "ES256")
PORT = int(os.environ.get("PORT", "5003"))


class Refused(Exception):
    """The token is not good; the text is for the WWW-Authenticate header."""


class IssuerAway(Exception):
    """Nobody can say whether the token is good."""


def find_keys():
    """Discovery (RFC 8414). PyJWKClient keeps the keys for 5 minutes and asks again for a key that it doesn't know."""
    try:
        with urlopen(f"{ISSUER}/.well-known/oauth-authorization-server", timeout=5) as response:
            metadata = json.load(response)
    except URLError as reason:
        raise IssuerAway() from reason
    if metadata["issuer"] != ISSUER:
        raise SystemExit(f"{ISSUER} says that it is {metadata['issuer']}: set ISSUER to that")
    return jwt.PyJWKClient(metadata["jwks_uri"])


class Guard:
    """Says whose a token is. Finds the keys when it is asked first, so that the API may start before the issuer."""

    def __init__(self):
        self._keys = None
        self._lock = threading.Lock()

    def check(self, authorization):
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise Refused("")
        try:
            # PyJWT does not look at the type (RFC 9068 4). What we sign besides access tokens has another one.
            if jwt.get_unverified_header(token).get("typ") != "at+jwt":
                raise Refused("this is no access token")
            return jwt.decode(
                token,
                self._key_of(token),
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=5,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
        except jwt.PyJWTError as reason:
            if isinstance(reason.__context__, URLError):
                raise IssuerAway() from reason
            raise Refused(str(reason)) from reason

    def _key_of(self, token):
        with self._lock:
            self._keys = self._keys or find_keys()
        return self._keys.get_signing_key_from_jwt(token).key


guard = Guard()


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path != "/api/me":
            return self.answer(404, {"title": "There is nothing here"})
        try:
            claims = guard.check(self.headers.get("Authorization"))
        except Refused as reason:
            # A quote would end the text, and a line break the header (RFC 6750 3).
            why = "".join(c for c in str(reason) if c.isprintable() and c not in '"\\')
            error = f' error="invalid_token", error_description="{why}"' if why else ""
            return self.answer(401, {"title": "No good access token"}, {"WWW-Authenticate": f"Bearer{error}"})
        except IssuerAway:
            return self.answer(503, {"title": "The issuer does not answer"}, {"Retry-After": "5"})
        return self.answer(200, {"account": claims["sub"], "amr": claims["amr"]})

    def answer(self, status, body, headers=None):
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json" if status == 200 else "application/problem+json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Quiet: the default would write each address into the log."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Api)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"The API is at http://localhost:{PORT}/api/me", flush=True)
    server.serve_forever()
