"""A gRPC server by grpcio that answers health checks by the name of the service. With a certificate and a key (files): over TLS."""
import sys
import threading
from concurrent import futures

import grpc

SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"


def check(request, context):
    service = request[2:].decode() if request else ""
    if service == "down":
        return NOT_SERVING
    if service == "default":
        return b""  # UNKNOWN is 0, which is not written
    if service == "gone":
        context.abort(grpc.StatusCode.NOT_FOUND, "no such service: é, 100%")
    if service == "slow":
        threading.Event().wait()
    if service == "meta":
        given = dict(context.invocation_metadata())
        good = given.get("authorization") == "Bearer x" and given.get("trace-bin") == b"\x00\x01\x02"
        return SERVING if good else NOT_SERVING
    return SERVING


class Health(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method == "/grpc.health.v1.Health/Check" and sys.argv[-1] != "bare":
            return grpc.unary_unary_rpc_method_handler(check)
        return None


server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
server.add_generic_rpc_handlers((Health(),))
if len(sys.argv) > 2:
    key, certificate = (open(name, "rb").read() for name in (sys.argv[2], sys.argv[1]))
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
else:
    port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
server.wait_for_termination()
