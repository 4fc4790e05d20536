// The provider itself: asks it for what it says of itself, for its keys, and for who has come with a code.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/oidc/id_token.h"
#include "controlplane/oidc/metadata.h"
#include "controlplane/oidc/options.h"
#include "controlplane/oidc/ticket.h"

namespace sonde::oidc {

// Thread-safe. Blocks the calling thread: for four times `Options::timeout` at most, and no more than `Options::at_once` of them.
class Provider {
public:
    // What it says of itself and its keys are asked for again after so long; of what could not be had, not before.
    static constexpr std::chrono::minutes kRemember{60};
    static constexpr std::chrono::seconds kRememberFailure{3};
    // A token may name a key that is not known: then they are asked for again, but not for every one that anybody makes up.
    static constexpr std::chrono::seconds kAskAgain{10};

    // Throws std::runtime_error if `client_secret_file` cannot be read.
    Provider(Options options, std::string_view public_url);

    enum class Why : unsigned char {
        busy,         // too many are asked for at once
        unavailable,  // it does not answer, or not as it should
        refused,      // it does not take the code
        untrusted,    // what it says is not to be believed
    };
    struct Failure {
        Why why;
        std::string detail;  // for the audit and the log, without secrets
    };

    // Where the browser has to go.
    Result<std::string, Failure> begin(const Ticket& ticket);
    // Whether the answer names the right one (RFC 9207). `iss` is null if it names none.
    Result<bool, Failure> is_it(const std::string* iss);
    // The claims of who came back with the code: of his ID token, and what `userinfo` knows besides.
    Result<Json, Failure> redeem(const std::string& code, const Ticket& ticket, TimePoint now);

    const Options options;

private:
    class Place;
    template <class Value>
    struct Remembered {
        std::optional<Result<Value, Failure>> what;
        MonotonicPoint asked;
    };

    Result<Metadata, Failure> metadata();
    Result<Metadata, Failure> ask_metadata() const;
    Result<std::vector<Key>, Failure> keys(const Metadata& metadata, bool again);
    Result<std::vector<Key>, Failure> ask_keys(const Metadata& metadata) const;
    Result<Json, Failure> tokens(const Metadata& metadata, const std::string& code, const Ticket& ticket) const;
    Result<Json, Failure> claims_of(const std::string& token, const Metadata& metadata, const Ticket& ticket, TimePoint now);
    Result<Json, Failure> completed(Json claims, const Metadata& metadata, const Json& tokens) const;

    const std::string redirect_uri_;
    const Secret secret_;
    std::mutex mutex_;
    int asking_ = 0;
    Remembered<Metadata> metadata_;
    Remembered<std::vector<Key>> keys_;
};

}  // namespace sonde::oidc
