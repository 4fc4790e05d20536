"""A WebSocket server by python3-websockets. With a certificate and a key (files): over TLS."""
import asyncio
import ssl
import sys

import websockets


async def serve(socket):
    if socket.path == "/greet":
        await socket.send("hello from " + (socket.subprotocol or "nobody"))
    elif socket.path == "/policy":
        await socket.close(1008, "not here")
        return
    elif socket.path == "/chatty":
        for number in range(20):
            await socket.send(f"tick {number}")
        await socket.send(b"\x00ready\xff")
    try:
        async for message in socket:
            await socket.send("heard " + message if socket.path != "/headers" else str(socket.request_headers))
    except websockets.ConnectionClosedError:
        pass  # by a check whose time was over


async def main():
    context = None
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
    server = await websockets.serve(serve, "127.0.0.1", 0, ssl=context, subprotocols=["chat.v2"], origins=[None, "https://app.example"])
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()


asyncio.run(main())
