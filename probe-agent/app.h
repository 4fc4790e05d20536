// The agent as a whole, embeddable in tests.
#pragma once

#include <memory>

#include "probe-agent/config.h"

namespace sonde::agent {

// `config` is read at construction and at `reload` and must outlive the app.
class AgentApp final : public service::App {
public:
    explicit AgentApp(const AgentConfig& config);
    ~AgentApp() override;

    void start() override;
    void stop() override;    // drains first
    void reload() override;  // guard.*, and what the files of probe_endpoint.* say
    [[nodiscard]] int port() const override;

private:
    struct Parts;
    const AgentConfig& config_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace sonde::agent
