#!/usr/bin/env python3
"""A receiver of Sonde's webhooks, as small as one can be that is right: `receiver.py PORT whsec_KEY`.

Checks the signature of every call (https://www.standardwebhooks.com) and prints one line for each event.
A call that is not Sonde's, or is older than five minutes, is refused.
"""
import base64
import hashlib
import hmac
import http.server
import json
import sys
import time

TOLERANCE_SECONDS = 300


def is_genuine(key: str, headers, body: bytes) -> bool:
    """Whether one of the signatures of the call is made with our key, over its id, time and body."""
    secret = base64.b64decode(key.removeprefix("whsec_"))
    identity, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not moment.isdigit() or abs(time.time() - int(moment)) > TOLERANCE_SECONDS:
        return False
    digest = hmac.new(secret, f"{identity}.{moment}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    return any(hmac.compare_digest(expected, given) for given in headers.get("webhook-signature", "").split())


class Receiver(http.server.BaseHTTPRequestHandler):
    key = ""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        genuine = is_genuine(self.key, self.headers, body)
        self.send_response(204 if genuine else 401)
        self.end_headers()
        if genuine:
            event = json.loads(body)
            print(event["at"], event["kind"], event.get("incident", {}).get("title", ""), self.headers["webhook-id"], flush=True)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    Receiver.key = sys.argv[2]
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
