// What a token endpoint answers: from whoever a spec names.
#include <algorithm>

#include "probe-agent/probe/http/token.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(token_answer) {
    const auto token = agent::read_token(fuzz::text(data, size));
    if (!token) return 0;
    const auto is_visible = [](char c) { return c > 0x20 && c < 0x7f; };
    fuzz::require(!token->value.empty() && std::all_of(token->value.begin(), token->value.end(), is_visible), "a token fits into a header");
    fuzz::require(token->lifetime >= seconds{0} && token->lifetime <= seconds{86'400}, "its lifetime is bounded");
    return 0;
}
