#include "lib/check/banner/spec.h"

#include "lib/check/host.h"
#include "lib/check/pattern_field.h"

namespace sonde::check {
namespace {

// As IANA has them.
int usual_port(BannerProtocol protocol, bool tls) {
    switch (protocol) {
        case BannerProtocol::smtp: return tls ? 465 : 25;
        case BannerProtocol::imap: return tls ? 993 : 143;
        case BannerProtocol::pop3: return tls ? 995 : 110;
        case BannerProtocol::ssh: return 22;
        case BannerProtocol::ftp: return tls ? 990 : 21;
    }
    return 0;
}

}  // namespace

void read(BannerSpec& spec, json::Reader& in, json::Problems& problems) {
    in.require({"host", "protocol"});
    read_host(in, "host", spec.host);
    in.name("protocol", spec.protocol);
    read_tls(in, "tls", spec.tls, problems);
    read_pattern(in, "expect_matches", spec.expect_matches, spec.pattern);
    const bool is_ssh = spec.protocol == BannerProtocol::ssh;
    spec.goodbye = !is_ssh;
    in.boolean("goodbye", spec.goodbye);
    spec.port = usual_port(spec.protocol, spec.tls.has_value());
    in.whole("port", spec.port, 1, 65535);
    if (is_ssh && spec.tls) in.refuse("tls", "is not what SSH is spoken over");
    if (is_ssh && spec.goodbye) in.refuse("goodbye", "is not to be said before SSH has agreed on keys");
}

Json write(const BannerSpec& spec) {
    return {{"host", spec.host},
            {"protocol", name_of(spec.protocol)},
            {"port", spec.port},
            {"tls", write_tls(spec.tls)},
            {"expect_matches", spec.expect_matches},
            {"goodbye", spec.goodbye}};
}

Endpoint endpoint(const BannerSpec& spec) { return {spec.host, spec.port}; }

}  // namespace sonde::check
