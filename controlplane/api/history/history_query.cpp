#include "controlplane/api/history/history_query.h"

#include "controlplane/history/period.h"

namespace sonde::controlplane {
namespace {

constexpr std::chrono::hours kLongest{24 * 3653};

}  // namespace

HistoryWindow read_window(Query& query, TimePoint now, std::chrono::hours last) {
    HistoryWindow window{now - last, now};
    const auto from = query.instant("from");
    const auto to = query.instant("to");
    const auto period = query.text("period", 32);
    if (const auto name = query.text("time_zone", 64)) {
        if (auto zone = calendar::Zone::find(*name)) {
            window.zone = std::move(*zone);
        } else {
            query.refuse("time_zone", zone.error().message);
        }
    }
    if (period) {
        if (from || to) query.refuse("period", "goes without `from` and `to`");
        if (const auto read = history::read_period(*period, window.zone, now)) {
            window.from = read->from;
            window.to = read->to;
        } else {
            query.refuse("period", read.error().message);
        }
        return window;
    }
    if (to) window.to = *to;
    window.from = from ? *from : window.to - last;
    if (window.from >= window.to) {
        query.refuse(from ? "from" : "to", from && !to ? "must be in the past, or go with a `to` after it" : "must leave `from` before `to`");
    } else if (window.to - window.from > kLongest) {
        query.refuse("from", "must be at most ten years before `to`");
    }
    return window;
}

history::Accounting read_accounting(Query& query, const history::Accounting& fallback) {
    auto accounting = fallback;
    const auto read = [&query](std::string_view name, history::Counts& counts) {
        if (const auto given = query.name<history::Counts>(name)) counts = *given;
    };
    read("degraded", accounting.degraded);
    read("unknown", accounting.unknown);
    read("pending", accounting.pending);
    read("maintenance", accounting.maintenance);
    read("paused", accounting.paused);
    return accounting;
}

}  // namespace sonde::controlplane
