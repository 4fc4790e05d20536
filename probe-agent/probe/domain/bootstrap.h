// IANA's list of RDAP servers, fetched when it is needed and kept.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "lib/uv/loop.h"
#include "probe-agent/probe/domain/rdap.h"
#include "probe-agent/probe/probe.h"

namespace sonde::agent {

// One list for all checks. It is fetched when a check asks and there is none, or one older than kFresh; checks that ask meanwhile wait for the same fetch, or
// take the old list. If it fails, nobody tries again for kRest. Loop thread only; must outlive its waits.
class RdapBootstrap {
public:
    static constexpr std::chrono::hours kFresh{24};
    static constexpr seconds kRest{60};
    static constexpr milliseconds kTimeout{30'000};

    // `http` must outlive it.
    RdapBootstrap(uv::Loop& loop, Probe& http, std::string url);
    ~RdapBootstrap();

    // Either has an error or a list, good during the call.
    struct Outcome {
        const RdapServers* servers = nullptr;
        std::string error;
    };
    // Dropping it means that `done` is not called.
    class Wait;
    struct Leave {
        void operator()(Wait* wait) const;
    };
    using Handle = std::unique_ptr<Wait, Leave>;

    // `done` is called once, never before this returned.
    Handle get(std::function<void(Outcome)> done);

private:
    void fetch();
    void fetched(const check::Observation& seen);
    void tell();

    uv::Loop& loop_;
    Probe& http_;
    std::string url_;
    std::optional<RdapServers> servers_;
    std::string error_;  // of the last fetch; empty if it succeeded
    MonotonicPoint fetched_at_{};
    MonotonicPoint tried_at_{};
    std::unique_ptr<Attempt> attempt_;
    std::list<Wait*> waiting_;
    uv::Timer soon_;
};

}  // namespace sonde::agent
