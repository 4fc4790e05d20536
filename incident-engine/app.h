// The incident engine as a whole, embeddable in tests.
#pragma once

#include <memory>

#include "incident-engine/config.h"
#include "lib/service/service.h"

namespace sonde::engine {

// Needs the database to start, with the schema of this version; the bus may come later. `config` must outlive the app.
class EngineApp final : public service::App {
public:
    explicit EngineApp(const EngineConfig& config);
    ~EngineApp() override;

    void start() override;
    void stop() override;
    [[nodiscard]] int port() const override;

    // Ends as a crash would: nothing is given back, released or finished. For tests.
    void crash();

private:
    struct Parts;
    const EngineConfig& config_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace sonde::engine
