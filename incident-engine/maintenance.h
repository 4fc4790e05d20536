// Tells that maintenance windows began and ended: each occurrence once, whoever was killed in between. What is suppressed does not depend on
// it; every engine finds that for its own monitors (relations.h).
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "incident-engine/event.h"
#include "lib/db/db.h"
#include "lib/maintenance/window.h"

namespace sonde::engine {

class Maintenance {
public:
    explicit Maintenance(db::Pool& pool) : pool_(pool) {}

    // Tells what began and ended by now. `fence` is called in the transaction that writes. Returns true if something was told. Throws db::DbError.
    bool step(const std::function<void(db::Tx&)>& fence);

    // When the next one begins or ends, as far as is known; nothing if none does.
    [[nodiscard]] std::optional<TimePoint> next_edge() const { return next_edge_; }
    // Windows may have been edited. Thread-safe.
    void changed() { changed_ = true; }
    [[nodiscard]] bool has_changed() const { return changed_; }
    // Somebody else may have told in the meantime.
    void begin_anew() {
        changed_ = true;
        mark_.clear();
    }

private:
    struct Told {
        maintenance::Occurrence when;
        std::optional<TimePoint> started_at;
        std::optional<TimePoint> ended_at;
    };
    struct Window {
        WindowId id;
        maintenance::Draft draft;
        maintenance::Plan plan;
        maintenance::Ends ends;
        TimePoint edited_at;
        bool deleted = false;
        std::vector<Told> told;  // the occurrences that were begun, or given an end
    };
    struct Edge {
        const Window* window;
        maintenance::Occurrence when;
        bool starts = false;
        std::string_view reason;
    };
    void load(db::Tx& tx);
    std::vector<Edge> edges(TimePoint now) const;
    void tell(db::Tx& tx, const std::vector<Edge>& edges, TimePoint now, std::vector<Event>& events) const;

    db::Pool& pool_;
    std::atomic<bool> changed_{true};
    std::vector<Window> windows_;
    std::optional<TimePoint> next_edge_;
    TimePoint looked_at_{};
    MonotonicPoint next_load_{};
    std::string mark_;  // of the rows as they were loaded
};

}  // namespace sonde::engine
