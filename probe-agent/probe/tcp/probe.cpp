#include "probe-agent/probe/tcp/probe.h"

#include <fmt/format.h>

#include "probe-agent/probe/tcp/conversation.h"
#include "probe-agent/probe/timed_check.h"

namespace sonde::agent {

using check::Addresses;
using check::FailureClass;
using check::Phase;

namespace {

class TcpCheck final : public TimedCheck {
public:
    TcpCheck(Network& network, TlsContexts& contexts, std::shared_ptr<const Target> target, milliseconds timeout, Probe::Done done)
        : TimedCheck(network, std::move(target), timeout, std::move(done)), contexts_(contexts) {}

private:
    [[nodiscard]] const check::TcpSpec& spec() const { return std::get<check::TcpSpec>(target().spec); }

    void run() override {
        if (spec().addresses == Addresses::race) return talk_to(spec().host);
        began_ = std::chrono::steady_clock::now();
        const auto& host = spec().host;
        if (const auto address = net::Address::parse(host)) return resolved({*address});
        if (auto known = network_.resolver.known(host); !known.empty()) return resolved(std::move(known));
        query_ = network_.resolver.resolve(host, [this](Resolution resolution) {
            query_.reset();
            if (resolution.cause != FailureClass::none) {
                seen_.phases.resolve = since(began_);
                return fail({resolution.cause, std::move(resolution.message), Phase::resolve});
            }
            resolved(std::move(resolution.addresses));
        });
    }

    void resolved(std::vector<net::Address> addresses) {
        resolve_ = since(began_);
        is_resolved_ = true;
        if (spec().addresses == Addresses::first) addresses.resize(1);
        if (addresses.size() > TcpProbe::kMaxAddresses) {
            return fail({FailureClass::agent_error,
                         fmt::format("{} has {} addresses, and only {} are tried one by one", spec().host, addresses.size(), TcpProbe::kMaxAddresses),
                         Phase::resolve});
        }
        addresses_ = std::move(addresses);
        next();
    }

    void next() { talk_to(addresses_.at(tried_++).text()); }

    void talk_to(std::string host) {
        conversation_ = std::make_unique<Conversation>(network_, contexts_, spec(), std::move(host), [this](ConversationEnd end) { ended(std::move(end)); });
        conversation_->start();
    }

    void note(ConversationEnd end) {
        seen_.phases = end.phases;
        if (is_resolved_) seen_.phases.resolve = resolve_;
        seen_.address = end.conversation.address;
        seen_.tls = std::move(end.tls);
        if (is_resolved_ && end.conversation.address.empty()) {
            end.conversation.address = net::with_port(addresses_.at(tried_ - 1), spec().port);
        }
        if (!end.conversation.address.empty()) seen_.facts<check::TcpFacts>().conversations.push_back(std::move(end.conversation));
    }

    void ended(ConversationEnd end) {
        auto failure = end.conversation.failure;
        note(std::move(end));
        if (spec().addresses != Addresses::each) {
            if (failure) return fail(std::move(failure));
            return finish();
        }
        if (tried_ == addresses_.size()) return finish();
        // From the loop, since we are within a call of what is to be replaced.
        again_.once(milliseconds{0}, [this] { next(); });
    }

    check::Failure overdue() override {
        if (conversation_ == nullptr) {
            seen_.phases.resolve = since(began_);
            return {FailureClass::dns_timeout, fmt::format("no answer from the name servers for {} within {} ms", spec().host, timeout().count()),
                    Phase::resolve};
        }
        auto end = conversation_->overdue(timeout());
        auto failure = end.conversation.failure;
        note(std::move(end));
        return failure;
    }

    void release() override {
        again_.cancel();
        query_.reset();
        conversation_.reset();
    }

    TlsContexts& contexts_;
    MonotonicPoint began_{};
    microseconds resolve_{0};
    bool is_resolved_ = false;  // by us, not by the conversation
    std::vector<net::Address> addresses_;
    std::size_t tried_ = 0;
    Resolver::Handle query_;
    std::unique_ptr<Conversation> conversation_;
    uv::Timer again_{network_.loop};
};

}  // namespace

std::unique_ptr<Attempt> TcpProbe::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto attempt = std::make_unique<TcpCheck>(network_, contexts_, std::move(target), timeout, std::move(done));
    attempt->begin();
    return attempt;
}

}  // namespace sonde::agent
