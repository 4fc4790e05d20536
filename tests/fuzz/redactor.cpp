// The first line is a secret, the rest what a target says; told without the secret and without what URLs let in with.
#include "lib/check/http/url_credentials.h"
#include "lib/check/redactor.h"
#include "tests/fuzz/target.h"

using namespace sonde;

namespace {

std::string percent_encoded(std::string_view text, std::string_view digits) {
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        result += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
    return result;
}

}  // namespace

SONDE_FUZZ_TARGET(redactor) {
    const auto text = fuzz::text(data, size);
    const auto line = text.find('\n');
    if (line == std::string_view::npos) return 0;
    const auto secret = text.substr(0, line);
    const std::string said(text.substr(line + 1));

    const auto told = check::without_credentials(said);
    fuzz::require(check::without_credentials(said + " https://me:mine@a/?token=mine&next=%2F%3Fcode%3Dmine#x;sid=mine") ==
                      told + " https://***@a/?token=***&next=***#x;sid=***",
                  "what is said before a URL does not keep it from being hidden");
    fuzz::require(check::without_credentials("/?token=" + percent_encoded(said, "0123456789abcdef")).size() <= 11, "a value is hidden whole");

    if (secret.size() < check::Redactor::kShortest || secret.find('*') != std::string_view::npos) return 0;
    check::Redactor redact;
    redact.add(secret);
    fuzz::require(redact(said).find(secret) == std::string::npos, "a secret is not told");
    const std::string around = "x " + percent_encoded(secret, "0123456789ABCDEF") + " y " + percent_encoded(secret, "0123456789abcdef") + " z";
    fuzz::require(redact(around) == "x *** y *** z", "however it is encoded");
    return 0;
}
