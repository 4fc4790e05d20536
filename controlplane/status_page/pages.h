// The pages there are, as whoever serves them finds them: in memory, without the database. What is found stays as it is for as long as it is held.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "controlplane/status_page/snapshot.h"
#include "lib/base/enum_name.h"

namespace sonde::status_page {

enum class Access : unsigned char { everybody, password, token };

// Who may see a page. What opens it is not in here, only what it is held against.
struct Guard {
    Access access = Access::everybody;
    std::string password_hash;  // of `password`: account::verify_password
    std::string token_digest;   // of `token`: the 32 raw bytes of its SHA-256, to be compared by crypto::equal
    int generation = 1;         // rises when password, token or access change: a cookie made before is worth nothing
    friend bool operator==(const Guard&, const Guard&) = default;
};

// A page as it is now.
struct Page {
    std::string slug;
    std::string host;  // in small letters, without a port; empty: none of its own
    Guard guard;
    Snapshot snapshot;
    std::string version;  // of all that is above, `made_at` too, in 32 hexadecimal digits: the same of one snapshot after a restart, another of the next
};

// Thread-safe, and waits for nobody but for a lock that is held for a moment.
class Pages {
public:
    using Callback = std::function<void()>;
    // Destroying it ends it: the callback is not under way afterwards, nor called again. So it must not be destroyed by its own callback.
    class Subscription {
    public:
        virtual ~Subscription() = default;
    };

    virtual ~Pages() = default;
    // Null: there is none. Names and hosts are compared as they are given: small letters, a host without a port and a dot at its end.
    [[nodiscard]] virtual std::shared_ptr<const Page> find(std::string_view slug) const = 0;
    [[nodiscard]] virtual std::shared_ptr<const Page> find_host(std::string_view host) const = 0;
    // Calls on a thread of its own, shortly, and must not block: whenever what is seen of the page has become another than by time passing alone, or the page or its guard
    // changed or is gone; also when a page of this name comes to be. `find` has the new one by then.
    [[nodiscard]] virtual std::unique_ptr<Subscription> subscribe(std::string slug, Callback callback) = 0;
};

}  // namespace sonde::status_page

template <>
struct sonde::EnumNames<sonde::status_page::Access> {
    static constexpr std::array<std::string_view, 3> names{"public", "password", "token"};
};
