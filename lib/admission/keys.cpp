#include "lib/admission/keys.h"

#include "lib/crypto/crypto.h"
#include "lib/crypto/key_file.h"

namespace sonde::admission {
namespace {

// Which is which may never change: servers and agents know the public keys.
enum Number : std::uint64_t { kOperator = 1, kSystem = 2, kAccount = 3, kFirstSigner = 16, kFirstUser = 32 };

crypto::SigningKey key_of(const Secret& root, std::uint64_t number) {
    return crypto::SigningKey::from_seed(crypto::derived_key(root.reveal(), number, "sondebus").reveal());
}

std::array<crypto::SigningKey, 5> keys_of(const Secret& root, std::uint64_t first) {
    return {key_of(root, first), key_of(root, first + 1), key_of(root, first + 2), key_of(root, first + 3), key_of(root, first + 4)};
}

}  // namespace

BusKeys::BusKeys(const Secret& root)
    : operator_(key_of(root, kOperator)),
      system_(key_of(root, kSystem)),
      account_(key_of(root, kAccount)),
      signers_(keys_of(root, kFirstSigner)),
      users_(keys_of(root, kFirstUser)) {}

Result<BusKeys> BusKeys::from_key_file(const std::string& file) {
    auto root = crypto::key_file::read_one(file);
    if (!root) return root.error();
    return BusKeys{*root};
}

}  // namespace sonde::admission
