#include "controlplane/api/apply/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace sonde::controlplane::apply_api {
namespace {

Wanted read_wanted(const Json& document, const std::string& pointer, json::Problems& problems) {
    Wanted wanted;
    wanted.pointer = pointer;
    json::Reader in(document, pointer, problems);
    in.require({"kind", "key", "set"});
    const bool kind = in.name("kind", wanted.kind);
    if (in.text("key", wanted.key, {.min = 1, .max = 130}) && kind && !is_key(wanted.kind, wanted.key)) {
        in.refuse("key", wanted.kind == Kind::region ? "must be the region's name: a-z, 0-9 and -, beginning with a letter"
                         : wanted.kind == Kind::status_page ? "must be the page's slug: at most 60 of a-z, 0-9 and -, beginning and ending with a letter or digit"
                         : wanted.kind == Kind::monitor
                             ? "must be the site's key, a slash and a key, each of 1 to 64 letters, digits, `.`, `_` and `-`"
                             : "must be 1 to 64 letters, digits, `.`, `_` and `-`, beginning with a letter or digit, and no identifier");
    }
    if (in.text("adopt", wanted.adopt, {.min = 1, .max = 40}) && kind && !is_identifier(wanted.kind, wanted.adopt)) {
        in.refuse("adopt", fmt::format("is not the identifier of a {}", name_of(wanted.kind)));
    }
    if (const auto* set = in.object("set")) wanted.set = *set;
    in.finish();
    return wanted;
}

}  // namespace

bool is_owner(std::string_view text) {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= 64 && plain(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

Request read_request(const Json& document, json::Problems& problems) {
    Request request;
    json::Reader in(document, "", problems);
    in.require({"owner", "mode", "resources"});
    if (in.text("owner", request.owner, {.min = 1, .max = 64}) && !is_owner(request.owner)) {
        in.refuse("owner", "must be a-z, 0-9, `.`, `_` and `-`, beginning with a letter or digit");
    }
    in.name("mode", request.mode);
    in.boolean("prune", request.prune);
    if (const auto* list = in.array("resources", kMostResources)) {
        request.wanted.reserve(list->size());
        std::map<std::pair<Kind, std::string>, std::size_t> seen;
        for (std::size_t i = 0; i < list->size(); ++i) {
            request.wanted.push_back(read_wanted((*list)[i], fmt::format("/resources/{}", i), problems));
            const auto& one = request.wanted.back();
            const auto [first, fresh] = seen.emplace(std::pair{one.kind, one.key}, i);
            if (!fresh && !one.key.empty()) {
                problems.push_back({one.pointer + "/key", fmt::format("the {} {} is there twice, first at /resources/{}", name_of(one.kind), one.key, first->second)});
            }
        }
    }
    in.finish();
    return request;
}

}  // namespace sonde::controlplane::apply_api
