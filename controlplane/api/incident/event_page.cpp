#include "controlplane/api/incident/event_page.h"

#include <algorithm>
#include <atomic>

#include "controlplane/api/endpoint/stored.h"
#include "controlplane/events/feed.h"
#include "controlplane/events/store.h"

namespace sonde::controlplane {
namespace {

// Read for one answer, whether they match or not; who asks again goes on behind them.
constexpr int kMostRead = 5'000;
constexpr int kChunk = 500;
// After news: they are seen once all older transactions have ended, of which nobody tells.
constexpr milliseconds kSoon{100};

struct Found {
    std::vector<std::string> documents;
    events::Position upto;
    bool more = false;  // there is, or may be
    bool gap = false;
};

Found look(db::Tx& tx, const EventPage& page) {
    Found found;
    auto from = page.after ? events::store::find(tx, *page.after) : std::nullopt;
    if (page.after && page.after->value() == 0) from = events::Position{};
    if (!from) {
        found.gap = page.after.has_value();
        found.upto = events::store::newest(tx);
        return found;
    }
    found.upto = *from;
    for (int read = 0; read < kMostRead; read += kChunk) {
        const auto events = events::store::read(tx, found.upto, std::nullopt, kChunk);
        for (const auto& event : events) {
            if (page.filter.matches(event)) {
                if (static_cast<int>(found.documents.size()) == page.limit) {
                    found.more = true;
                    return found;
                }
                found.documents.push_back(event.document);
            }
            found.upto = event.at;
        }
        if (events.size() < kChunk) return found;
    }
    found.more = true;
    return found;
}

std::atomic<int>& waiting() {
    static std::atomic<int> count{0};
    return count;
}

// One of the few who may wait, if there is a place.
class Place {
public:
    Place() : taken_(waiting().fetch_add(1) < EventPage::kMostWaiting) {}
    ~Place() { waiting().fetch_sub(1); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    [[nodiscard]] bool taken() const { return taken_; }

private:
    bool taken_;
};

Found look_and_wait(Backend& backend, const Call& call, EventPage page) {
    const auto once = [&] { return call.transact(backend, [&](db::Tx& tx) { return look(tx, page); }); };
    auto found = once();
    if (page.wait <= milliseconds{0} || !found.documents.empty() || found.more || found.gap) return found;
    const Place place;
    if (!place.taken()) return found;
    const auto until = std::chrono::steady_clock::now() + page.wait;
    page.after = found.upto.id;
    for (auto now = std::chrono::steady_clock::now(); now < until; now = std::chrono::steady_clock::now()) {
        backend.events.wait_for_news(std::min(std::chrono::ceil<milliseconds>(until - now), kSoon));
        found = once();
        if (!found.documents.empty() || found.more || found.gap) break;
        page.after = found.upto.id;
    }
    return found;
}

}  // namespace

http::Response answer_event_page(Backend& backend, const Call& call, const EventPage& page) {
    const auto found = look_and_wait(backend, call, page);
    Json items = Json::array();
    for (const auto& document : found.documents) items.push_back(stored_json(document));
    Json document;
    document["items"] = std::move(items);
    document["after"] = found.upto.id.text();
    document["more"] = found.more;
    document["gap"] = found.gap;
    return http::Response::json(document).with("Cache-Control", "no-store");
}

}  // namespace sonde::controlplane
