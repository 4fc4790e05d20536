#include "probe-agent/target.h"

#include <fmt/format.h>

namespace sonde::agent {

Result<std::shared_ptr<const Target>> make_target(check::Spec spec) {
    auto url = net::parse_url(std::get<check::HttpSpec>(spec).url);
    if (!url) return Error{"the url " + url.error().message};
    auto host = fmt::format("{}:{}", url->host, url->port);
    return std::make_shared<const Target>(Target{std::move(spec), std::move(*url), std::move(host)});
}

Result<std::shared_ptr<const Target>> read_target(check::Kind kind, std::string_view text) {
    const auto document = json::parse(text);
    if (!document) return Error{document.error().message};
    auto spec = check::read_spec(kind, *document, "");
    if (!spec) {
        const auto& first = spec.error().front();
        return Error{fmt::format("{} {}", first.pointer, first.detail)};
    }
    return make_target(std::move(*spec));
}

}  // namespace sonde::agent
