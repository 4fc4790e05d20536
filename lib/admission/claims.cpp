#include "lib/admission/claims.h"

#include <fmt/format.h>

#include <limits>

#include "lib/crypto/crypto.h"
#include "lib/json/json.h"

namespace sonde::admission {
namespace {

// What does not change need not tell when it was made.
constexpr TimePoint kFirst{std::chrono::seconds{1'767'225'600}};
// Revoked are the tokens for a key that were issued until then: all there will ever be.
constexpr std::int64_t kForEver = 253'402'300'799;

std::int64_t seconds_of(TimePoint at) { return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count(); }

std::string sign(const crypto::SigningKey& key, KeyKind kind, std::string_view subject, std::string_view name, TimePoint at, Json nats) {
    Json claims{{"iat", seconds_of(at)}, {"iss", public_text(kind, key)}, {"name", name}, {"sub", subject}, {"nats", std::move(nats)}};
    claims["jti"] = base32(crypto::sha256(json::dump(claims)));
    const auto text = crypto::base64url(R"({"typ":"JWT","alg":"ed25519-nkey"})") + "." + crypto::base64url(json::dump(claims));
    return text + "." + crypto::base64url(key.sign(text));
}

Json of_type(std::string_view type) { return {{"type", type}, {"version", 2}}; }

// -1 is without a limit.
Json account_limits() {
    return {{"subs", -1}, {"data", -1}, {"payload", -1}, {"imports", -1}, {"exports", -1}, {"wildcards", true}, {"conn", -1}, {"leaf", -1}};
}

Json subjects(const std::vector<std::string>& allowed, const std::vector<std::string>& denied = {}) {
    // Without an entry everything would be allowed.
    if (allowed.empty()) return {{"deny", {">"}}};
    Json rules{{"allow", allowed}};
    if (!denied.empty()) rules["deny"] = denied;
    return rules;
}

Json scope_of(const BusKeys& keys, Role role) {
    const auto grant = grant_of(role);
    Json rules{{"pub", subjects(grant.publish, grant.never_publish)}, {"sub", subjects(grant.subscribe)}, {"subs", -1}, {"data", -1}, {"payload", -1}};
    if (grant.may_answer) rules["resp"] = {{"max", 1}, {"ttl", std::chrono::nanoseconds{std::chrono::minutes{1}}.count()}};
    if (grant.is_bearer) rules["bearer_token"] = true;
    return {{"kind", "user_scope"}, {"key", public_text(KeyKind::account, keys.signer(role))}, {"role", name_of(role)}, {"template", std::move(rules)}};
}

std::string user_token(const BusKeys& keys, Role role, std::string_view name, std::string_view public_key, const std::vector<std::string>& tags, TimePoint at) {
    auto nats = of_type("user");
    nats["issuer_account"] = public_text(KeyKind::account, keys.account());
    if (!tags.empty()) nats["tags"] = tags;
    return sign(keys.signer(role), KeyKind::account, public_key, name, at, std::move(nats));
}

// What stands between two lines of dashes.
std::string_view block(std::string_view text, std::string_view name) {
    const auto heading = fmt::format("-----BEGIN {}-----\n", name);
    const auto begin = text.find(heading);
    if (begin == std::string_view::npos) return {};
    text.remove_prefix(begin + heading.size());
    return text.substr(0, text.find('\n'));
}

}  // namespace

std::string operator_token(const BusKeys& keys) {
    const auto key = public_text(KeyKind::bus_operator, keys.bus_operator());
    auto nats = of_type("operator");
    nats["system_account"] = public_text(KeyKind::account, keys.system_account());
    return sign(keys.bus_operator(), KeyKind::bus_operator, key, "sonde", kFirst, std::move(nats));
}

std::string system_account_token(const BusKeys& keys) {
    auto nats = of_type("account");
    nats["limits"] = account_limits();
    return sign(keys.bus_operator(), KeyKind::bus_operator, public_text(KeyKind::account, keys.system_account()), "SYS", kFirst, std::move(nats));
}

std::string account_token(const BusKeys& keys, TimePoint issued_at, const std::vector<std::string>& revoked) {
    auto nats = of_type("account");
    nats["limits"] = account_limits();
    for (const auto* what : {"mem_storage", "disk_storage", "streams", "consumer"}) nats["limits"][what] = -1;
    nats["signing_keys"] = Json::array();
    for (std::size_t i = 0; i < EnumNames<Role>::names.size(); ++i) nats["signing_keys"].push_back(scope_of(keys, static_cast<Role>(i)));
    if (!revoked.empty()) {
        auto& list = nats["revocations"] = Json::object();
        // Past the search for a field of the same name, which for thousands takes its time.
        for (const auto& key : revoked) list.get_ref<Json::object_t&>().push_back({key, kForEver});
    }
    return sign(keys.bus_operator(), KeyKind::bus_operator, public_text(KeyKind::account, keys.account()), "SONDE", issued_at, std::move(nats));
}

std::string agent_token(const BusKeys& keys, std::string_view id, std::string_view region, std::string_view public_key, TimePoint issued_at) {
    return user_token(keys, Role::agent, id, public_key, tags_of_agent(region), issued_at);
}

std::string shared_token(const BusKeys& keys, Role role) {
    return user_token(keys, role, name_of(role), public_text(KeyKind::user, keys.user(role)), {}, kFirst);
}

std::string gatekeeper_token(const BusKeys& keys, std::string_view public_key, std::string_view inbox, TimePoint issued_at) {
    auto nats = of_type("user");
    nats["pub"] = subjects({update_subject(keys)});
    nats["sub"] = subjects({fmt::format("{}.>", inbox)});
    for (const auto* what : {"subs", "data", "payload"}) nats[what] = -1;
    return sign(keys.system_account(), KeyKind::account, public_key, "gatekeeper", issued_at, std::move(nats));
}

std::string update_subject(const BusKeys& keys) {
    return fmt::format("$SYS.REQ.ACCOUNT.{}.CLAIMS.UPDATE", public_text(KeyKind::account, keys.account()));
}

bool was_taken(std::string_view answer) {
    const auto document = json::parse(answer);
    if (!document || !document->is_object()) return false;
    const auto data = document->find("data");
    return data != document->end() && data->is_object() && data->value("code", Json(0)) == 200;
}

Secret credentials(std::string_view token, const Secret& seed) {
    return Secret{fmt::format(R"(-----BEGIN NATS USER JWT-----
{}
------END NATS USER JWT------

Whoever can read this file is its holder to the bus.

-----BEGIN USER NKEY SEED-----
{}
------END USER NKEY SEED------
)",
                              token, seed.reveal())};
}

Secret shared_credentials(const BusKeys& keys, Role role) {
    return credentials(shared_token(keys, role), seed_text(KeyKind::user, keys.user(role)));
}

std::optional<Holder> holder_of(std::string_view credentials) {
    const auto token = block(credentials, "NATS USER JWT");
    const auto first = token.find('.');
    const auto second = token.find('.', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto text = crypto::from_base64url(token.substr(first + 1, second - first - 1));
    const auto claims = text ? json::parse(*text) : Result<Json>{Error{}};
    if (!claims || !claims->is_object()) return std::nullopt;
    const auto name = claims->find("name");
    const auto nats = claims->find("nats");
    if (name == claims->end() || !name->is_string() || nats == claims->end() || !nats->is_object()) return std::nullopt;
    Holder holder{name->get<std::string>(), {}};
    const auto tags = nats->find("tags");
    if (tags == nats->end() || !tags->is_array()) return holder;
    constexpr std::string_view of_region = "region:";
    for (const auto& tag : *tags) {
        if (tag.is_string() && tag.get_ref<const std::string&>().starts_with(of_region)) holder.region = tag.get_ref<const std::string&>().substr(of_region.size());
    }
    return holder;
}

}  // namespace sonde::admission
