// What a nats-server has to be told so that it lets in who has our signature, and nobody else.
#pragma once

#include <filesystem>
#include <string>

#include "lib/admission/keys.h"

namespace sonde::cli::nats {

// A part of the server's configuration. `account` is `admission::account_token`; of it and what the server was told since, and keeps in `accounts`, the later one
// counts. Pure.
std::string server_settings(const admission::BusKeys& keys, const std::string& account, const std::filesystem::path& accounts);

}  // namespace sonde::cli::nats
