#include "lib/service/monitor_secrets.h"

#include "lib/json/json.h"
#include "lib/log/log.h"

namespace sonde::service {
namespace {

std::string context_of(MonitorId monitor) { return "monitor:" + monitor.text(); }

}  // namespace

std::string seal_secrets(const crypto::SecretBox& box, MonitorId monitor, const check::Secrets& secrets) {
    Json document = Json::object();
    for (const auto& [name, value] : secrets) document[name] = value.reveal();
    return box.seal(Secret(json::dump(document)), context_of(monitor));
}

Result<check::Secrets> open_secrets(const crypto::SecretBox& box, MonitorId monitor, std::string_view sealed) {
    const auto text = box.open(sealed, context_of(monitor));
    if (!text) return Error{text.error().message};
    const auto document = json::parse(text->reveal());
    if (!document || !document->is_object()) return Error{"the sealed secrets are no object"};
    check::Secrets secrets;
    for (const auto& [name, value] : document->items()) {
        if (!value.is_string()) return Error{"a sealed secret is no string"};
        secrets.emplace(name, Secret(value.get<std::string>()));
    }
    return secrets;
}

check::Secrets secrets_for_job(const crypto::SecretBox& box, MonitorId monitor, std::string_view sealed, std::string_view spec) {
    const auto secrets = open_secrets(box, monitor, sealed);
    if (secrets) return check::named_in(spec, *secrets);
    log::error("monitor_secrets_not_opened", "monitor", monitor.text(), "error", secrets.error().message);
    return {};
}

}  // namespace sonde::service
