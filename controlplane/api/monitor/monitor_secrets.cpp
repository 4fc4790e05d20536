#include "controlplane/api/monitor/monitor_secrets.h"

#include <fmt/format.h>

namespace sonde::controlplane {
namespace {

// One field of `secrets`, into `secrets`. Gives what is wrong with it.
std::string read_one(const std::string& name, const Json& value, SecretsField means, const check::Secrets& before, check::Secrets& secrets) {
    if (!check::is_secret_name(name)) return "is not the name of a secret: 1 to 64 of A-Z, a-z, 0-9 and _";
    if (value.is_null()) {
        if (means == SecretsField::patch) {
            secrets.erase(name);
            return {};
        }
        const auto there = before.find(name);
        if (there == before.end()) return "must be a string: there is no value yet";
        secrets.insert(*there);
        return {};
    }
    if (!value.is_string()) return "must be a string or null";
    const auto& text = value.get_ref<const std::string&>();
    auto wrong = check::wrong_with_secret(text);
    if (wrong.empty()) secrets.insert_or_assign(name, Secret(text));
    return wrong;
}

}  // namespace

check::Secrets read_secrets(json::Reader& in, SecretsField means, const check::Secrets& before, json::Problems& problems) {
    const auto* document = in.object("secrets");
    if (document == nullptr) return before;
    auto secrets = means == SecretsField::patch ? before : check::Secrets{};
    for (const auto& [name, value] : document->items()) {
        auto wrong = read_one(name, value, means, before, secrets);
        if (!wrong.empty()) problems.push_back({in.pointer("secrets") + '/' + json::escape_pointer(name), std::move(wrong)});
    }
    if (secrets.size() > check::kMaxSecrets) in.refuse("secrets", fmt::format("must be at most {}", check::kMaxSecrets));
    std::size_t bytes = 0;
    for (const auto& [name, value] : secrets) bytes += value.reveal().size();
    if (bytes > check::kMaxSecretBytesTogether)
        in.refuse("secrets", fmt::format("must not be longer than {} bytes together", check::kMaxSecretBytesTogether));
    return secrets;
}

Json write_secret_names(const std::vector<std::string>& names) {
    Json document = Json::object();
    for (const auto& name : names) document[name] = nullptr;
    return document;
}

}  // namespace sonde::controlplane
