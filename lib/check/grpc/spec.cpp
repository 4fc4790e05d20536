#include "lib/check/grpc/spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/check/host.h"
#include "lib/crypto/crypto.h"
#include "lib/net/url.h"

namespace sonde::check {
namespace {

constexpr std::size_t kMaxService = 200;
constexpr std::size_t kMaxAuthority = 260;

// A host with a port or without, as it stands in a URL.
void read_authority(json::Reader& in, GrpcSpec& spec) {
    std::string text;
    if (!in.text("authority", text, {.max = kMaxAuthority}) || text.empty()) return;
    const auto url = net::parse_url(fmt::format("http://{}/", text));
    if (text.find_first_of("/?#@\\%") != std::string::npos || !url) return in.refuse("authority", "must be a host with a port or without");
    spec.authority = std::move(text);
}

// What HTTP/2 carries is plain ASCII here; binary values are told by their names.
void read_metadata(json::Reader& in, GrpcSpec& spec, json::Problems& problems) {
    const HeaderRule rule{.refused = {"grpc-*", "content-type", "te", "host", "user-agent", "connection", "keep-alive", "proxy-connection",
                                      "transfer-encoding", "upgrade", "content-length", "trailer", "expect"},
                          .lower_case = true};
    read_header_fields(in, "metadata", spec.metadata, rule, problems);
    for (const auto& [name, value] : spec.metadata) {
        const auto pointer = in.pointer("metadata") + '/' + json::escape_pointer(name);
        const bool is_plain = std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
        if (!is_plain) problems.push_back({pointer, "must be ASCII"});
        if (name.ends_with("-bin") && !crypto::from_base64(value)) problems.push_back({pointer, "must be base64, since its name ends in -bin"});
    }
}

}  // namespace

void read(GrpcSpec& spec, json::Reader& in, json::Problems& problems) {
    in.require({"host", "port"});
    read_host(in, "host", spec.host);
    in.whole("port", spec.port, 1, 65535);
    read_tls(in, "tls", spec.tls, problems);
    in.text("service", spec.service, {.max = kMaxService});
    read_authority(in, spec);
    read_metadata(in, spec, problems);
}

Json write(const GrpcSpec& spec) {
    return {{"host", spec.host},
            {"port", spec.port},
            {"tls", write_tls(spec.tls)},
            {"service", spec.service},
            {"authority", spec.authority},
            {"metadata", write_header_fields(spec.metadata)}};
}

Endpoint endpoint(const GrpcSpec& spec) { return {spec.host, spec.port}; }

}  // namespace sonde::check
