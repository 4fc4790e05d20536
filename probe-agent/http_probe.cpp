#include "probe-agent/http_probe.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::agent {

using check::FailureClass;
using check::HttpMethod;

namespace {

constexpr std::size_t kLongestMessage = 1000;  // what a server says may be in it, and it is kept as evidence
constexpr std::size_t kLongestQuote = 300;

}  // namespace

// One check under way.
class HttpCheck final : public Attempt {
public:
    HttpCheck(HttpProbe& probe, std::shared_ptr<const Target> target, milliseconds timeout, Probe::Done done)
        : probe_(probe), target_(std::move(target)), timeout_(timeout), done_(std::move(done)), deadline_(probe.loop_) {}

    void begin() {
        started_ = std::chrono::steady_clock::now();
        deadline_.once(timeout_ + milliseconds{1},
                       [this] { time_is_up(); });  // timers may be a millisecond early, a deadline may not
        url_ = target_->url;
        method_ = target_->http().method;
        visit();
        in_start_ = false;
    }

private:
    enum class Step : unsigned char { resolving, connecting, exchanging };

    [[nodiscard]] microseconds since(MonotonicPoint begin) const {
        return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begin);
    }

    void enter(Step step) {
        step_ = step;
        step_started_ = std::chrono::steady_clock::now();
    }

    void visit() {
        seen_.phases = {};
        seen_.address.clear();
        seen_.certificate.reset();
        seen_.http_status = 0;
        seen_.http_version.clear();
        enter(Step::resolving);
        if (url_.host_is_address) return connect({*net::Address::parse(url_.host)});
        if (auto known = probe_.resolver_.known(url_.host); !known.empty()) return connect(std::move(known));
        query_ = probe_.resolver_.resolve(url_.host, [this](Resolution resolution) { resolved(std::move(resolution)); });
    }

    void resolved(Resolution resolution) {
        seen_.phases.resolve = since(step_started_);
        query_.reset();
        if (resolution.cause != FailureClass::none) return fail(resolution.cause, std::move(resolution.message));
        connect(std::move(resolution.addresses));
    }

    void connect(std::vector<net::Address> addresses) {
        std::string refused;
        const auto is_refused = [&](const net::Address& address) {
            auto why = probe_.guard_.refusal(address);
            if (why && refused.empty()) refused = std::move(*why);
            return why.has_value();
        };
        addresses.erase(std::remove_if(addresses.begin(), addresses.end(), is_refused), addresses.end());
        if (addresses.empty()) {
            return fail(FailureClass::blocked_address,
                        url_.host_is_address ? std::move(refused) : fmt::format("{}: {}", url_.host, refused));
        }
        enter(Step::connecting);
        connector_ = std::make_unique<Connector>(probe_.loop_, std::move(addresses), url_.port,
                                                 [this](Connected outcome) { connected(std::move(outcome)); });
        connector_->start();
    }

    void connected(Connected outcome) {
        seen_.phases.connect = since(step_started_);
        seen_.address = net::with_port(outcome.address, url_.port);
        // Its last act was to call us, so it may go.
        connector_.reset();
        if (outcome.cause != FailureClass::none) {
            seen_.address.clear();
            return fail(outcome.cause, std::move(outcome.message));
        }
        enter(Step::exchanging);
        const auto& spec = target_->http();
        const HttpRequest request{
            .url = &url_,
            .method = method_,
            .headers = &spec.headers,
            .credentials = credentials_,
            .content = method_ == spec.method,
            .body = method_ == HttpMethod::post ? std::string_view(spec.body) : std::string_view(),
            .verify = spec.tls_verify,
            .max_body_bytes = spec.max_body_bytes,
            .follow_redirects = spec.follow_redirects,
        };
        exchange_ = std::make_unique<HttpExchange>(probe_.client_, request, std::move(outcome),
                                                   [this](HttpAnswer answer) { answered(std::move(answer)); });
        exchange_->start();
    }

    void take(HttpAnswer& answer) {
        seen_.http_status = answer.status;
        seen_.http_version = std::move(answer.http_version);
        seen_.body_bytes = answer.body_bytes;
        seen_.body_truncated = answer.body_truncated;
        seen_.certificate = std::move(answer.certificate);
        seen_.phases.tls = answer.phases.tls;
        seen_.phases.first_byte = answer.phases.first_byte;
        seen_.phases.transfer = answer.phases.transfer;
    }

    void answered(HttpAnswer answer) {
        exchange_.reset();
        take(answer);
        if (answer.failure.cause != FailureClass::none) return fail(answer.failure.cause, std::move(answer.failure.message));
        if (target_->http().follow_redirects && is_redirect(answer.status) && !answer.location.empty())
            return redirect(answer.location);
        finish();
    }

    void redirect(const std::string& location) {
        if (seen_.redirects >= target_->http().max_redirects) {
            return fail(FailureClass::too_many_redirects,
                        fmt::format("more than {} redirects; the last, of {}, leads to {}", target_->http().max_redirects,
                                    url_.text().substr(0, kLongestQuote), location.substr(0, kLongestQuote)));
        }
        auto next = net::resolve_url(url_, location);
        if (!next)
            return fail(FailureClass::http_protocol, fmt::format("redirected to a Location that {}: {}", next.error().message,
                                                                 location.substr(0, kLongestQuote)));
        ++seen_.redirects;
        if (next->origin() != url_.origin())
            credentials_ = false;  // and they stay so: whoever is asked next was named by a stranger
        // RFC 9110, section 15.4: clients turn a redirected POST into a GET, but for 307 and 308.
        const bool keeps_method = seen_.http_status == 307 || seen_.http_status == 308;
        if (!keeps_method && method_ == HttpMethod::post) method_ = HttpMethod::get;
        url_ = std::move(*next);
        seen_.final_url = url_.text();
        visit();
    }

    void time_is_up() {
        if (failed_at_once_) return finish();
        const auto spent = since(step_started_);
        // A step that only had the crumbs of the time is not the one to blame.
        const bool to_blame = spent * 2 >= timeout_;
        switch (step_) {
            case Step::resolving:
                seen_.phases.resolve = spent;
                return fail(to_blame ? FailureClass::dns_timeout : FailureClass::timeout_total,
                            fmt::format("no answer from the name servers for {} within {} ms", url_.host, timeout_.count()));
            case Step::connecting:
                seen_.phases.connect = spent;
                return fail(to_blame ? FailureClass::connect_timeout : FailureClass::timeout_total,
                            fmt::format("no connection to {} within {} ms", connector_->trying(), timeout_.count()));
            case Step::exchanging:
                break;
        }
        auto answer = exchange_->so_far();
        take(answer);
        const auto* waiting = seen_.http_status != 0                ? "the end of the answer"
                              : seen_.phases.first_byte.count() > 0 ? "an answer"
                                                                    : "the TLS handshake";
        fail(FailureClass::timeout_total,
             fmt::format("{} ms were over waiting for {} of {}", timeout_.count(), waiting, seen_.address));
    }

    void fail(FailureClass cause, std::string message) {
        message.resize(std::min(message.size(), kLongestMessage));
        seen_.failure = {cause, std::move(message)};
        if (!in_start_) return finish();
        failed_at_once_ = true;
        deadline_.once(milliseconds{0}, [this] { time_is_up(); });
    }

    // The last act: the receiver may destroy us.
    void finish() {
        query_.reset();
        connector_.reset();
        exchange_.reset();
        deadline_.cancel();
        seen_.phases.total = since(started_);
        const auto done = std::move(done_);
        done(std::move(seen_));
    }

    HttpProbe& probe_;
    std::shared_ptr<const Target> target_;
    milliseconds timeout_;
    Probe::Done done_;
    uv::Timer deadline_;
    net::Url url_;
    HttpMethod method_ = HttpMethod::get;
    bool credentials_ = true;
    bool in_start_ = true;
    bool failed_at_once_ = false;
    Step step_ = Step::resolving;
    MonotonicPoint started_{};
    MonotonicPoint step_started_{};
    check::Observation seen_;
    Resolver::Handle query_;
    std::unique_ptr<Connector> connector_;
    std::unique_ptr<HttpExchange> exchange_;
};

HttpProbe::HttpProbe(uv::Loop& loop, Resolver& resolver, HttpClient::Options options, net::Guard guard)
    : loop_(loop), resolver_(resolver), guard_(std::move(guard)), client_(loop, std::move(options)) {}

std::unique_ptr<Attempt> HttpProbe::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto attempt = std::make_unique<HttpCheck>(*this, std::move(target), timeout, std::move(done));
    attempt->begin();
    return attempt;
}

}  // namespace sonde::agent
