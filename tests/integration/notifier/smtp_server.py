"""A mail server by aiosmtpd. Says its port, then does as it is told and keeps what it took.

    smtp_server.py DIRECTORY HOW...

DIRECTORY has key.pem and cert.pem, and gets a file N.json for each message: {"from", "to", "data", "user", "tls", "hello"}. The n-th connection is treated as the
n-th HOW says, all later ones as the last; several words of one HOW are joined by `+`:

    ok          takes everything        starttls, tls   offers it, or begins with it
    auth        wants user `ann` with the password `hunter2hunter2`
    hang        says nothing            reset           closes at once, rudely
    hang-data   says nothing to the whole message         hang-quit  nothing to the good-bye
    drop-data   closes instead of an answer to the whole message
    CODE-greet CODE-mail CODE-data CODE-end                answers so at that place
    echo        tells the words of a refused login back

Recipients say what becomes of them: `gone@…` gets a 550, `later@…` a 451, `full@…` a 552; `once@…` a 451 the first time.
"""
import asyncio
import json
import logging
import pathlib
import socket
import ssl
import struct
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, syntax

logging.disable(logging.CRITICAL)  # what is wrong is said by the tests
warnings.simplefilter("ignore")
PLACE = pathlib.Path(sys.argv[1])
HOWS = sys.argv[2:] or ["ok"]
count = {"connections": 0, "messages": 0}
asked: set[str] = set()


def context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(PLACE / "cert.pem", PLACE / "key.pem")
    return made


class Session(SMTP):
    """One connection, treated as its place in the order says."""

    def __init__(self, how: set[str]):
        self.how = how
        wants_auth = "auth" in how
        super().__init__(Keeper(), hostname="mail.test", timeout=120, tls_context=context() if "starttls" in how else None, require_starttls="starttls" in how,
                         auth_required=wants_auth, auth_require_tls=False, authenticator=self.check if wants_auth else None)

    def code(self, place: str) -> str | None:
        return next((f"{word[:3]} as it was told" for word in self.how if word.endswith("-" + place) and word[0].isdigit()), None)

    def connection_made(self, transport):
        if "reset" in self.how:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
            return
        super().connection_made(transport)

    async def _handle_client(self):
        if "hang" in self.how:
            await asyncio.sleep(3600)
        if answer := self.code("greet"):
            await self.push(answer)
            self.transport.close()
            return
        await super()._handle_client()

    def check(self, server, session, envelope, mechanism, data):
        good = (data.login, data.password) == (b"ann", b"hunter2hunter2")
        session.user = data.login.decode()
        said = f"535 5.7.8 no: {data.password.decode()}" if "echo" in self.how else "535 5.7.8 no"
        return AuthResult(success=good, handled=good, message=None if good else said)

    @syntax("QUIT")
    async def smtp_QUIT(self, arg):
        if "hang-quit" in self.how:
            await asyncio.sleep(3600)
        await super().smtp_QUIT(arg)


class Keeper:
    async def handle_MAIL(self, server, session, envelope, address, options):
        if answer := server.code("mail"):
            return answer
        envelope.mail_from = address
        return "250 2.1.0 ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        who = address.split("@")[0]
        if who == "gone":
            return "550 5.1.1 nobody of this name"
        if who == "full":
            return "552 5.2.2 mailbox full"
        if who == "later" or (who == "once" and address not in asked):
            asked.add(address)
            return "451 4.7.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        if "hang-data" in server.how:
            await asyncio.sleep(3600)
        if "drop-data" in server.how:
            server.transport.abort()
            return "250 never said"
        if answer := server.code("end"):
            return answer
        count["messages"] += 1
        kept = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "data": envelope.content.decode("latin-1"), "user": getattr(session, "user", None) if session.authenticated else None,
                "tls": session.ssl is not None or "tls" in server.how, "hello": session.host_name}
        unfinished = PLACE / "unfinished"
        unfinished.write_text(json.dumps(kept))
        unfinished.rename(PLACE / f"{count['messages']}.json")
        return "250 2.0.0 taken"


async def serve():
    loop = asyncio.get_running_loop()
    listening = socket.create_server(("127.0.0.1", 0))
    secure = any("tls" in how.split("+") for how in HOWS)

    def session():
        how = HOWS[min(count["connections"], len(HOWS) - 1)]
        count["connections"] += 1
        return Session(set(how.split("+")))

    server = await loop.create_server(session, sock=listening, ssl=context() if secure else None)
    print(listening.getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(serve())
