// Prints Sonde's events as they are published on NATS, one a line, by the official C client, which reconnects by itself.
//   c++ -std=c++20 -o events events.cpp $(pkg-config --cflags --libs libnats)
//   NATS_URL=nats://127.0.0.1:4222 NATS_CREDENTIALS=subscriber.creds ./events [SUBJECT]
#include <nats/nats.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace {

template <auto destroy>
struct Destroy {
    template <class Handle>
    void operator()(Handle* handle) const {
        destroy(handle);
    }
};
using Options = std::unique_ptr<natsOptions, Destroy<natsOptions_Destroy>>;
using Connection = std::unique_ptr<natsConnection, Destroy<natsConnection_Destroy>>;
using Subscription = std::unique_ptr<natsSubscription, Destroy<natsSubscription_Destroy>>;
using Message = std::unique_ptr<natsMsg, Destroy<natsMsg_Destroy>>;

void check(natsStatus status) {
    if (status == NATS_OK) return;
    std::fprintf(stderr, "%s\n", natsStatus_GetText(status));
    std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
    natsOptions* options = nullptr;
    check(natsOptions_Create(&options));
    const Options keep_options(options);
    check(natsOptions_SetURL(options, std::getenv("NATS_URL")));
    check(natsOptions_SetUserCredentialsFromFiles(options, std::getenv("NATS_CREDENTIALS"), nullptr));
    check(natsOptions_SetMaxReconnect(options, -1));
    natsConnection* connection = nullptr;
    check(natsConnection_Connect(&connection, options));
    const Connection keep_connection(connection);
    natsSubscription* subscription = nullptr;
    check(natsConnection_SubscribeSync(&subscription, connection, argc > 1 ? argv[1] : "sonde.v1.events.>"));
    const Subscription keep_subscription(subscription);
    check(natsConnection_Flush(connection));
    std::fputs("listening\n", stderr);
    for (;;) {
        natsMsg* message = nullptr;
        const auto status = natsSubscription_NextMsg(&message, subscription, 60'000);
        if (status == NATS_TIMEOUT) continue;
        check(status);
        const Message keep_message(message);
        std::printf("%.*s\n", natsMsg_GetDataLength(message), natsMsg_GetData(message));
        std::fflush(stdout);
    }
}
