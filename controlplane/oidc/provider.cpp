#include "controlplane/oidc/provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "controlplane/oidc/claim.h"
#include "controlplane/oidc/fetch.h"
#include "lib/base/percent.h"

namespace sonde::oidc {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxSecretBytes = 4096;

Secret read_secret(const Options& options) {
    if (options.client_secret_file.empty()) return options.client_secret;
    std::ifstream in(options.client_secret_file);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    if (!in.good() && !in.eof()) throw std::runtime_error("cannot read oidc.client_secret_file: " + options.client_secret_file);
    if (text.empty() || text.size() > kMaxSecretBytes || text.find('\n') != std::string::npos) {
        throw std::runtime_error("oidc.client_secret_file must hold one line: " + options.client_secret_file);
    }
    return Secret(std::move(text));
}

std::string redirect_uri(std::string_view public_url) {
    while (public_url.ends_with('/')) public_url.remove_suffix(1);
    return std::string(public_url) + "/v1/sessions/oidc/callback";
}

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const auto& word : words) all += (all.empty() ? "" : " ") + word;
    return all;
}

std::string with_parameter(std::string text, std::string_view name, std::string_view value) {
    if (!text.empty() && !text.ends_with('?') && !text.ends_with('&')) text += '&';
    return text + std::string(name) + "=" + percent_encoded(value);
}

// A code of an error (RFC 6749, section 5.2), if it looks like one.
std::string error_in(const Json& document) {
    const auto found = document.is_object() ? document.find("error") : document.end();
    if (!document.is_object() || found == document.end() || !found->is_string()) return {};
    const auto& text = found->get_ref<const std::string&>();
    const auto is_usual = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    return text.size() <= 64 && std::all_of(text.begin(), text.end(), is_usual) ? text : std::string{};
}

Result<Json> document_of(const Answer& answer) { return json::parse(answer.body, {.bytes = kMaxAnswerBytes, .depth = 16, .duplicates = json::Duplicates::last_counts}); }

}  // namespace

// One of those that may ask at once: nobody waits for another here, so that the API's workers are never all in it.
class Provider::Place {
public:
    explicit Place(Provider& provider) : provider_(provider) {
        const std::lock_guard lock(provider_.mutex_);
        has_one_ = provider_.asking_ < provider_.options.at_once;
        if (has_one_) ++provider_.asking_;
    }
    ~Place() {
        const std::lock_guard lock(provider_.mutex_);
        if (has_one_) --provider_.asking_;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    explicit operator bool() const { return has_one_; }

private:
    Provider& provider_;
    bool has_one_ = false;
};

Provider::Provider(Options given, std::string_view public_url) : options(std::move(given)), redirect_uri_(redirect_uri(public_url)), secret_(read_secret(options)) {}

Result<std::string, Provider::Failure> Provider::begin(const Ticket& ticket) {
    const auto known = metadata();
    if (!known) return known.error();
    auto url = known->authorization_endpoint;
    url += url.find('?') == std::string::npos ? "?" : "&";
    url = with_parameter(url, "response_type", "code");
    url = with_parameter(url, "client_id", options.client_id);
    url = with_parameter(url, "redirect_uri", redirect_uri_);
    url = with_parameter(url, "scope", joined(options.scopes));
    url = with_parameter(url, "state", ticket.state());
    url = with_parameter(url, "nonce", ticket.nonce());
    url = with_parameter(url, "code_challenge", ticket.challenge());
    return with_parameter(url, "code_challenge_method", "S256");
}

Result<bool, Provider::Failure> Provider::is_it(const std::string* iss) {
    if (iss != nullptr) return *iss == options.issuer;
    const auto known = metadata();
    if (!known) return known.error();
    return !known->names_itself;
}

Result<Json, Provider::Failure> Provider::redeem(const std::string& code, const Ticket& ticket, TimePoint now) {
    const auto known = metadata();
    if (!known) return known.error();
    const Place place(*this);
    if (!place) return Failure{Why::busy, "too many log in at once"};
    const auto given = tokens(*known, code, ticket);
    if (!given) return given.error();
    auto claims = claims_of(text_in(*given, "id_token"), *known, ticket, now);
    if (!claims) return claims;
    return completed(*std::move(claims), *known, *given);
}

Result<Metadata, Provider::Failure> Provider::metadata() {
    {
        const std::lock_guard lock(mutex_);
        const auto age = Clock::now() - metadata_.asked;
        if (metadata_.what && (metadata_.what->ok() ? age < kRemember : age < kRememberFailure)) return *metadata_.what;
    }
    const Place place(*this);
    if (!place) return Failure{Why::busy, "too many log in at once"};
    auto asked = ask_metadata();
    const std::lock_guard lock(mutex_);
    // What was good an hour ago is better than nothing.
    const bool keeps = !asked && metadata_.what && metadata_.what->ok();
    metadata_.asked = keeps ? Clock::now() - kRemember + kRememberFailure : Clock::now();
    if (!keeps) metadata_.what.emplace(std::move(asked));
    return *metadata_.what;
}

Result<Metadata, Provider::Failure> Provider::ask_metadata() const {
    const auto answer = fetch({metadata_url(options.issuer), {}, {}}, options.timeout, options.ca_file);
    if (!answer) return Failure{Why::unavailable, answer.error().message};
    if (answer->status != 200) return Failure{Why::unavailable, fmt::format("the provider's configuration is answered with {}", answer->status)};
    auto read = read_metadata(answer->body, options.issuer);
    if (!read) return Failure{Why::unavailable, "the provider's configuration " + read.error().message};
    return *std::move(read);
}

Result<std::vector<Key>, Provider::Failure> Provider::keys(const Metadata& metadata, bool again) {
    {
        const std::lock_guard lock(mutex_);
        const auto age = Clock::now() - keys_.asked;
        if (keys_.what && (keys_.what->ok() ? age < (again ? std::chrono::duration_cast<Clock::duration>(kAskAgain) : kRemember) : age < kRememberFailure)) {
            return *keys_.what;
        }
    }
    auto asked = ask_keys(metadata);
    const std::lock_guard lock(mutex_);
    if (asked || !keys_.what || !keys_.what->ok()) keys_.what.emplace(asked);
    keys_.asked = Clock::now();
    return *keys_.what;
}

Result<std::vector<Key>, Provider::Failure> Provider::ask_keys(const Metadata& metadata) const {
    const auto answer = fetch({metadata.jwks_uri, {}, {}}, options.timeout, options.ca_file);
    if (!answer) return Failure{Why::unavailable, answer.error().message};
    if (answer->status != 200) return Failure{Why::unavailable, fmt::format("the provider's keys are answered with {}", answer->status)};
    auto read = read_key_set(answer->body);
    if (!read) return Failure{Why::unavailable, "the provider's set of keys " + read.error().message};
    return *std::move(read);
}

Result<Json, Provider::Failure> Provider::tokens(const Metadata& metadata, const std::string& code, const Ticket& ticket) const {
    Ask ask{metadata.token_endpoint, {}, {}};
    ask.form = with_parameter(ask.form, "grant_type", "authorization_code");
    ask.form = with_parameter(ask.form, "code", code);
    ask.form = with_parameter(ask.form, "redirect_uri", redirect_uri_);
    ask.form = with_parameter(ask.form, "code_verifier", ticket.verifier().reveal());
    if (secret_.empty() || metadata.secret_in_body) ask.form = with_parameter(ask.form, "client_id", options.client_id);
    if (!secret_.empty() && metadata.secret_in_body) ask.form = with_parameter(ask.form, "client_secret", secret_.reveal());
    if (!secret_.empty() && !metadata.secret_in_body) {
        // RFC 6749, section 2.3.1: both are encoded before they are joined.
        ask.headers.push_back("Authorization: Basic " + crypto::base64(percent_encoded(options.client_id) + ":" + percent_encoded(secret_.reveal())));
    }
    const auto answer = fetch(ask, options.timeout, options.ca_file);
    if (!answer) return Failure{Why::unavailable, answer.error().message};
    auto document = document_of(*answer);
    if (answer->status == 400 || answer->status == 401) {
        const auto error = document ? error_in(*document) : std::string{};
        if (error == "invalid_grant") return Failure{Why::refused, "the provider does not take the code"};
        return Failure{Why::unavailable, "the provider refuses us: " + (error.empty() ? std::to_string(answer->status) : error)};
    }
    if (answer->status != 200 || !document || !document->is_object()) return Failure{Why::unavailable, fmt::format("the provider answers a code with {}", answer->status)};
    return *std::move(document);
}

Result<Json, Provider::Failure> Provider::claims_of(const std::string& token, const Metadata& metadata, const Ticket& ticket, TimePoint now) {
    const auto nonce = ticket.nonce();
    const Expected expected{options.issuer, options.client_id, nonce, now};
    const auto known = keys(metadata, false);
    if (!known) return known.error();
    auto claims = verify(token, *known, expected);
    if (!claims && claims.error() == TokenFault::unknown_key) {
        const auto renewed = keys(metadata, true);
        if (!renewed) return renewed.error();
        claims = verify(token, *renewed, expected);
    }
    if (!claims) return Failure{Why::untrusted, fmt::format("the provider's ID token: {}", name_of(claims.error()))};
    return *std::move(claims);
}

// What many leave out of the token they tell here (Core, section 5.3.2): what the token says counts.
Result<Json, Provider::Failure> Provider::completed(Json claims, const Metadata& metadata, const Json& tokens) const {
    const auto access = text_in(tokens, "access_token");
    const auto is_visible = [](char c) { return c > ' ' && c < 0x7f; };
    if (metadata.userinfo_endpoint.empty() || access.empty() || !std::all_of(access.begin(), access.end(), is_visible)) return claims;
    const auto answer = fetch({metadata.userinfo_endpoint, {"Authorization: Bearer " + access}, {}}, options.timeout, options.ca_file);
    if (!answer) return Failure{Why::unavailable, answer.error().message};
    const auto more = document_of(*answer);
    if (answer->status != 200 || !more || !more->is_object()) return Failure{Why::unavailable, fmt::format("the provider answers who it is with {}", answer->status)};
    if (text_in(*more, "sub") != text_in(claims, "sub")) return Failure{Why::untrusted, "the provider tells of somebody else"};
    for (const auto& [name, value] : more->items()) {
        if (!claims.contains(name)) claims[name] = value;
    }
    return claims;
}

}  // namespace sonde::oidc
