// Maintenance windows in the database. Every call is part of the caller's transaction and throws DbError.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "controlplane/api/endpoint/search_terms.h"
#include "controlplane/api/endpoint/sorted.h"
#include "lib/db/db.h"
#include "lib/maintenance/window.h"

namespace sonde::controlplane {

struct Window {
    WindowId id;
    maintenance::Draft draft;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

struct WindowFilter {
    std::optional<SiteId> site;        // named as a target
    std::optional<MonitorId> monitor;  // named as a target
    std::optional<std::string> tag;    // named as a target
    std::optional<bool> over;          // whether the last occurrence is over
    std::optional<SearchTerms> search;  // in title and description
};

inline constexpr std::array<SortKey, 5> kWindowOrder{{
    {"id", "w.id", SortKey::Type::whole},
    {"title", "lower(w.title)", SortKey::Type::text},
    {"starts_at", "w.starts_at", SortKey::Type::instant},
    {"created_at", "w.created_at", SortKey::Type::instant},
    {"updated_at", "w.updated_at", SortKey::Type::instant},
}};

// What was told of an occurrence, and the end that people gave it.
struct StoredOccurrence {
    maintenance::Occurrence when;
    bool given_end = false;
    std::optional<std::string> given_by;
    std::optional<TimePoint> started_at;
    std::optional<TimePoint> ended_at;
};

namespace window_store {

std::optional<Window> find(db::Tx& tx, WindowId id);
// As `find`, and nobody else changes it before the transaction ends.
std::optional<Window> lock(db::Tx& tx, WindowId id);
Sorted<Window> list(db::Tx& tx, const WindowFilter& filter, const Sorting& sorting, const Page& page);
void insert(db::Tx& tx, WindowId id, const maintenance::Draft& draft);
void update(db::Tx& tx, WindowId id, const maintenance::Draft& draft);
void remove(db::Tx& tx, WindowId id);

// Whose windows are asked for.
struct Around {
    std::vector<std::int64_t> monitors;
    std::vector<std::int64_t> sites;
    std::vector<std::string> tags;
};
// Those that name any of these as a target, and were not over by `since`; the newest 1000.
std::vector<Window> list_around(db::Tx& tx, const Around& around, TimePoint since);
// Ends that people gave, of each of the windows that has any.
std::map<WindowId, maintenance::Ends> given_ends(db::Tx& tx, const std::vector<Window>& windows);

std::vector<StoredOccurrence> occurrences(db::Tx& tx, WindowId id);
maintenance::Ends ends_of(const std::vector<StoredOccurrence>& stored);
// Gives an occurrence another end, and has the engines read the window anew.
void give_end(db::Tx& tx, WindowId id, TimePoint start, TimePoint end, std::string_view actor);

}  // namespace window_store
}  // namespace sonde::controlplane
