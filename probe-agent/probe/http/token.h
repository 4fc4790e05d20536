// OAuth2 client credentials (RFC 6749, section 4.4): tokens, kept until shortly before they expire.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "probe-agent/probe/http/hop.h"
#include "probe-agent/probe/target.h"

namespace sonde::agent {

struct Token {
    std::string value;
    seconds lifetime{0};
};

// What a token endpoint answered with 200, read. Tokens of other types than Bearer, and those no header can carry, are errors. Where no lifetime
// is told, it is five minutes.
Result<Token> read_token(std::string_view body);
// The body of the request for one.
std::string token_request(const check::HttpAuth& auth);

// Fetches a token once for all checks that wait for the same. A failed fetch is told to those that wait, and forgotten. Loop thread only; must
// outlive the waits.
class TokenCache {
    struct Entry;

public:
    static constexpr std::size_t kMost = 4096;
    static constexpr milliseconds kFetchLongest{30'000};  // for a fetch whose checks have all given up

    explicit TokenCache(HttpReach& reach);
    ~TokenCache();
    TokenCache(const TokenCache&) = delete;
    TokenCache& operator=(const TokenCache&) = delete;

    struct Outcome {
        check::Failure failure;  // of the target: who needs the token cannot do without its endpoint
        std::string token;
    };
    using Done = std::function<void(Outcome)>;

    // Dropping it means that `done` is not called.
    class Wait {
    public:
        Wait(std::shared_ptr<Entry> entry, Done done);
        ~Wait();
        Wait(const Wait&) = delete;
        Wait& operator=(const Wait&) = delete;

    private:
        friend class TokenCache;
        std::shared_ptr<Entry> entry_;
        Done done_;
    };

    // The token there is; empty if there is none that is still good for a while.
    [[nodiscard]] std::string find(const check::HttpSpec& spec) const;
    // Where `find` found none. `done` is called once, never before this returned; it may drop the wait.
    std::unique_ptr<Wait> fetch(const std::shared_ptr<const Target>& target, Done done);
    // A server refused this token: the next check gets another.
    void drop(const check::HttpSpec& spec, const std::string& token);

private:
    struct Fetch;
    void make_room();
    void fetched(const std::shared_ptr<Entry>& entry, Outcome outcome, seconds lifetime);

    HttpReach& reach_;
    std::map<std::string, std::shared_ptr<Entry>> entries_;  // by a digest of all that makes a token what it is
};

}  // namespace sonde::agent
