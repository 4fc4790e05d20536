#include "probe-agent/probe/domain/fetch.h"

#include <fmt/format.h>

namespace sonde::agent {

Result<std::unique_ptr<Attempt>> fetch_json(Probe& http, const std::string& url, const char* accept, std::size_t most_bytes, milliseconds timeout,
                                            Probe::Done done) {
    // The whole body is kept for who asserts something of it.
    const Json document{{"url", url},
                        {"headers", {{"Accept", accept}}},
                        {"max_body_bytes", most_bytes},
                        {"assertions", Json::array({{{"on", "json"}, {"path", "$"}, {"exists", true}}})}};
    auto spec = check::read_spec(check::Kind::http, document, "");
    if (!spec) return Error{fmt::format("{} {}", spec.error().front().pointer, spec.error().front().detail)};
    auto target = make_target(std::move(*spec));
    if (!target) return target.error();
    return http.start(std::move(*target), timeout, std::move(done));
}

std::string wrong_with(const check::Observation& seen) {
    const auto* facts = seen.find<check::HttpFacts>();
    if (seen.failure || facts == nullptr) return seen.failure.message.empty() ? "no answer" : seen.failure.message;
    if (facts->status != 200) return fmt::format("it answered {}", facts->status_line.empty() ? fmt::format("{}", facts->status) : facts->status_line);
    if (facts->body_truncated) return fmt::format("its answer is longer than {} bytes", facts->body_bytes);
    return {};
}

}  // namespace sonde::agent
