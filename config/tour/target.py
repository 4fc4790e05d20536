#!/usr/bin/python3
"""Something to watch, for the tour: `target.py KIND PORT [ANSWER]` says `ready`, and serves until it is killed. Two may serve one port, so
that one can take the other's place.

tcp     answers every line with ANSWER (default +PONG)
udp     answers every datagram with ANSWER (default pong)
dns     says that every name has the address ANSWER (default 192.0.2.1)
tls     shows the certificate and key in the file ANSWER, and closes
banner  greets as a mail server with ANSWER (default 220 tour.example ESMTP)
websocket  accepts a handshake and says ANSWER (default ready), unless ANSWER is a status as 503
domain  says by RDAP that every domain ends in ANSWER days (default 90)
grpc    says by grpc.health.v1 that every service is ANSWER (default SERVING); needs python3-grpcio
"""
import base64
import concurrent.futures
import datetime
import hashlib
import json
import socketserver
import ssl
import struct
import sys
import threading

KIND, PORT = sys.argv[1], int(sys.argv[2])
DEFAULTS = {"tcp": "+PONG", "udp": "pong", "dns": "192.0.2.1", "banner": "220 tour.example ESMTP", "websocket": "ready", "domain": "90", "grpc": "SERVING"}
ANSWER = sys.argv[3] if len(sys.argv) > 3 else DEFAULTS[KIND]


class Lines(socketserver.StreamRequestHandler):
    def handle(self):
        for _ in self.rfile:
            self.wfile.write(ANSWER.encode() + b"\r\n")


class Greeting(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(ANSWER.encode() + b"\r\n")
        for line in self.rfile:
            if line.strip().upper() == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 well\r\n")


class Http(socketserver.StreamRequestHandler):
    """Reads a request's head, and answers it."""

    def handle(self):
        self.rfile.readline()
        fields = {}
        for line in iter(self.rfile.readline, b"\r\n"):
            name, _, value = line.decode().partition(":")
            fields[name.lower()] = value.strip()
        websocket(self, fields) if KIND == "websocket" else rdap(self)


def websocket(http: Http, fields: dict):
    if ANSWER.isdigit():
        http.wfile.write(f"HTTP/1.1 {ANSWER} No\r\nContent-Length: 0\r\n\r\n".encode())
        return
    digest = hashlib.sha1((fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()  # RFC 6455, section 4.2.2
    head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    http.wfile.write(f"{head}{base64.b64encode(digest).decode()}\r\n\r\n".encode() + bytes([0x81, len(ANSWER)]) + ANSWER.encode())
    http.rfile.read(6)  # the client's close, masked
    http.wfile.write(b"\x88\x00")


def rdap(http: Http):
    ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=int(ANSWER))
    body = json.dumps({"objectClassName": "domain", "ldhName": "tour.example", "status": ["active"],
                       "events": [{"eventAction": "expiration", "eventDate": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}]}).encode()
    http.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/rdap+json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


class Handshake(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(ANSWER)
            context.wrap_socket(self.request, server_side=True).close()
        except OSError:
            pass  # the checker closed first


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        data, socket = self.request
        socket.sendto(answer_to_question(data) if KIND == "dns" else ANSWER.encode(), self.client_address)


def answer_to_question(data: bytes) -> bytes:
    """One A record of 60 s for whatever is asked (RFC 1035, section 4)."""
    end = data.index(b"\0", 12) + 5
    head = data[:2] + struct.pack("!HHHHH", 0x8580, 1, 1, 0, 0)
    record = struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + bytes(int(part) for part in ANSWER.split("."))
    return head + data[12:end] + record


def serve_grpc():
    import grpc

    states = {"UNKNOWN": 0, "SERVING": 1, "NOT_SERVING": 2}
    check = grpc.unary_unary_rpc_method_handler(lambda request, context: b"\x08" + bytes([states[ANSWER]]))
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": check})])
    server.add_insecure_port(f"127.0.0.1:{PORT}")
    server.start()
    print("ready", flush=True)
    threading.Event().wait()


HANDLERS = {"tcp": Lines, "banner": Greeting, "tls": Handshake, "udp": Datagram, "dns": Datagram, "websocket": Http, "domain": Http}
if KIND == "grpc":
    serve_grpc()
SERVER = socketserver.ThreadingUDPServer if KIND in ("udp", "dns") else socketserver.ThreadingTCPServer
SERVER.allow_reuse_address = True
SERVER.allow_reuse_port = True
SERVER.daemon_threads = True
with SERVER(("127.0.0.1", PORT), HANDLERS[KIND]) as server:
    print("ready", flush=True)
    server.serve_forever()
