#include "controlplane/status_page/windows.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "controlplane/api/monitor/maintenance_store.h"

namespace sonde::status_page {
namespace {

constexpr std::chrono::hours kAround{24 * 30};
constexpr std::size_t kMostComing = 20;  // of a window, with what is under way
constexpr std::size_t kMostOver = 1'000;
constexpr std::size_t kMostLately = 10;
constexpr std::size_t kMostInAll = 500;

std::vector<std::size_t> components_of(const Cast& cast, const maintenance::Targets& targets) {
    const std::set<MonitorId> monitors(targets.monitors.begin(), targets.monitors.end());
    const std::set<SiteId> sites(targets.sites.begin(), targets.sites.end());
    const std::set<std::string> tags(targets.tags.begin(), targets.tags.end());
    return cast.components_of([&](const Player& player) {
        return monitors.contains(player.member.id) || sites.contains(player.site) ||
               std::any_of(player.tags.begin(), player.tags.end(), [&](const auto& tag) { return tags.contains(tag); });
    });
}

controlplane::window_store::Around targets_of(const Cast& cast) {
    std::set<std::int64_t> sites;
    std::set<std::string> tags;
    controlplane::window_store::Around around;
    for (const auto& player : cast.players) {
        around.monitors.push_back(player.member.id.value());
        sites.insert(player.site.value());
        tags.insert(player.tags.begin(), player.tags.end());
    }
    around.sites.assign(sites.begin(), sites.end());
    around.tags.assign(tags.begin(), tags.end());
    return around;
}

// Of one window: what is under way and comes, and what was lately.
std::vector<maintenance::Occurrence> occurrences_of(const maintenance::Plan& plan, const maintenance::Ends& ends, TimePoint now) {
    auto all = plan.between(now, now + kAround, kMostComing, ends);
    auto over = plan.between(now - kAround, now, kMostOver, ends);
    std::erase_if(over, [&](const auto& one) { return one.end > now; });
    if (over.size() > kMostLately) over.erase(over.begin(), over.end() - kMostLately);
    all.insert(all.end(), over.begin(), over.end());
    std::erase_if(all, [](const auto& one) { return one.end <= one.start; });
    return all;
}

Progress progress_of(const maintenance::Occurrence& occurrence, TimePoint now) {
    if (occurrence.end <= now) return Progress::completed;
    return occurrence.start <= now ? Progress::in_progress : Progress::scheduled;
}

int rank(Progress progress) { return progress == Progress::in_progress ? 0 : progress == Progress::scheduled ? 1 : 2; }

bool comes_before(const Maintenance& a, const Maintenance& b) {
    if (a.progress != b.progress) return rank(a.progress) < rank(b.progress);
    return a.progress == Progress::completed ? a.starts_at > b.starts_at : a.starts_at < b.starts_at;
}

}  // namespace

std::vector<Maintenance> read_maintenance(db::Tx& tx, const Cast& cast, TimePoint now) {
    const auto windows = controlplane::window_store::list_around(tx, targets_of(cast), now - kAround);
    const auto ends = controlplane::window_store::given_ends(tx, windows);
    std::vector<Maintenance> all;
    for (const auto& window : windows) {
        const auto plan = maintenance::Plan::of(window.draft);
        const auto components = components_of(cast, window.draft.targets);
        if (!plan || components.empty()) continue;
        const auto given = ends.find(window.id);
        for (const auto& one : occurrences_of(*plan, given == ends.end() ? maintenance::Ends{} : given->second, now)) {
            all.push_back({fmt::format("{}-{}", window.id.text(), std::chrono::floor<seconds>(one.start).time_since_epoch().count()), window.draft.title,
                           window.draft.description, progress_of(one, now), one.start, one.end, cast.ids_of(components),
                           std::max(window.created_at, one.start - kAround)});
        }
    }
    std::stable_sort(all.begin(), all.end(), comes_before);
    if (all.size() > kMostInAll) all.resize(kMostInAll);
    return all;
}

}  // namespace sonde::status_page
