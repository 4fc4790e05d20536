#include "controlplane/login/login.h"

namespace sonde::login {
namespace {

constexpr metrics::Family kLogins{"sonde_logins_total", "Attempts to log in, by outcome."};

}  // namespace

Login::Login(db::Pool& pool, Options given, metrics::Registry& metrics)
    : options(std::move(given)),
      sessions(pool, options.session_idle, options.session_lifetime),
      hasher(options.hashing, options.hashes_at_once),
      provider(options.oidc.is_on() ? std::make_unique<oidc::Provider>(options.oidc, options.public_url) : nullptr),
      metrics_(metrics) {}

void Login::count(Outcome outcome) { metrics_.counter(kLogins, {{"outcome", std::string(name_of(outcome))}}).add(); }

}  // namespace sonde::login
