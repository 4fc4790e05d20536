#include "lib/check/tls/wanted.h"

#include "lib/check/host.h"
#include "lib/check/tls/authorities.h"

namespace sonde::check {

void read_tls(json::Reader& in, std::string_view field, std::optional<TlsWanted>& target, json::Problems& problems) {
    const auto* value = in.value(field);
    if (value == nullptr) return;
    if (value->is_boolean()) {
        target.reset();
        if (value->get<bool>()) target.emplace();
        return;
    }
    if (!value->is_object()) return in.refuse(field, "must be true, false or an object");
    auto& tls = target.emplace();
    json::Reader inner(*value, in.pointer(field), problems);
    read_server_name(inner, "server_name", tls.server_name);
    inner.boolean("verify", tls.verify);
    read_authorities(inner, "ca", tls.ca);
    inner.name("min_version", tls.min_version);
    inner.finish();
}

Json write_tls(const std::optional<TlsWanted>& wanted) {
    if (!wanted) return false;
    return {{"server_name", wanted->server_name}, {"verify", wanted->verify}, {"ca", wanted->ca}, {"min_version", name_of(wanted->min_version)}};
}

}  // namespace sonde::check
