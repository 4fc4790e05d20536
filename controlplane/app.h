// The control plane as a whole, embeddable in tests.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "controlplane/config.h"
#include "lib/service/service.h"

namespace sonde::controlplane {

// Needs the database to start, with the schema of this version, unless there are status pages on disk: then it serves these, and begins all other work when the database is there. The bus may come
// later. `config` must outlive the app.
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
    void begin_work();
    void wait_for_database();
    ControlplaneConfig& config_;
    std::unique_ptr<Parts> parts_;

    std::mutex mutex_;
    std::condition_variable wakes_;
    bool stopping_ = false;
    std::thread waiting_;
};

}  // namespace sonde::controlplane
