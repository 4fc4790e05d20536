#include "probe-agent/probe/net/resolver.h"

#include <ares.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "probe-agent/probe/net/socket.h"

namespace sonde::agent {
namespace {

using check::FailureClass;

constexpr std::size_t kMaxAddresses = 8;
constexpr milliseconds kSecondAnswer{50};  // RFC 8305, section 3: how long the first answer waits for the other family's
constexpr milliseconds kHousekeeping{10000};

// Whether this machine has a way to the IPv6 internet at all: asks the routing table, sends nothing.
bool has_ipv6_route() {
    const Socket probe(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!probe) return false;
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(53);
    const auto address = *net::Address::parse("2001:4860:4860::8888");
    std::memcpy(&to.sin6_addr, address.bytes, 16);
    return ::connect(probe.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
}

// What went wrong, if neither family has an address. The worst of the two answers decides, but "no such name" is beyond doubt.
Resolution failure(const std::string& host, int v4, int v6) {
    const auto either = [v4, v6](std::initializer_list<int> codes) -> std::optional<int> {
        for (const int code : codes) {
            if (v4 == code || v6 == code) return code;
        }
        return std::nullopt;
    };
    if (either({ARES_ENOTFOUND})) return {FailureClass::dns_nxdomain, fmt::format("the name {} does not exist", host), {}};
    if (either({ARES_ECONNREFUSED})) {
        // For one family it may look like silence: of two questions on one socket only one is told of the refusal.
        return {FailureClass::agent_error,
                fmt::format("no name server could be asked for {}: {}", host, ares_strerror(ARES_ECONNREFUSED)),
                {}};
    }
    if (either({ARES_ETIMEOUT}))
        return {FailureClass::dns_timeout, fmt::format("the name servers did not answer for {}", host), {}};
    if (const auto code = either({ARES_ESERVFAIL, ARES_EREFUSED, ARES_EBADRESP, ARES_EFORMERR, ARES_ENOTIMP})) {
        return {FailureClass::dns_servfail, fmt::format("the name servers failed for {}: {}", host, ares_strerror(*code)), {}};
    }
    if (v4 == ARES_ENODATA && v6 == ARES_ENODATA) {
        return {FailureClass::dns_nxdomain, fmt::format("the name {} has no address", host), {}};
    }
    if (either({ARES_EBADNAME})) return {FailureClass::dns_nxdomain, fmt::format("{} cannot be a name", host), {}};
    // Out of memory and the like: this machine's troubles.
    const int code = v4 != ARES_ENODATA ? v4 : v6;
    return {FailureClass::agent_error, fmt::format("cannot resolve {}: {}", host, ares_strerror(code)), {}};
}

timespec settings_time() {
    struct stat status {};
    return ::stat("/etc/resolv.conf", &status) == 0 ? status.st_mtim : timespec{};
}

}  // namespace

std::vector<net::Address> interleave(const std::vector<net::Address>& v6, const std::vector<net::Address>& v4, int first,
                                     std::size_t limit) {
    std::vector<net::Address> order;
    const auto& a = first == AF_INET6 ? v6 : v4;
    const auto& b = first == AF_INET6 ? v4 : v6;
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
        if (i < a.size()) order.push_back(a[i]);
        if (i < b.size()) order.push_back(b[i]);
    }
    if (order.size() > limit) order.resize(limit);
    return order;
}

namespace {

// c-ares asks the next server when one refuses or fails, which is right, but then reports "connection refused" whatever they
// said. An `exact` channel reports the first server's own answer instead.
AresChannel::Options channel_options(const Resolver::Options& options, bool exact) {
    return {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | (exact ? ARES_FLAG_NOCHECKRESP : 0), .servers = options.servers};
}

}  // namespace

// Shared by its owner and the two answers to come; dropped by the owner, it waits for these and does nothing.
class Resolver::Query {
public:
    Query(uv::Loop& loop, std::string host, int family, std::function<void(Resolution)> done)
        : host_(std::move(host)), family_(family), done_(std::move(done)), second_answer_(loop) {}

    void begin(AresChannel& channel, AresChannel& exact) {
        exact_ = &exact;
        ++exact.open;
        for (const int family : {AF_INET, AF_INET6}) {
            if (family_ == AF_UNSPEC || family_ == family) {
                ask(channel, family);
            } else {
                (family == AF_INET ? v4_ : v6_).status = ARES_ENODATA;
            }
        }
        // c-ares may have answered at once, from inside the calls.
        begun_ = true;
        if (complete()) second_answer_.once(milliseconds{0}, [this] { finish(); });
    }

    void drop() {
        done_ = nullptr;
        second_answer_.cancel();
        release();
    }

private:
    struct Answer {
        Query* query;
        AresChannel* channel;
        int family;
    };

    void ask(AresChannel& channel, int family) {
        ares_addrinfo_hints hints{};
        hints.ai_family = family;
        hints.ai_flags = ARES_AI_NOSORT;
        ++users_;
        ++channel.open;
        auto* answer = new Answer{this, &channel, family};
        ares_getaddrinfo(channel.ares, host_.c_str(), nullptr, &hints, &Query::answered, answer);
        channel.arm();
    }

    static void answered(void* arg, int status, int /*timeouts*/, ares_addrinfo* info) {
        const std::unique_ptr<Answer> answer(static_cast<Answer*>(arg));
        --answer->channel->open;
        auto& query = *answer->query;
        if (status == ARES_ECONNREFUSED && answer->channel != query.exact_ && query.done_) {
            query.ask(*query.exact_, answer->family);
        } else {
            query.take(answer->family, status, info);
        }
        if (info != nullptr) ares_freeaddrinfo(info);
        query.release();
    }

    void take(int family, int status, const ares_addrinfo* info) {
        auto& half = family == AF_INET ? v4_ : v6_;
        half.status = status;
        for (const auto* node = info == nullptr ? nullptr : info->nodes; node != nullptr; node = node->ai_next) {
            const auto address = net::Address::from(node->ai_addr);
            if (address && std::find(half.addresses.begin(), half.addresses.end(), *address) == half.addresses.end())
                half.addresses.push_back(*address);
        }
        if (!done_ || !begun_) return;
        // Delivered from the loop, not from inside c-ares, whose calls the receiver may make.
        if (complete()) {
            second_answer_.once(milliseconds{0}, [this] { finish(); });
        } else if (!half.addresses.empty()) {
            second_answer_.once(kSecondAnswer, [this] { finish(); });
        }
    }

    [[nodiscard]] bool complete() const { return v4_.status && v6_.status; }

    void finish() {
        if (!done_) return;
        const auto done = std::move(done_);
        done_ = nullptr;
        if (v4_.addresses.empty() && v6_.addresses.empty()) {
            auto failed = failure(host_, v4_.status.value_or(ARES_ETIMEOUT), v6_.status.value_or(ARES_ETIMEOUT));
            if (family_ != AF_UNSPEC && v4_.status == ARES_ENODATA && v6_.status == ARES_ENODATA)
                failed.message = fmt::format("the name {} has no {} address", host_, family_ == AF_INET ? "IPv4" : "IPv6");
            done(std::move(failed));
        } else {
            const int first = !v6_.addresses.empty() && !v4_.addresses.empty() && has_ipv6_route() ? AF_INET6 : AF_INET;
            done({FailureClass::none, "", interleave(v6_.addresses, v4_.addresses, first, kMaxAddresses)});
        }
    }

    void release() {
        if (--users_ > 0) return;
        --exact_->open;
        delete this;
    }

    struct Half {
        std::optional<int> status;
        std::vector<net::Address> addresses;
    };
    std::string host_;
    int family_;
    std::function<void(Resolution)> done_;
    uv::Timer second_answer_;
    Half v4_;
    Half v6_;
    AresChannel* exact_ = nullptr;
    bool begun_ = false;
    int users_ = 1;
};

void Resolver::Drop::operator()(Query* query) const { query->drop(); }

Resolver::Resolver(uv::Loop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      hosts_(options_.hosts_file),
      exact_(std::make_unique<AresChannel>(loop, channel_options(options_, true))),
      channel_(std::make_unique<AresChannel>(loop, channel_options(options_, false))),
      housekeeping_(loop),
      settings_changed_(settings_time()) {
    housekeeping_.every(kHousekeeping, [this] { refresh(); });
}

Resolver::~Resolver() = default;

std::vector<net::Address> Resolver::known(const std::string& host) { return hosts_.find(host, loop_.now()); }

std::vector<std::string> Resolver::servers() const { return channel_->servers(); }

Resolver::Handle Resolver::resolve(const std::string& host, std::function<void(Resolution)> done, int family) {
    Handle query(new Query(loop_, host, family, std::move(done)));
    query->begin(*channel_, *exact_);
    return query;
}

// c-ares 1.18 reads /etc/resolv.conf once; a machine that moves to another network would never resolve again.
void Resolver::refresh() {
    retired_.erase(std::remove_if(retired_.begin(), retired_.end(), [](const auto& channel) { return channel->open == 0; }),
                   retired_.end());
    if (!options_.servers.empty()) return;
    const auto changed = settings_time();
    if (changed.tv_sec == settings_changed_.tv_sec && changed.tv_nsec == settings_changed_.tv_nsec) return;
    settings_changed_ = changed;
    try {
        auto fresh = std::make_unique<AresChannel>(loop_, channel_options(options_, false));
        auto exact = std::make_unique<AresChannel>(loop_, channel_options(options_, true));
        retired_.push_back(std::exchange(channel_, std::move(fresh)));
        retired_.push_back(std::exchange(exact_, std::move(exact)));
    } catch (const std::runtime_error&) {
        // The old settings go on; the next change of the file tries again.
    }
}

}  // namespace sonde::agent
