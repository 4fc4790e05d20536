#include "cli/nats/server.h"

#include <fmt/format.h>

#include "lib/admission/claims.h"

namespace sonde::cli::nats {

std::string server_settings(const admission::BusKeys& keys, const std::string& account, const std::filesystem::path& accounts) {
    const auto ours = admission::public_text(admission::KeyKind::account, keys.account());
    const auto system = admission::public_text(admission::KeyKind::account, keys.system_account());
    return fmt::format(R"(# Nothing in here is secret. The control plane tells the servers the rest: who is revoked.
operator: "{}"
system_account: "{}"
resolver {{
    type: full
    dir: "{}"
    allow_delete: false
    interval: "2m"
}}
resolver_preload {{
    {}: "{}"
    {}: "{}"
}}
)",
                       admission::operator_token(keys), system, accounts.string(), ours, account, system, admission::system_account_token(keys));
}

}  // namespace sonde::cli::nats
