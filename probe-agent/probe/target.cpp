#include "probe-agent/probe/target.h"

#include <fmt/format.h>

#include "lib/crypto/crypto.h"

namespace sonde::agent {

Result<std::shared_ptr<const Target>> make_target(check::Spec spec, check::Redactor redact) {
    net::Url url;
    std::string host;
    if (const auto* http = std::get_if<check::HttpSpec>(&spec)) {
        auto parsed = net::parse_url(http->url);
        if (!parsed) return Error{"the url " + parsed.error().message};
        url = std::move(*parsed);
        host = fmt::format("{}:{}", url.host, url.port);  // what `endpoint_of` says, which would parse it again
        const auto& auth = http->auth;
        if (auth.type == check::HttpAuthType::basic && !redact.empty()) redact.add(crypto::base64(auth.username + ':' + auth.password));
    } else {
        const auto endpoint = check::endpoint_of(spec);
        host = fmt::format("{}:{}", endpoint.host, endpoint.port);
    }
    return std::make_shared<const Target>(Target{std::move(spec), std::move(url), std::move(host), std::move(redact)});
}

Result<std::shared_ptr<const Target>> read_target(check::Kind kind, std::string_view text, const check::Secrets& secrets) {
    const auto document = json::parse(text);
    if (!document) return Error{document.error().message};
    check::Redactor redact(secrets);
    json::Problems problems;
    auto spec = check::read_spec(kind, check::substitute(*document, secrets, "", problems), "");
    if (!spec) problems.insert(problems.end(), spec.error().begin(), spec.error().end());
    if (!problems.empty()) return Error{redact(fmt::format("{} {}", problems.front().pointer, problems.front().detail))};
    return make_target(std::move(*spec), std::move(redact));
}

}  // namespace sonde::agent
