// A nats-server that lets in who has a signature of its keys, and connections of those who have.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "lib/admission/id.h"
#include "lib/admission/keys.h"
#include "lib/bus/bus.h"
#include "tests/support/servers.h"

namespace sonde::test {

class BusOfKeys {
public:
    BusOfKeys();
    ~BusOfKeys();

    admission::BusKeys keys{Secret{std::string(32, 'k')}};
    std::unique_ptr<NatsServer> server;

    // An agent, with a key of its own.
    struct Agent {
        AgentId id;
        std::string region;
        std::string public_key;
        std::string credentials_file;
    };
    Agent make_agent(const std::string& region);

    struct Connected {
        std::unique_ptr<metrics::Registry> registry = std::make_unique<metrics::Registry>();
        std::unique_ptr<bus::Bus> bus;
        [[nodiscard]] bool up() const { return bus->health().connected; }
        // How often the server said that it may not do something: `permission`; or that it may not come in: `refused`.
        [[nodiscard]] double refusals(const std::string& kind = "permission") const;
    };
    // Waits until it is connected.
    Connected connect(const Agent& agent);
    Connected connect(admission::Role role);
    // Whether the server lets it in.
    bool lets_in(const Agent& agent);
    [[nodiscard]] bus::Options options() const;

private:
    std::filesystem::path directory_;
    int files_ = 0;
    std::string write(const Secret& credentials);
    Connected connect_with(const std::string& file, const std::string& inbox, bool wait = true);
};

}  // namespace sonde::test
