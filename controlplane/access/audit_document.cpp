#include "controlplane/access/audit_document.h"

#include <algorithm>
#include <charconv>

#include "lib/account/user_id.h"
#include "lib/admission/id.h"
#include "lib/base/drill_id.h"
#include "lib/base/relation_id.h"
#include "lib/base/routing_id.h"
#include "lib/base/status_page_id.h"
#include "lib/oncall/id.h"

namespace sonde::controlplane {
namespace {

struct Sort {
    std::string_view noun;  // of objects, before the colon: without what follows a `_` in the name of the deed
    std::string_view prefix;
};

constexpr Sort kSorts[] = {
    {"site", id_tag::Site::prefix},       {"monitor", id_tag::Monitor::prefix}, {"group", id_tag::Group::prefix},
    {"dependency", id_tag::Dependency::prefix}, {"maintenance", id_tag::Window::prefix}, {"channel", id_tag::Channel::prefix},
    {"incident", id_tag::Incident::prefix}, {"advisory", id_tag::Advisory::prefix}, {"client", id_tag::Client::prefix},
    {"agent", id_tag::Agent::prefix},     {"join", id_tag::JoinToken::prefix},       {"user", id_tag::User::prefix},
    {"route", id_tag::Route::prefix},     {"override", id_tag::RouteOverride::prefix},
    {"drill", id_tag::Drill::prefix},     {"page", id_tag::StatusPage::prefix}, {"subscriber", id_tag::Subscriber::prefix},
    {"escalation", id_tag::Escalation::prefix}, {"schedule", id_tag::Schedule::prefix},
};

// Columns that hold numbers of others.
struct Column {
    std::string_view name;
    std::string_view prefix;
};

constexpr Column kColumns[] = {
    {"site_id", id_tag::Site::prefix},      {"sites", id_tag::Site::prefix},     {"monitors", id_tag::Monitor::prefix}, {"members", id_tag::Monitor::prefix},
    {"anchors", id_tag::Monitor::prefix},   {"window_id", id_tag::Window::prefix}, {"client_id", id_tag::Client::prefix},
    {"channels", id_tag::Channel::prefix},  {"added", id_tag::Channel::prefix},    {"muted", id_tag::Channel::prefix},   {"replaced", id_tag::Channel::prefix},
    {"monitor_id", id_tag::Monitor::prefix}, {"channel_id", id_tag::Channel::prefix}, {"drill_id", id_tag::Drill::prefix},
    {"escalation_id", id_tag::Escalation::prefix}, {"users", id_tag::User::prefix}, {"people", id_tag::User::prefix}, {"person_id", id_tag::User::prefix},
    {"schedules", id_tag::Schedule::prefix}, {"schedule_id", id_tag::Schedule::prefix}, {"mail_channel_id", id_tag::Channel::prefix},
    {"page_id", id_tag::StatusPage::prefix},
};

std::string_view prefix_of(std::string_view noun) {
    for (const auto& sort : kSorts) {
        if (sort.noun == noun) return sort.prefix;
    }
    return {};
}

std::optional<std::int64_t> number_in(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number;
}

void show(Json& value, std::string_view prefix) {
    if (value.is_array()) {
        for (auto& item : value) show(item, prefix);
    } else if (value.is_number_integer()) {
        value = id_text::encode(prefix, value.get<std::int64_t>());
    }
}

}  // namespace

std::string shown_object(std::string_view stored) {
    const auto colon = std::min(stored.find(':'), stored.size());
    const auto prefix = prefix_of(stored.substr(0, colon));
    const auto number = colon < stored.size() && !prefix.empty() ? number_in(stored.substr(colon + 1)) : std::nullopt;
    if (!number) return std::string(stored);
    return std::string(stored.substr(0, colon + 1)) + id_text::encode(prefix, *number);
}

std::string stored_object(std::string_view shown) {
    const auto colon = std::min(shown.find(':'), shown.size());
    const auto prefix = prefix_of(shown.substr(0, colon));
    const auto number = colon < shown.size() && !prefix.empty() ? id_text::decode(prefix, shown.substr(colon + 1)) : std::nullopt;
    if (!number) return std::string(shown);
    return std::string(shown.substr(0, colon + 1)) + std::to_string(*number);
}

Json shown_row(std::string_view object, Json row) {
    if (!row.is_object()) return row;
    if (const auto own = row.find("id"); own != row.end()) show(*own, prefix_of(object.substr(0, object.find(':'))));
    for (const auto& column : kColumns) {
        const auto found = row.find(column.name);
        if (found == row.end()) continue;
        const bool of_schedule = column.name == "members" && object.starts_with("schedule:");
        show(*found, of_schedule ? id_tag::User::prefix : column.prefix);
    }
    // Each step of an escalation names others, and each layer of a schedule its members.
    for (const auto* list : {"steps", "layers"}) {
        const auto found = row.find(list);
        if (found == row.end() || !found->is_array()) continue;
        for (auto& item : *found) item = shown_row(object, std::move(item));
    }
    // Ends of dependencies say themselves of which sort they are.
    for (const std::string end : {"child", "parent"}) {
        const auto kind = row.find(end + "_kind");
        const auto number = row.find(end + "_id");
        if (kind != row.end() && number != row.end() && kind->is_string()) show(*number, prefix_of(kind->get<std::string>()));
    }
    return row;
}

}  // namespace sonde::controlplane
