// Questions to name servers, each to the one it is meant for.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "lib/uv/loop.h"
#include "probe-agent/probe/net/ares_channel.h"

namespace sonde::agent {

struct DnsReply {
    // `closed`: the server's port is closed, there is no way to it, or it ended the TCP connection; c-ares does not say which.
    enum class Outcome : unsigned char { answer, silence, closed, trouble };
    Outcome outcome = Outcome::trouble;
    std::string message;  // the answer as received; of trouble, c-ares' words
};

// Keeps a c-ares channel for every server and way of asking, because making one costs more than a question. Loop thread only; must
// outlive its queries.
class DnsClient {
public:
    static constexpr std::size_t kMostChannels = 256;  // some 80 KB each; more only while all of them are in use

    explicit DnsClient(uv::Loop& loop);
    ~DnsClient();  // open queries are dropped
    DnsClient(const DnsClient&) = delete;
    DnsClient& operator=(const DnsClient&) = delete;

    struct Way {
        std::string server;  // `192.0.2.53:53`
        bool tcp = false;
        bool recursion = true;
    };
    class Query;
    struct Drop {
        void operator()(Query* query) const;
    };
    // Dropping it means that `done` is not called.
    using Handle = std::unique_ptr<Query, Drop>;

    // `done` is called once, never before this returned; it may drop the query. Over UDP the question is sent again after 2 s and after
    // 4 more; it ends by itself in 15 s, over TCP in 30. An answer that was cut off is an answer. Answers to other questions are noise,
    // which is not seen here. Throws std::runtime_error, as AresChannel.
    Handle ask(const Way& way, const std::string& name, int type, std::function<void(DnsReply)> done);

    [[nodiscard]] std::size_t channels() const { return channels_.size(); }

private:
    struct Channel;
    Channel& channel_of(const Way& way);
    void make_room();
    void sweep();

    uv::Loop& loop_;
    std::unordered_map<std::string, std::unique_ptr<Channel>> channels_;
    uv::Timer housekeeping_;
};

}  // namespace sonde::agent
