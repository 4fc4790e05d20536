// The keys by which the bus knows who may do what. All follow from one secret, the bus key, which the control planes hold and the
// servers never see.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "lib/admission/nkey.h"
#include "lib/base/enum_name.h"
#include "lib/base/result.h"

namespace sonde::admission {

// Who uses the bus. What each may do is in grant.h.
enum class Role : unsigned char {
    administrator,  // whoever looks after the bus with tools of NATS; no part of Sonde
    subscriber,     // whoever reads events
    agent,          // of one region
    controlplane,
    engine,
};
// Those whose users share one key. Agents have keys of their own, and the notifier needs no bus.
inline constexpr std::array kSharedRoles{Role::controlplane, Role::engine, Role::subscriber, Role::administrator};

// Reading is thread-safe.
class BusKeys {
public:
    // `root` has 32 bytes.
    explicit BusKeys(const Secret& root);
    // 32 raw bytes as base64 in a file that only its owner may read, like the key of secrets.
    static Result<BusKeys> from_key_file(const std::string& file);

    // Runs the bus: signs what accounts may do, and with that what is revoked.
    [[nodiscard]] const crypto::SigningKey& bus_operator() const { return operator_; }
    // The account of the servers themselves, to which what is revoked is told.
    [[nodiscard]] const crypto::SigningKey& system_account() const { return system_; }
    // Ours, in which everything travels.
    [[nodiscard]] const crypto::SigningKey& account() const { return account_; }
    // Admits users of a role to our account; the account says what such users may do.
    [[nodiscard]] const crypto::SigningKey& signer(Role role) const { return signers_.at(static_cast<std::size_t>(role)); }
    // The user that all of one of `kSharedRoles` share.
    [[nodiscard]] const crypto::SigningKey& user(Role role) const { return users_.at(static_cast<std::size_t>(role)); }

private:
    crypto::SigningKey operator_, system_, account_;
    std::array<crypto::SigningKey, 5> signers_, users_;
};

}  // namespace sonde::admission

template <>
struct sonde::EnumNames<sonde::admission::Role> {
    static constexpr std::array<std::string_view, 5> names{"administrator", "subscriber", "agent", "controlplane", "engine"};
};
