#include "controlplane/oidc/person.h"

#include <algorithm>

#include "controlplane/oidc/claim.h"
#include "lib/account/user.h"
#include "lib/crypto/crypto.h"

namespace sonde::oidc {
namespace {

constexpr std::size_t kMaxNameBeforeSuffix = 48;

std::string lower(std::string_view text) {
    std::string result(text);
    for (auto& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return result;
}

bool is_in(const Json& groups, const std::string& group) {
    if (groups.is_string()) return groups.get_ref<const std::string&>() == group;
    return groups.is_array() && std::find(groups.begin(), groups.end(), Json(group)) != groups.end();
}

std::string name_out_of(std::string_view text) {
    std::string name;
    for (const char c : text.substr(0, text.find('@'))) {
        const bool usual = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (usual || (!name.empty() && (c == '.' || c == '_' || c == '-'))) name += c;
        if (!name.empty() && c == ' ') name += '.';
        if (name.size() == kMaxNameBeforeSuffix) break;
    }
    return name;
}

}  // namespace

std::optional<RoleRule> read_role_rule(std::string_view text) {
    const auto equals = text.rfind('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) return std::nullopt;
    return RoleRule{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

std::optional<std::string> role_for(const Options& options, const Json& claims) {
    const auto groups = claims.find(options.groups_claim);
    if (groups != claims.end()) {
        for (const auto& text : options.roles) {
            const auto rule = read_role_rule(text);
            if (rule && is_in(*groups, rule->group)) return rule->role;
        }
    }
    if (options.role.empty()) return std::nullopt;
    return options.role;
}

std::optional<std::string> verified_email(const Json& claims) {
    const auto verified = claims.find("email_verified");
    auto email = text_in(claims, "email");
    if (verified == claims.end() || *verified != true || !account::is_email(email)) return std::nullopt;
    return email;
}

bool has_right_domain(const Options& options, const Json& claims) {
    if (options.email_domains.empty()) return true;
    const auto email = verified_email(claims);
    if (!email) return false;
    const auto domain = lower(email->substr(email->find('@') + 1));
    return std::any_of(options.email_domains.begin(), options.email_domains.end(), [&](const auto& allowed) { return lower(allowed) == domain; });
}

std::vector<std::string> names_for(const Json& claims, std::string_view issuer) {
    std::string name;
    for (const auto* field : {"preferred_username", "nickname", "email", "name", "sub"}) {
        name = name_out_of(text_in(claims, field));
        if (!name.empty()) break;
    }
    if (name.empty()) name = "user";
    const auto own = crypto::hex(crypto::sha256(std::string(issuer) + "\n" + text_in(claims, "sub"))).substr(0, 12);
    return {name, name + "-" + own};
}

}  // namespace sonde::oidc
