#include "probe-agent/probe/http/probe.h"

#include <fmt/format.h>

#include "lib/check/http/url_credentials.h"
#include "lib/crypto/crypto.h"
#include "probe-agent/probe/timed_check.h"

namespace sonde::agent {

using check::FailureClass;
using check::Phase;

namespace {

constexpr std::size_t kLongestQuote = 300;
constexpr std::size_t kLongestToldUrl = 2048;
constexpr std::size_t kEvidenceBytes = 4096;  // of a body nobody asserts anything of

class HttpCheck final : public TimedCheck {
public:
    HttpCheck(HttpReach& reach, TokenCache& tokens, std::shared_ptr<const Target> target, milliseconds timeout, Probe::Done done)
        : TimedCheck(reach.network, target, timeout, std::move(done)), reach_(reach), tokens_(tokens), own_(std::move(target)) {}

private:
    [[nodiscard]] const check::HttpSpec& spec() const { return std::get<check::HttpSpec>(target().spec); }
    [[nodiscard]] check::HttpFacts& facts() { return seen_.facts<check::HttpFacts>(); }

    void run() override {
        url_ = target().url;
        method_ = spec().method;
        authorize();
    }

    void authorize() {
        const auto& auth = spec().auth;
        if (auth.type == check::HttpAuthType::basic) authorization_ = "Basic " + crypto::base64(auth.username + ':' + auth.password);
        if (auth.type == check::HttpAuthType::bearer) authorization_ = "Bearer " + auth.token;
        if (auth.type != check::HttpAuthType::oauth2) return visit();
        if (const auto token = tokens_.find(spec()); !token.empty()) return visit_with(token);
        token_wait_ = tokens_.fetch(own_, [this](TokenCache::Outcome outcome) {
            token_wait_.reset();
            if (outcome.failure) return fail(std::move(outcome.failure));
            visit_with(outcome.token);
        });
    }

    void visit_with(const std::string& token) {
        token_ = token;
        authorization_ = "Bearer " + token;
        hide_token_.add(token);
        visit();
    }

    void visit() {
        seen_.phases = {};
        seen_.address.clear();
        seen_.tls.reset();
        HttpRequest request;
        request.url = url_;
        request.method = method_;
        request.headers = &spec().headers;
        request.credentials = credentials_;
        request.content = method_ == spec().method;
        if (credentials_) request.authorization = authorization_;
        if (request.content) request.body = spec().body;
        request.verify = spec().tls_verify;
        request.connection = &spec().connection;
        request.max_body_bytes = spec().max_body_bytes;
        request.keep_body_bytes = check::needs_body(spec()) ? static_cast<std::size_t>(spec().max_body_bytes) : kEvidenceBytes;
        request.follow_redirects = spec().follow_redirects;
        hop_ = std::make_unique<Hop>(reach_, std::move(request), url_.origin() == target().url.origin(),
                                     [this](Hop::End end) { answered(std::move(end)); });
        hop_->start();
    }

    void take(Hop::End& end) {
        const auto redirects = redirects_;
        auto url = redirects > 0 ? told(url_.text(), kLongestToldUrl) : std::string();
        seen_.phases = end.answer.phases;
        seen_.address = std::move(end.address);
        seen_.tls = std::move(end.answer.tls);
        if (end.answer.facts.status == 0 && redirects == 0) return;
        facts() = std::move(end.answer.facts);
        facts().redirects = redirects;
        facts().final_url = std::move(url);
        if (!token_.empty()) hide_token();
    }

    // A URL of the target's, without what nobody may read in it. Hidden first and cut then: of half a secret nobody knows that it is one.
    [[nodiscard]] std::string told(std::string url, std::size_t longest) const {
        return check::without_credentials(hide_token_(target().redact(std::move(url)))).substr(0, longest);
    }

    // Nobody may read it out of the evidence that a server's echo would be.
    void hide_token() {
        facts().status_line = hide_token_(std::move(facts().status_line));
        facts().body = hide_token_(std::move(facts().body));
        for (auto& [name, value] : facts().headers) value = hide_token_(std::move(value));
        for (auto& [name, value] : facts().trailers) value = hide_token_(std::move(value));
    }

    void answered(Hop::End end) {
        hop_.reset();
        const auto location = std::move(end.answer.location);
        take(end);
        if (end.answer.failure) return fail_of(std::move(end.answer.failure));
        if (facts().status == 401 && !token_.empty() && credentials_) tokens_.drop(spec(), token_);
        if (spec().follow_redirects && is_redirect(facts().status) && !location.empty()) return redirect(location);
        finish();
    }

    void fail_of(check::Failure failure) {
        failure.message = hide_token_(std::move(failure.message));
        fail(std::move(failure));
    }

    void redirect(const std::string& location) {
        if (redirects_ >= spec().max_redirects) {
            return fail({FailureClass::too_many_redirects,
                         fmt::format("more than {} redirects; the last, of {}, leads to {}", spec().max_redirects,
                                     told(url_.text(), kLongestQuote), told(location, kLongestQuote)),
                         Phase::none});
        }
        auto next = net::resolve_url(url_, location);
        if (!next) {
            return fail({FailureClass::http_protocol,
                         fmt::format("redirected to a Location that {}: {}", next.error().message, told(location, kLongestQuote)),
                         Phase::first_byte});
        }
        ++redirects_;
        if (next->origin() != url_.origin())
            credentials_ = false;  // and they stay so: whoever is asked next was named by a stranger
        // RFC 9110, section 15.4: clients turn a redirected POST into a GET, and after 303 everything but HEAD.
        const auto status = facts().status;
        if (((status == 301 || status == 302) && method_ == "POST") || (status == 303 && method_ != "HEAD")) method_ = "GET";
        url_ = std::move(*next);
        facts() = {};
        facts().redirects = redirects_;
        facts().final_url = told(url_.text(), kLongestToldUrl);
        visit();
    }

    check::Failure overdue() override {
        if (hop_ == nullptr) {
            return {FailureClass::timeout_total,
                    fmt::format("{} ms were over waiting for a token of {}", timeout().count(), spec().auth.token_url), Phase::none};
        }
        auto end = hop_->overdue(timeout());
        auto failure = std::move(end.answer.failure);
        take(end);
        return failure;
    }

    void release() override {
        token_wait_.reset();
        hop_.reset();
    }

    HttpReach& reach_;
    TokenCache& tokens_;
    std::shared_ptr<const Target> own_;
    net::Url url_;
    std::string method_;
    std::string authorization_;
    std::string token_;  // of OAuth2
    check::Redactor hide_token_;
    bool credentials_ = true;
    int redirects_ = 0;
    std::unique_ptr<TokenCache::Wait> token_wait_;
    std::unique_ptr<Hop> hop_;
};

}  // namespace

HttpProbe::HttpProbe(Network& network, HttpClient::Options options)
    : client_(network.loop, network.certificates, std::move(options)),
      name_servers_(network.loop),
      reach_{network, client_, name_servers_},
      tokens_(reach_) {}

std::unique_ptr<Attempt> HttpProbe::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto attempt = std::make_unique<HttpCheck>(reach_, tokens_, std::move(target), timeout, std::move(done));
    attempt->begin();
    return attempt;
}

}  // namespace sonde::agent
