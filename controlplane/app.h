// The control plane as a whole, embeddable in tests.
#pragma once

#include <memory>

#include "controlplane/config.h"
#include "lib/service/service.h"

namespace sonde::controlplane {

// Needs the database to start, with the schema of this version; the bus may come later. `config` must outlive the app.
class ControlplaneApp final : public service::App {
public:
    explicit ControlplaneApp(ControlplaneConfig& config);
    ~ControlplaneApp() override;

    void start() override;
    void stop() override;
    [[nodiscard]] int port() const override;

private:
    struct Parts;
    void admit_agents(const std::string& name);
    ControlplaneConfig& config_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace sonde::controlplane
