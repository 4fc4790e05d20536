#include "probe-agent/probe/dns/probe.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "probe-agent/probe/dns/answer.h"
#include "probe-agent/probe/net/approach.h"
#include "probe-agent/probe/net/socket_address.h"
#include "probe-agent/probe/timed_check.h"

namespace sonde::agent {

using check::FailureClass;
using check::Phase;

namespace {

constexpr milliseconds kNextServer{2000};

// Why nothing can be sent to a server at all; 0 if something can. Asks the routing table, sends nothing.
int no_way_to(const check::DnsServerAddress& server) {
    const auto to = socket_address(server.address, server.port);
    const Socket probe(::socket(server.address.family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!probe) return errno;
    return ::connect(probe.fd(), to.raw(), to.length) == 0 ? 0 : errno;
}

// After these another server may know better, as any stub resolver has it.
bool is_no_answer(int rcode) {
    using check::DnsRcode;
    return rcode == static_cast<int>(DnsRcode::servfail) || rcode == static_cast<int>(DnsRcode::refused) || rcode == static_cast<int>(DnsRcode::notimp);
}

class DnsCheck final : public TimedCheck {
public:
    DnsCheck(Network& network, DnsClient& client, std::shared_ptr<const Target> target, milliseconds timeout, Probe::Done done)
        : TimedCheck(network, std::move(target), timeout, std::move(done)), client_(client), next_server_(network.loop) {}

private:
    [[nodiscard]] const check::DnsSpec& spec() const { return std::get<check::DnsSpec>(target().spec); }
    [[nodiscard]] bool is_own() const { return spec().server.empty(); }
    [[nodiscard]] bool over_tcp() const { return spec().transport == check::DnsTransport::tcp; }

    void run() override {
        began_ = std::chrono::steady_clock::now();
        question_ = check::question_of(spec());
        if (is_own()) {
            servers_ = network_.resolver.servers();
            if (servers_.empty()) return fail({FailureClass::agent_error, "this machine has no name server", Phase::resolve});
        } else {
            named_ = *check::parse_dns_server(spec().server);
            auto passed = pass_guard(network_.guard, named_.address.text(), {named_.address});
            if (passed.failure) return fail(std::move(passed.failure));
            servers_ = {net::with_port(named_.address, named_.port)};
            seen_.address = servers_.front();
        }
        ask_next();
    }

    void ask_next() {
        const auto server = servers_[asked_++ % servers_.size()];
        ask(server, over_tcp());
        if (asked_ < servers_.size()) next_server_.once(kNextServer, [this] { ask_next(); });
    }

    void ask(const std::string& server, bool tcp) {
        try {
            auto& query = queries_.emplace_back();
            query = client_.ask({server, tcp, spec().recursion}, question_, check::code_of(spec().type),
                                [this, server, tcp](DnsReply reply) { replied(server, tcp, reply); });
            ++open_;
        } catch (const std::runtime_error& error) {
            fail({FailureClass::agent_error, error.what(), Phase::resolve});
        }
    }

    void replied(const std::string& server, bool tcp, const DnsReply& reply) {
        --open_;
        seen_.phases.resolve = since(began_);
        switch (reply.outcome) {
            case DnsReply::Outcome::answer: return answered(server, tcp, reply.message);
            case DnsReply::Outcome::silence:
                if (open_ == 0) ask_next();
                return;
            case DnsReply::Outcome::closed: return closed(server, tcp);
            case DnsReply::Outcome::trouble:
                return fail({FailureClass::agent_error, fmt::format("cannot ask {} for {}: {}", server, question_, reply.message), Phase::resolve});
        }
    }

    void answered(const std::string& server, bool tcp, const std::string& message) {
        auto& facts = seen_.facts<check::DnsFacts>();
        facts.question = question_;
        facts.server = server;
        facts.tcp = tcp;
        read_dns_answer(message, facts);
        seen_.address = server;
        if (facts.tc && !tcp) {
            next_server_.cancel();
            queries_.clear();
            open_ = 0;
            cut_off_ = true;
            return ask(server, true);
        }
        if (is_no_answer(facts.rcode) && asked_ < servers_.size()) return ask_next();
        if (is_no_answer(facts.rcode) && open_ > 0) return;
        finish();
    }

    void closed(const std::string& server, bool tcp) {
        const auto* how = cut_off_ ? "over TCP, after an answer that was cut off" : tcp ? "over TCP" : "over UDP";
        if (!is_own()) {
            if (const int code = no_way_to(named_); code != 0)
                return fail({FailureClass::unreachable, fmt::format("there is no way to {}: {}", server, std::strerror(code)), Phase::resolve});
            return fail({FailureClass::connect_refused, fmt::format("{} takes no questions {}: connection refused or closed", server, how), Phase::resolve});
        }
        if (asked_ < servers_.size()) return ask_next();
        if (open_ > 0) return;
        if (seen_.find<check::DnsFacts>() != nullptr && !cut_off_) return finish();  // another said that it failed
        fail({FailureClass::agent_error, fmt::format("no name server could be asked for {}: {} takes no questions {}", question_, server, how), Phase::resolve});
    }

    check::Failure overdue() override {
        seen_.phases.resolve = since(began_);
        if (const auto* facts = seen_.find<check::DnsFacts>(); facts != nullptr && !cut_off_) {
            return {FailureClass::dns_servfail,
                    fmt::format("{} answered {} for {}, and no other within {} ms", facts->server, check::dns_rcode_name(facts->rcode), question_, timeout().count()),
                    Phase::resolve};
        }
        const auto* after = cut_off_ ? " over TCP, after one over UDP that was cut off," : "";
        return {FailureClass::dns_timeout,
                fmt::format("no answer for {} from {}{} within {} ms", question_, fmt::join(servers_, ", "), after, timeout().count()), Phase::resolve};
    }

    void release() override {
        next_server_.cancel();
        queries_.clear();
    }

    DnsClient& client_;
    MonotonicPoint began_{};
    std::string question_;
    check::DnsServerAddress named_;
    std::vector<std::string> servers_;
    std::size_t asked_ = 0;
    std::vector<DnsClient::Handle> queries_;
    int open_ = 0;
    bool cut_off_ = false;
    uv::Timer next_server_;
};

}  // namespace

std::unique_ptr<Attempt> DnsProbe::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto attempt = std::make_unique<DnsCheck>(network_, client_, std::move(target), timeout, std::move(done));
    attempt->begin();
    return attempt;
}

}  // namespace sonde::agent
