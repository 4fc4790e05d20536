#include "probe-agent/probe/http/token.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

#include "lib/base/percent.h"
#include "lib/crypto/crypto.h"

namespace sonde::agent {
namespace {

using check::FailureClass;
using check::Phase;

constexpr std::size_t kLongestAnswer = 64 * 1024;
constexpr std::size_t kLongestToken = 16 * 1024;
constexpr std::size_t kLongestReason = 300;
constexpr seconds kUnknownLifetime{300};
constexpr seconds kLongestLifetime{86'400};
constexpr seconds kLongestMargin{60};

std::string key_of(const check::HttpSpec& spec) {
    const auto& auth = spec.auth;
    const auto& via = spec.connection;
    const Json parts{auth.token_url, auth.client_id, auth.client_secret, auth.scope, auth.audience, name_of(auth.client_in), spec.tls_verify,
                     via.tls_verify_host, via.tls_ca, name_of(via.tls_min_version), via.proxy, via.proxy_username, via.proxy_password,
                     via.resolver, name_of(via.family)};
    return crypto::sha256(json::dump(parts));
}

// `error` and `error_description` of RFC 6749, section 5.2, if they are there.
std::string reason_in(std::string_view body) {
    const auto document = json::parse(body);
    if (!document || !document->is_object()) return {};
    std::string reason;
    for (const auto* field : {"error", "error_description"}) {
        const auto found = document->find(field);
        if (found != document->end() && found->is_string()) reason += (reason.empty() ? ": " : ", ") + found->get<std::string>();
    }
    return json::clean_utf8(std::string_view(reason).substr(0, kLongestReason));
}

}  // namespace

Result<Token> read_token(std::string_view body) {
    const auto document = json::parse(body);
    if (!document) return Error{"the answer " + document.error().message};
    if (!document->is_object()) return Error{"the answer is no JSON object"};
    const auto text = [&](const char* field) {
        const auto found = document->find(field);
        return found != document->end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    Token token{text("access_token"), kUnknownLifetime};
    const auto is_visible = [](char c) { return c > 0x20 && c < 0x7f; };
    if (token.value.empty() || token.value.size() > kLongestToken || !std::all_of(token.value.begin(), token.value.end(), is_visible))
        return Error{"the answer has no access_token that a header can carry"};
    if (const auto type = text("token_type"); !type.empty() && strcasecmp(type.c_str(), "bearer") != 0)
        return Error{"the token is not of the type Bearer"};
    const auto lifetime = document->find("expires_in");
    if (lifetime != document->end() && lifetime->is_number()) {
        const auto told = lifetime->get<double>();
        token.lifetime = seconds{static_cast<std::int64_t>(std::clamp(told, 0.0, static_cast<double>(kLongestLifetime.count())))};
    }
    return token;
}

std::string token_request(const check::HttpAuth& auth) {
    std::string body = "grant_type=client_credentials";
    const auto add = [&body](std::string_view name, const std::string& value) {
        if (!value.empty()) body += fmt::format("&{}={}", name, percent_encoded(value));
    };
    add("scope", auth.scope);
    add("audience", auth.audience);
    if (auth.client_in == check::OAuthClientIn::body) {
        add("client_id", auth.client_id);
        add("client_secret", auth.client_secret);
    }
    return body;
}

// One request to a token endpoint.
struct TokenCache::Fetch {
    Fetch(HttpReach& reach, std::shared_ptr<const Target> given) : target(std::move(given)), deadline(reach.network.loop) {
        const auto& spec = std::get<check::HttpSpec>(target->spec);
        connection = spec.connection;
        connection.version = check::HttpVersion::any;  // what the spec asks of the server is not asked of others
        body = token_request(spec.auth);
    }

    HttpRequest request(net::Url url) const {
        static const HttpHeaders headers{{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
        const auto& spec = std::get<check::HttpSpec>(target->spec);
        HttpRequest made;
        made.url = std::move(url);
        made.method = "POST";
        made.headers = &headers;
        made.credentials = false;
        made.body = body;
        made.verify = spec.tls_verify;
        made.connection = &connection;
        made.max_body_bytes = kLongestAnswer;
        made.keep_body_bytes = kLongestAnswer;
        made.follow_redirects = false;
        if (spec.auth.client_in == check::OAuthClientIn::header)
            made.authorization = "Basic " + crypto::base64(percent_encoded(spec.auth.client_id) + ':' + percent_encoded(spec.auth.client_secret));
        return made;
    }

    std::shared_ptr<const Target> target;
    check::HttpConnection connection;
    std::string body;
    uv::Timer deadline;
    std::unique_ptr<Hop> hop;
};

struct TokenCache::Entry {
    std::string token;
    MonotonicPoint good_until{};
    std::unique_ptr<Fetch> fetch;
    std::list<Wait*> waits;

    [[nodiscard]] bool is_good() const { return !token.empty() && std::chrono::steady_clock::now() < good_until; }
    [[nodiscard]] bool is_idle() const { return fetch == nullptr && waits.empty(); }
};

TokenCache::Wait::Wait(std::shared_ptr<Entry> entry, Done done) : entry_(std::move(entry)), done_(std::move(done)) {
    entry_->waits.push_back(this);
}

TokenCache::Wait::~Wait() { entry_->waits.remove(this); }

TokenCache::TokenCache(HttpReach& reach) : reach_(reach) {}

TokenCache::~TokenCache() = default;

std::string TokenCache::find(const check::HttpSpec& spec) const {
    const auto found = entries_.find(key_of(spec));
    return found != entries_.end() && found->second->is_good() ? found->second->token : std::string();
}

void TokenCache::drop(const check::HttpSpec& spec, const std::string& token) {
    const auto found = entries_.find(key_of(spec));
    if (found != entries_.end() && found->second->token == token) found->second->token.clear();
}

void TokenCache::make_room() {
    if (entries_.size() < kMost) return;
    std::erase_if(entries_, [](const auto& item) { return item.second->is_idle() && !item.second->is_good(); });
    if (entries_.size() < kMost) return;
    const auto idle = std::find_if(entries_.begin(), entries_.end(), [](const auto& item) { return item.second->is_idle(); });
    if (idle != entries_.end()) entries_.erase(idle);
}

std::unique_ptr<TokenCache::Wait> TokenCache::fetch(const std::shared_ptr<const Target>& target, Done done) {
    const auto& spec = std::get<check::HttpSpec>(target->spec);
    auto url = net::parse_url(spec.auth.token_url);  // which it is: the spec was read
    make_room();
    auto& entry = entries_[key_of(spec)];
    if (entry == nullptr) entry = std::make_shared<Entry>();
    auto wait = std::make_unique<Wait>(entry, std::move(done));
    if (entry->fetch != nullptr) return wait;
    entry->fetch = std::make_unique<Fetch>(reach_, target);
    const std::weak_ptr<Entry> of = entry;  // which owns the fetch
    const auto failed = [this, of, where = spec.auth.token_url](FailureClass cause, const std::string& why, Phase phase) {
        if (const auto here = of.lock()) fetched(here, {{cause, fmt::format("no token from {}: {}", where, why), phase}, ""}, {});
    };
    auto& fetch = *entry->fetch;
    fetch.hop = std::make_unique<Hop>(reach_, fetch.request(std::move(*url)), false, [this, of, failed](Hop::End end) {
        auto& answer = end.answer;
        if (answer.failure) return failed(answer.failure.cause, answer.failure.message, answer.failure.phase);
        if (answer.facts.status != 200) {
            return failed(FailureClass::http_status, fmt::format("it answered {}{}", answer.facts.status, reason_in(answer.facts.body)),
                          Phase::first_byte);
        }
        auto token = read_token(answer.facts.body);
        if (!token) return failed(FailureClass::http_protocol, token.error().message, Phase::transfer);
        if (const auto here = of.lock()) fetched(here, {{}, std::move(token->value)}, token->lifetime);
    });
    // Started from the loop: what fails at once must not call the wait before its owner has it.
    fetch.deadline.once(milliseconds{0}, [of, failed] {
        const auto here = of.lock();
        here->fetch->deadline.once(kFetchLongest, [failed] { failed(FailureClass::timeout_total, "no answer", Phase::none); });
        here->fetch->hop->start();
    });
    return wait;
}

void TokenCache::fetched(const std::shared_ptr<Entry>& entry, Outcome outcome, seconds lifetime) {
    const auto ended = std::move(entry->fetch);
    if (!outcome.failure) {
        entry->token = outcome.token;
        entry->good_until = std::chrono::steady_clock::now() + lifetime - std::min(kLongestMargin, lifetime / 5);
    }
    while (!entry->waits.empty()) {
        auto* const wait = entry->waits.front();
        entry->waits.pop_front();
        const auto done = std::move(wait->done_);
        done(outcome);
    }
}

}  // namespace sonde::agent
