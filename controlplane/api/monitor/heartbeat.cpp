#include "controlplane/api/monitor/heartbeat.h"

#include "controlplane/api/endpoint/stored.h"
#include "lib/message/subject.h"

namespace sonde::controlplane {
namespace {

// The engine's state of a monitor; an empty object if there is none that can be read.
Json core_of(const Monitor& monitor) {
    auto document = monitor.core.empty() ? Json::object() : stored_json(monitor.core);
    return document.is_object() ? document : Json::object();
}

std::optional<std::int64_t> whole_in(const Json& object, std::string_view field) {
    const auto found = object.is_object() ? object.find(field) : object.end();
    if (found == object.end() || !found->is_number_integer()) return std::nullopt;
    return found->get<std::int64_t>();
}

Json instant_in(const Json& object, std::string_view field) {
    const auto ms = whole_in(object, field);
    return ms ? Json(to_rfc3339(from_unix_ms(*ms))) : Json(nullptr);
}

}  // namespace

Json present_heartbeat(const Monitor& monitor, bool with_token) {
    const auto core = core_of(monitor);
    const auto found = core.find("heartbeat");
    const Json state = found == core.end() ? Json::object() : *found;
    const bool paused = monitor.state == State::paused;
    const auto run = whole_in(state, "last_run");
    Json document{{"last_ping_at", instant_in(state, "last_ping")},
                  {"last_success_at", instant_in(state, "last_success")},
                  {"deadline_at", paused ? Json(nullptr) : instant_in(state, "deadline")},
                  {"last_run_ms", run ? Json(*run) : Json(nullptr)}};
    if (with_token) {
        document["ping_token"] = monitor.ping_token;
        document["ping_url"] = "/ping/" + monitor.ping_token;
    }
    return document;
}

Json push_votes_of(const Monitor& monitor) {
    const auto core = core_of(monitor);
    Json vote{{"region", message::subject::push_region}, {"failure_domain", message::subject::push_region}};
    const auto votes = core.find("votes");
    if (votes == core.end() || !votes->is_array() || votes->empty()) {
        vote["verdict"] = "absent";
        vote["fresh"] = false;
        return Json::array({std::move(vote)});
    }
    const auto& cast = votes->front();
    vote["verdict"] = cast.value("verdict", "unknown");
    vote["class"] = cast.value("class", "none");
    vote["slot"] = instant_in(cast, "slot");
    vote["attempt"] = cast.value("attempt", 0);
    vote["at"] = instant_in(cast, "at");
    vote["fresh"] = true;
    vote["message"] = cast.value("message", "");
    return Json::array({std::move(vote)});
}

}  // namespace sonde::controlplane
