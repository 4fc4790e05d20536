#include "probe-agent/probe/banner/probe.h"

#include <fmt/format.h>

#include "probe-agent/probe/banner/greeting.h"
#include "probe-agent/probe/net/link_check.h"

namespace sonde::agent {

using check::FailureClass;

namespace {

class BannerCheck final : public LinkCheck {
public:
    BannerCheck(Network& network, TlsContexts& contexts, std::shared_ptr<const Target> target, milliseconds timeout, Probe::Done done)
        : LinkCheck(network, contexts, std::move(target), timeout, std::move(done)), greeting_(spec().protocol, spec().goodbye) {}

private:
    [[nodiscard]] const check::BannerSpec& spec() const { return std::get<check::BannerSpec>(target().spec); }

    [[nodiscard]] Way way() const override { return {spec().host, spec().port, spec().tls ? &*spec().tls : nullptr}; }

    void up() override {}

    void heard(const Stream::Turn& turn) override {
        const bool was_greeted = greeting_.state() != Greeting::State::greeting;
        if (const auto sending = greeting_.feed(turn.bytes); !sending.empty()) stream().send(sending);
        if (turn.failure && greeting_.state() == Greeting::State::greeting) return fail(turn.failure);
        if (turn.ended || turn.failure) greeting_.end();
        if (greeting_.state() == Greeting::State::over) {
            if (!turn.ended && !turn.failure) stream().close();
            return conclude();
        }
        if (!was_greeted && greeting_.state() == Greeting::State::parting) parting_.once(BannerProbe::kParting, [this] { conclude(); });
    }

    void conclude() {
        seen_.facts<check::BannerFacts>() = greeting_.facts();
        finish();
    }

    check::Failure late() override {
        seen_.facts<check::BannerFacts>() = greeting_.facts();
        if (greeting_.state() != Greeting::State::greeting) return {};
        return {FailureClass::timeout_total, fmt::format("{} ms were over waiting for the greeting of {}", timeout().count(), peer()), step()};
    }

    Greeting greeting_;
    uv::Timer parting_{network_.loop};
};

}  // namespace

std::unique_ptr<Attempt> BannerProbe::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto attempt = std::make_unique<BannerCheck>(network_, contexts_, std::move(target), timeout, std::move(done));
    attempt->begin();
    return attempt;
}

}  // namespace sonde::agent
