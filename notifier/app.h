// The notifier as a whole, embeddable in tests.
#pragma once

#include <memory>

#include "lib/service/service.h"
#include "notifier/config.h"

namespace sonde::notifier {

// `config` is read at construction and at `reload` and must outlive the app.
class NotifierApp final : public service::App {
public:
    explicit NotifierApp(const NotifierConfig& config);
    ~NotifierApp() override;

    void start() override;
    void stop() override;
    void reload() override;  // guard.*
    [[nodiscard]] int port() const override;

private:
    struct Parts;
    const NotifierConfig& config_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace sonde::notifier
