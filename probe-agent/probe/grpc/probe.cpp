#include "probe-agent/probe/grpc/probe.h"

#include <fmt/format.h>

#include "probe-agent/probe/grpc/call.h"
#include "probe-agent/probe/net/link_check.h"

namespace sonde::agent {

using check::FailureClass;

namespace {

std::string authority_of(const check::GrpcSpec& spec) {
    if (!spec.authority.empty()) return spec.authority;
    return spec.host.find(':') == std::string::npos ? fmt::format("{}:{}", spec.host, spec.port) : fmt::format("[{}]:{}", spec.host, spec.port);
}

class GrpcCheck final : public LinkCheck {
public:
    GrpcCheck(Network& network, TlsContexts& contexts, const std::string& user_agent, std::shared_ptr<const Target> target, milliseconds timeout,
              Probe::Done done)
        : LinkCheck(network, contexts, std::move(target), timeout, std::move(done)),
          call_({.spec = &spec(), .authority = authority_of(spec()), .user_agent = user_agent, .timeout = timeout}) {}

private:
    [[nodiscard]] const check::GrpcSpec& spec() const { return std::get<check::GrpcSpec>(target().spec); }

    [[nodiscard]] Way way() const override { return {spec().host, spec().port, spec().tls ? &*spec().tls : nullptr, spec().tls ? "h2" : ""}; }

    void up() override { stream().send(call_.take_output()); }

    void heard(const Stream::Turn& turn) override {
        const auto state = call_.feed(turn.bytes);
        if (state == GrpcCall::State::waiting) {
            if (turn.failure) return fail(turn.failure);
            if (turn.ended) return fail({FailureClass::http_protocol, fmt::format("{} closed the connection before it answered", peer()), step()});
            if (const auto output = call_.take_output(); !output.empty()) stream().send(output);
            return;
        }
        if (state == GrpcCall::State::broken) return fail({FailureClass::http_protocol, fmt::format("{} {}", peer(), call_.reason()), step()});
        seen_.facts<check::GrpcFacts>() = call_.facts();
        stream().close();
        finish();
    }

    check::Failure late() override {
        return {FailureClass::timeout_total, fmt::format("{} ms were over waiting for the answer of {}", timeout().count(), peer()), step()};
    }

    GrpcCall call_;
};

}  // namespace

std::unique_ptr<Attempt> GrpcProbe::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto attempt = std::make_unique<GrpcCheck>(network_, contexts_, user_agent_, std::move(target), timeout, std::move(done));
    attempt->begin();
    return attempt;
}

}  // namespace sonde::agent
