#include "probe-agent/probe/domain/probe.h"

#include <fmt/format.h>

#include "lib/check/header_fields.h"
#include "probe-agent/probe/domain/fetch.h"
#include "probe-agent/probe/timed_check.h"

namespace sonde::agent {

using check::FailureClass;
using check::Phase;

namespace {

std::string content_type_of(const check::HttpFacts& facts) {
    for (const auto& [name, value] : facts.headers) {
        if (check::lower_case(name) == "content-type") return value;
    }
    return {};
}

class DomainCheck final : public TimedCheck {
public:
    DomainCheck(Network& network, Probe& http, RdapBootstrap& bootstrap, std::shared_ptr<const Target> target, milliseconds timeout, Probe::Done done)
        : TimedCheck(network, std::move(target), timeout, std::move(done)), http_(http), bootstrap_(bootstrap) {}

private:
    [[nodiscard]] const check::DomainSpec& spec() const { return std::get<check::DomainSpec>(target().spec); }

    void run() override {
        if (!spec().rdap_server.empty()) return ask(spec().rdap_server);
        wait_ = bootstrap_.get([this](const RdapBootstrap::Outcome& outcome) {
            if (outcome.servers == nullptr) return trouble(outcome.error);
            const auto server = outcome.servers->find(spec().domain);
            if (server.empty()) return trouble(fmt::format("no RDAP server is known for {}: name one as rdap_server", spec().domain));
            ask(server);
        });
    }

    void ask(const std::string& server) {
        url_ = fmt::format("{}domain/{}", server, spec().domain);
        // Our own deadline ends it: this one only has to be no earlier.
        auto attempt = fetch_json(http_, url_, "application/rdap+json, application/json;q=0.9", kMaxRdapBytes, timeout() + milliseconds{1000},
                                  [this](check::Observation seen) { answered(seen); });
        if (!attempt) return trouble(fmt::format("{}: {}", url_, attempt.error().message));
        asking_ = std::move(*attempt);
    }

    void answered(const check::Observation& seen) {
        seen_.phases = seen.phases;
        seen_.address = seen.address;
        seen_.tls = seen.tls;
        const auto* facts = seen.find<check::HttpFacts>();
        if (!seen.failure && facts != nullptr && facts->status == 404 && is_rdap_not_found(content_type_of(*facts), facts->body)) {
            seen_.facts<check::DomainFacts>().source = url_;
            return finish();
        }
        if (const auto wrong = wrong_with(seen); !wrong.empty()) return trouble(fmt::format("{}: {}", url_, wrong));
        auto registration = read_registration(facts->body, spec().domain);
        if (!registration) return trouble(fmt::format("{}: the answer {}", url_, registration.error().message));
        auto& found = seen_.facts<check::DomainFacts>();
        found = std::move(*registration);
        found.source = url_;
        finish();
    }

    // Nothing that keeps us from knowing is the domain's fault.
    void trouble(std::string what) { fail({FailureClass::agent_error, std::move(what), Phase::none}); }

    check::Failure overdue() override {
        const auto whom = url_.empty() ? std::string("the list of RDAP servers") : url_;
        return {FailureClass::agent_error, fmt::format("{} ms were over waiting for {}", timeout().count(), whom), Phase::none};
    }

    void release() override {
        wait_.reset();
        asking_.reset();
    }

    Probe& http_;
    RdapBootstrap& bootstrap_;
    std::string url_;
    RdapBootstrap::Handle wait_;
    std::unique_ptr<Attempt> asking_;
};

}  // namespace

std::unique_ptr<Attempt> DomainProbe::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto attempt = std::make_unique<DomainCheck>(network_, http_, bootstrap_, std::move(target), timeout, std::move(done));
    attempt->begin();
    return attempt;
}

}  // namespace sonde::agent
