"""NATS, spoken by hand: just enough to listen, to publish whatever one likes, and to ask JetStream."""
import base64
import json
import queue
import socket
import threading
import uuid

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class Refused(Exception):
    """The server does not let this user in, or do that."""


def signature(seed: str, nonce: str) -> str:
    """With a user's key as NATS writes it: two bytes that say so, 32 of the key, two of a check sum."""
    raw = base64.b32decode(seed + "=" * (-len(seed) % 8))[2:34]
    return base64.urlsafe_b64encode(Ed25519PrivateKey.from_private_bytes(raw).sign(nonce.encode())).decode().rstrip("=")


class Bus:
    def __init__(self, url: str, credentials: str, echo: bool = True):
        """`credentials`: the text of a credentials file. `echo`: whether subscriptions hear what is published here."""
        host, port = url.removeprefix("nats://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        self.reader = self.socket.makefile("rb")
        self.queues: dict[str, queue.Queue] = {}
        self.errors: queue.Queue = queue.Queue()
        self.pongs: queue.Queue = queue.Queue()
        self.is_over = threading.Event()
        nonce = json.loads(self.reader.readline()[len("INFO "):])["nonce"]
        lines = credentials.splitlines()
        token, seed = lines[1], next(line for line in lines if line.startswith("SU"))
        options = {"jwt": token, "sig": signature(seed, nonce), "verbose": False, "pedantic": False, "lang": "python", "version": "1", "headers": True, "no_responders": True, "echo": echo}
        self.lock = threading.Lock()
        self.send(b"CONNECT " + json.dumps(options).encode() + b"\r\n")
        self.socket.settimeout(None)
        threading.Thread(target=self.read, daemon=True).start()
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes):
        with self.lock:
            self.socket.sendall(data)

    def read(self):
        try:
            while line := self.reader.readline():
                words = line.split()
                if words[0] == b"MSG":
                    self.queues[words[2].decode()].put((words[1].decode(), self.body(int(words[-1]))))
                elif words[0] == b"HMSG":
                    text = self.body(int(words[-1]))
                    self.queues[words[2].decode()].put((words[1].decode(), text[int(words[-2]):]))
                elif words[0] == b"PING":
                    self.send(b"PONG\r\n")
                elif words[0] == b"PONG":
                    self.pongs.put(True)
                elif words[0] == b"-ERR":
                    self.errors.put(line.decode().strip())
                    self.pongs.put(False)
        except (OSError, ValueError):
            pass
        self.is_over.set()
        self.pongs.put(False)

    def ended(self, seconds: float) -> bool:
        """Whether the server has closed the connection, or does within so long."""
        return self.is_over.wait(seconds)

    def body(self, size: int) -> bytes:
        data = self.reader.read(size)
        self.reader.read(2)
        return data

    def flush(self):
        """Returns when the server has seen everything; throws what it had to say against it."""
        self.send(b"PING\r\n")
        self.pongs.get(timeout=10)
        if not self.errors.empty():
            raise Refused(self.errors.get())
        if self.is_over.is_set():
            raise ConnectionError("the server has closed the connection")

    def subscribe(self, subject: str) -> queue.Queue:
        """A queue of (subject, payload)."""
        number = str(len(self.queues) + 1)
        self.queues[number] = queue.Queue()
        self.send(f"SUB {subject} {number}\r\n".encode())
        self.flush()
        return self.queues[number]

    def publish(self, subject: str, payload: bytes, reply: str = ""):
        self.send(f"PUB {subject} {reply} {len(payload)}\r\n".replace("  ", " ").encode() + payload + b"\r\n")

    def request(self, subject: str, payload: bytes = b"", seconds: float = 5) -> dict:
        inbox = f"_INBOX.{uuid.uuid4().hex}"
        answers = self.subscribe(inbox)
        self.publish(subject, payload, inbox)
        return json.loads(answers.get(timeout=seconds)[1] or b"{}")

    def jetstream(self, what: str, document: dict | None = None) -> dict:
        """An answer of the JetStream API, as `STREAM.INFO.SONDE_PARKED`."""
        return self.request(f"$JS.API.{what}", json.dumps(document).encode() if document else b"")

    def messages_in(self, stream: str) -> int:
        """How many a stream holds; none if there is no such stream."""
        return self.jetstream(f"STREAM.INFO.{stream}").get("state", {}).get("messages", 0)
