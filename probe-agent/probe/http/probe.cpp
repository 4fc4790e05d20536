#include "probe-agent/probe/http/probe.h"

#include <fmt/format.h>

#include "probe-agent/probe/net/approach.h"
#include "probe-agent/probe/timed_check.h"

namespace sonde::agent {

using check::FailureClass;
using check::HttpMethod;
using check::Phase;

namespace {

constexpr std::size_t kLongestQuote = 300;
constexpr std::size_t kEvidenceBytes = 4096;  // of a body nobody asserts anything of

class HttpCheck final : public TimedCheck {
public:
    HttpCheck(Network& network, HttpClient& client, std::shared_ptr<const Target> target, milliseconds timeout, Probe::Done done)
        : TimedCheck(network, std::move(target), timeout, std::move(done)), client_(client) {}

private:
    [[nodiscard]] const check::HttpSpec& spec() const { return std::get<check::HttpSpec>(target().spec); }
    [[nodiscard]] check::HttpFacts& facts() { return seen_.facts<check::HttpFacts>(); }

    void run() override {
        url_ = target().url;
        method_ = spec().method;
        visit();
    }

    void visit() {
        seen_.phases = {};
        seen_.address.clear();
        seen_.tls.reset();
        approach_ = std::make_unique<Approach>(network_, url_.host, url_.port, [this](Arrival arrival) { arrived(std::move(arrival)); });
        approach_->start();
    }

    void arrived(Arrival arrival) {
        note(arrival);
        approach_.reset();
        if (arrival.failure) return fail(std::move(arrival.failure));
        seen_.address = net::with_port(arrival.address, url_.port);
        const HttpRequest request{
            .url = &url_,
            .method = method_,
            .headers = &spec().headers,
            .credentials = credentials_,
            .content = method_ == spec().method,
            .body = method_ == HttpMethod::post ? std::string_view(spec().body) : std::string_view(),
            .verify = spec().tls_verify,
            .max_body_bytes = spec().max_body_bytes,
            .keep_body_bytes = check::needs_body(spec()) ? static_cast<std::size_t>(spec().max_body_bytes) : kEvidenceBytes,
            .follow_redirects = spec().follow_redirects,
        };
        exchange_ = std::make_unique<HttpExchange>(client_, request, std::move(arrival.socket), arrival.address,
                                                   [this](HttpAnswer answer) { answered(std::move(answer)); });
        exchange_->start();
    }

    void note(const Arrival& arrival) {
        seen_.phases.resolve = arrival.resolve;
        seen_.phases.connect = arrival.connect;
    }

    void take(HttpAnswer& answer) {
        const auto redirects = redirects_;
        auto url = redirects > 0 ? url_.text() : std::string();
        seen_.phases.tls = answer.phases.tls;
        seen_.phases.first_byte = answer.phases.first_byte;
        seen_.phases.transfer = answer.phases.transfer;
        seen_.tls = std::move(answer.tls);
        if (answer.facts.status == 0 && redirects == 0) return;
        facts() = std::move(answer.facts);
        facts().redirects = redirects;
        facts().final_url = std::move(url);
    }

    void answered(HttpAnswer answer) {
        exchange_.reset();
        const auto location = std::move(answer.location);
        take(answer);
        if (answer.failure) return fail(std::move(answer.failure));
        if (spec().follow_redirects && is_redirect(facts().status) && !location.empty()) return redirect(location);
        finish();
    }

    void redirect(const std::string& location) {
        if (redirects_ >= spec().max_redirects) {
            return fail({FailureClass::too_many_redirects,
                         fmt::format("more than {} redirects; the last, of {}, leads to {}", spec().max_redirects,
                                     url_.text().substr(0, kLongestQuote), location.substr(0, kLongestQuote)),
                         Phase::none});
        }
        auto next = net::resolve_url(url_, location);
        if (!next) {
            return fail({FailureClass::http_protocol,
                         fmt::format("redirected to a Location that {}: {}", next.error().message, location.substr(0, kLongestQuote)),
                         Phase::first_byte});
        }
        ++redirects_;
        if (next->origin() != url_.origin())
            credentials_ = false;  // and they stay so: whoever is asked next was named by a stranger
        // RFC 9110, section 15.4: clients turn a redirected POST into a GET, but for 307 and 308.
        const bool keeps_method = facts().status == 307 || facts().status == 308;
        if (!keeps_method && method_ == HttpMethod::post) method_ = HttpMethod::get;
        url_ = std::move(*next);
        facts() = {};
        facts().redirects = redirects_;
        facts().final_url = url_.text();
        visit();
    }

    check::Failure overdue() override {
        if (approach_ != nullptr) {
            auto late = approach_->overdue(timeout());
            note(late);
            return std::move(late.failure);
        }
        auto answer = exchange_->so_far();
        take(answer);
        const bool answers = http_status_of(seen_) != 0;
        const bool secured = seen_.phases.first_byte.count() > 0;
        const auto* waiting = answers ? "the end of the answer" : secured ? "an answer" : "the TLS handshake";
        return {FailureClass::timeout_total, fmt::format("{} ms were over waiting for {} of {}", timeout().count(), waiting, seen_.address),
                answers ? Phase::transfer : secured ? Phase::first_byte : Phase::tls};
    }

    void release() override {
        approach_.reset();
        exchange_.reset();
    }

    HttpClient& client_;
    net::Url url_;
    HttpMethod method_ = HttpMethod::get;
    bool credentials_ = true;
    int redirects_ = 0;
    std::unique_ptr<Approach> approach_;
    std::unique_ptr<HttpExchange> exchange_;
};

}  // namespace

HttpProbe::HttpProbe(Network& network, HttpClient::Options options) : network_(network), client_(network.loop, network.certificates, std::move(options)) {}

std::unique_ptr<Attempt> HttpProbe::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto attempt = std::make_unique<HttpCheck>(network_, client_, std::move(target), timeout, std::move(done));
    attempt->begin();
    return attempt;
}

}  // namespace sonde::agent
