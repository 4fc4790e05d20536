#!/usr/bin/env python3
"""Something to watch, for the tour: `target.py KIND PORT [ANSWER]` serves until it is killed.

tcp     answers every line with ANSWER (default +PONG)
udp     answers every datagram with ANSWER (default pong)
dns     says that every name has the address ANSWER (default 192.0.2.1)
tls     shows the certificate and key in the file ANSWER, and closes
banner  greets as a mail server with ANSWER (default 220 tour.example ESMTP)
"""
import socketserver
import ssl
import struct
import sys

KIND, PORT = sys.argv[1], int(sys.argv[2])
ANSWER = sys.argv[3] if len(sys.argv) > 3 else {"tcp": "+PONG", "udp": "pong", "dns": "192.0.2.1", "banner": "220 tour.example ESMTP"}.get(KIND, "")


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


HANDLERS = {"tcp": Lines, "banner": Greeting, "tls": Handshake, "udp": Datagram, "dns": Datagram}
SERVER = socketserver.ThreadingUDPServer if KIND in ("udp", "dns") else socketserver.ThreadingTCPServer
SERVER.allow_reuse_address = True
SERVER.daemon_threads = True
SERVER(("127.0.0.1", PORT), HANDLERS[KIND]).serve_forever()
