// What people set of a status page: its reading, and its document. Pure but for time zones, which are files.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/history/accounting.h"
#include "controlplane/status_page/pages.h"
#include "controlplane/status_page/snapshot.h"
#include "lib/base/id.h"
#include "lib/json/reader.h"

namespace sonde::status_page {

inline constexpr std::size_t kMostSlug = 60;
inline constexpr std::size_t kMostGroups = 100;
inline constexpr std::size_t kMostComponents = 500;     // of a page
inline constexpr std::size_t kMostOfComponent = 1'000;  // monitors, and sites
inline constexpr std::size_t kMostLatencies = 20;       // regions of a component
inline constexpr int kMostDays = 90;
inline constexpr int kMinPassword = 8;

struct ComponentDraft {
    std::string id;
    std::string name;
    std::string description;
    std::vector<MonitorId> monitors;  // of these and the sites there is at least one
    std::vector<SiteId> sites;        // with all the monitors they have by then
    std::vector<std::pair<std::string, std::string>> latencies;  // regions whose response times are shown, and what the page calls them
    friend bool operator==(const ComponentDraft&, const ComponentDraft&) = default;
};

struct GroupDraft {
    std::string name;
    bool collapsed = false;
    std::vector<ComponentDraft> components;
    friend bool operator==(const GroupDraft&, const GroupDraft&) = default;
};

// How states count where it is otherwise than configured.
struct OwnAccounting {
    std::optional<history::Counts> degraded;
    std::optional<history::Counts> unknown;
    std::optional<history::Counts> pending;
    std::optional<history::Counts> maintenance;
    std::optional<history::Counts> paused;

    [[nodiscard]] history::Accounting over(const history::Accounting& configured) const;
    friend bool operator==(const OwnAccounting&, const OwnAccounting&) = default;
};

struct PageDraft {
    std::string slug;
    std::string host;  // `domain` of the document; empty: none
    Look look;
    Access access = Access::everybody;
    int days = kMostDays;
    OwnAccounting accounting;
    std::vector<GroupDraft> groups;
    std::optional<ChannelId> mail_channel;  // whose mail server tells subscribers; without it nobody subscribes by e-mail
    bool webhook_subscribers = false;       // anybody may have his webhook told
    friend bool operator==(const PageDraft&, const PageDraft&) = default;

    [[nodiscard]] std::vector<std::int64_t> monitors() const;  // each once
    [[nodiscard]] std::vector<std::int64_t> sites() const;
};

// A `password`, which only goes in, is judged and not returned. Whether monitors and sites exist is not asked here.
PageDraft read_page(const Json& document, const std::string& pointer, json::Problems& problems);
// The canonical document; `read_page` reads it back equal.
Json write_page(const PageDraft& draft);

// How the page looks, as fields of whatever has them.
void read_look(json::Reader& in, Look& look);
void put_look(Json& document, const Look& look);

// The parts that are stored as documents. What a newer version stored, and this one does not understand, is left out.
Json write_groups(const std::vector<GroupDraft>& groups);
std::vector<GroupDraft> read_groups(const Json& stored);
Json write_accounting(const OwnAccounting& accounting);
OwnAccounting read_accounting(const Json& stored);

bool is_slug(std::string_view text, std::size_t longest);

}  // namespace sonde::status_page
