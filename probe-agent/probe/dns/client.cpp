#include "probe-agent/probe/dns/client.h"

#include <ares.h>
#include <arpa/nameser.h>

#include <utility>

namespace sonde::agent {
namespace {

constexpr milliseconds kSweep{1000};
constexpr seconds kIdle{60};
constexpr milliseconds kTcpPatience{30000};  // c-ares does not ask twice over one TCP connection

AresChannel::Options options_of(const DnsClient::Way& way) {
    // What a server says is the answer, whatever the code; what was cut off is asked again here, so that it is known.
    AresChannel::Options options;
    options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC | (way.tcp ? ARES_FLAG_USEVC : 0) |
                    (way.recursion ? 0 : ARES_FLAG_NORECURSE);
    options.servers = {way.server};
    if (!way.tcp) return options;
    options.timeout = kTcpPatience;
    options.tries = 1;
    return options;
}

std::string key_of(const DnsClient::Way& way) {
    return way.server + (way.tcp ? " tcp" : " udp") + (way.recursion ? " recursive" : "");
}

}  // namespace

struct DnsClient::Channel {
    Channel(uv::Loop& loop, const Way& way) : channel(loop, options_of(way)) {}
    AresChannel channel;
    int wanted = 0;  // of its open queries, those that somebody waits for
    MonotonicPoint used{};
};

// Shared by its owner and the answer to come; dropped by the owner, it waits for that and does nothing.
class DnsClient::Query {
public:
    Query(uv::Loop& loop, Channel& channel, std::function<void(DnsReply)> done) : channel_(channel), done_(std::move(done)), delivery_(loop) {}

    void begin(const std::string& name, int type) {
        ++users_;
        ++channel_.channel.open;
        ++channel_.wanted;
        ares_query(channel_.channel.ares, name.c_str(), ns_c_in, type, &Query::answered, this);
        channel_.channel.arm();
    }

    void drop() {
        if (std::exchange(done_, nullptr) && open_) --channel_.wanted;
        delivery_.cancel();
        release();
    }

private:
    static void answered(void* arg, int status, int /*timeouts*/, unsigned char* bytes, int length) {
        auto& query = *static_cast<Query*>(arg);
        --query.channel_.channel.open;
        query.open_ = false;
        if (query.done_) {
            --query.channel_.wanted;
            query.take(status, bytes, length);
        }
        query.release();
    }

    void take(int status, const unsigned char* bytes, int length) {
        using Outcome = DnsReply::Outcome;
        if (bytes != nullptr) {
            reply_ = {Outcome::answer, std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length))};
        } else {
            reply_ = {status == ARES_ETIMEOUT ? Outcome::silence : status == ARES_ECONNREFUSED ? Outcome::closed : Outcome::trouble, ares_strerror(status)};
        }
        // From the loop, not from inside c-ares, whose calls the receiver may make.
        delivery_.once(milliseconds{0}, [this] {
            const auto done = std::exchange(done_, nullptr);
            done(std::move(reply_));
        });
    }

    void release() {
        if (--users_ == 0) delete this;
    }

    Channel& channel_;
    std::function<void(DnsReply)> done_;
    DnsReply reply_;
    uv::Timer delivery_;
    bool open_ = true;
    int users_ = 1;
};

void DnsClient::Drop::operator()(Query* query) const { query->drop(); }

DnsClient::DnsClient(uv::Loop& loop) : loop_(loop), housekeeping_(loop) {
    housekeeping_.every(kSweep, [this] { sweep(); });
}

DnsClient::~DnsClient() = default;

DnsClient::Handle DnsClient::ask(const Way& way, const std::string& name, int type, std::function<void(DnsReply)> done) {
    auto& channel = channel_of(way);
    channel.used = loop_.now();
    Handle query(new Query(loop_, channel, std::move(done)));
    query->begin(name, type);
    return query;
}

DnsClient::Channel& DnsClient::channel_of(const Way& way) {
    const auto key = key_of(way);
    const auto found = channels_.find(key);
    if (found != channels_.end()) return *found->second;
    if (channels_.size() >= kMostChannels) make_room();
    return *channels_.emplace(key, std::make_unique<Channel>(loop_, way)).first->second;
}

// Lets go of the channel that was idle longest.
void DnsClient::make_room() {
    auto oldest = channels_.end();
    for (auto each = channels_.begin(); each != channels_.end(); ++each) {
        if (each->second->channel.open == 0 && (oldest == channels_.end() || each->second->used < oldest->second->used)) oldest = each;
    }
    if (oldest != channels_.end()) channels_.erase(oldest);
}

// Questions nobody waits for any more are not sent again and again. From the loop: c-ares 1.18 frees twice what is cancelled from inside.
void DnsClient::sweep() {
    for (auto each = channels_.begin(); each != channels_.end();) {
        auto& channel = each->second->channel;
        if (each->second->wanted == 0 && channel.open > 0) {
            ares_cancel(channel.ares);
            channel.arm();
        }
        const bool idle = channel.open == 0 && (loop_.now() - each->second->used > kIdle || channels_.size() > kMostChannels);
        each = idle ? channels_.erase(each) : std::next(each);
    }
}

}  // namespace sonde::agent
