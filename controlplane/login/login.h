// All that logging in needs, in one place.
#pragma once

#include <memory>
#include <string>

#include "controlplane/login/cookie.h"
#include "controlplane/login/hasher.h"
#include "controlplane/login/options.h"
#include "controlplane/login/sessions.h"
#include "controlplane/oidc/provider.h"
#include "lib/metrics/metrics.h"

namespace sonde::login {

// Thread-safe. Metrics: sonde_logins_total{outcome}.
class Login {
public:
    // Pool and registry must outlive it. Throws std::runtime_error if the provider's secret cannot be read.
    Login(db::Pool& pool, Options options, metrics::Registry& metrics);

    [[nodiscard]] bool is_foreign(const http::Request& request) const { return login::is_foreign(request, options.public_url); }

    enum class Outcome : unsigned char { done, refused, second_factor, limited, busy, provider };
    void count(Outcome outcome);

    const Options options;
    Sessions sessions;
    Hasher hasher;
    const std::unique_ptr<oidc::Provider> provider;  // null: nobody logs in by one

private:
    metrics::Registry& metrics_;
};

}  // namespace sonde::login

template <>
struct sonde::EnumNames<sonde::login::Login::Outcome> {
    static constexpr std::array<std::string_view, 6> names{"done", "refused", "second_factor", "limited", "busy", "provider"};
};
