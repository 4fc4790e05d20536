// Keys and credentials as NATS writes them, and what its servers answer.
#include "lib/admission/claims.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(credentials) {
    const auto text = fuzz::text(data, size);
    if (const auto bytes = admission::from_base32(text)) fuzz::require(admission::base32(*bytes) == text, "base32 is read strictly");
    if (const auto seed = admission::read_seed(admission::KeyKind::user, text)) {
        fuzz::require(admission::seed_text(admission::KeyKind::user, *seed).reveal() == text, "a seed is written as it was read");
    }
    if (const auto key = admission::read_public(admission::KeyKind::user, text)) fuzz::require(key->size() == crypto::SigningKey::kPublicBytes, "a key has 32 bytes");
    (void)admission::holder_of(text);
    (void)admission::was_taken(text);
    return 0;
}
