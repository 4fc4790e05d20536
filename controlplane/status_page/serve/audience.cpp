#include "controlplane/status_page/serve/audience.h"

#include <utility>
#include <vector>

namespace sonde::status_page::serve {
namespace {

constexpr metrics::Family kStreams{"sonde_status_page_streams", "Readers of status pages who are told of changes as they happen."};
constexpr metrics::Family kRefused{"sonde_status_page_streams_refused_total", "Readers who could not be, for there were as many as may be."};

const http::Frame& changed() {
    static const auto frame = http::encode({.type = "changed", .data = "changed"});
    return frame;
}

}  // namespace

// Who listens to which page. No stream is dropped, and nothing of pages asked, while the lock is held.
struct Audience::Hall {
    struct Listener {
        std::weak_ptr<http::Stream> stream;
        Guard guard;  // by which it was let in
    };

    Hall(AudienceLimits most, metrics::Gauge& gauge) : limits(most), streams(gauge) {}

    const AudienceLimits limits;
    metrics::Gauge& streams;
    std::mutex mutex;
    int all = 0;
    std::map<std::string, std::map<const Seat*, Listener>> rows;
};

// A place in the hall, for as long as its stream is.
class Audience::Seat {
public:
    // `taken()` is false, and it is none, if there are as many as may be.
    Seat(std::shared_ptr<Hall> hall, std::string slug, std::shared_ptr<void> of_client) : hall_(std::move(hall)), slug_(std::move(slug)), of_client_(std::move(of_client)) {
        const std::scoped_lock lock(hall_->mutex);
        auto& row = hall_->rows[slug_];
        taken_ = hall_->all < hall_->limits.most && row.size() < static_cast<std::size_t>(hall_->limits.most_per_page);
        if (taken_) {
            row[this];
            hall_->streams.set(++hall_->all);
        } else if (row.empty()) {
            hall_->rows.erase(slug_);
        }
    }
    ~Seat() {
        if (!taken_) return;
        const std::scoped_lock lock(hall_->mutex);
        hall_->rows[slug_].erase(this);
        if (hall_->rows[slug_].empty()) hall_->rows.erase(slug_);
        hall_->streams.set(--hall_->all);
    }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    [[nodiscard]] bool taken() const { return taken_; }
    void sit(const std::shared_ptr<http::Stream>& stream, const Guard& guard) {
        const std::scoped_lock lock(hall_->mutex);
        hall_->rows[slug_][this] = {stream, guard};
    }

private:
    const std::shared_ptr<Hall> hall_;
    const std::string slug_;
    const std::shared_ptr<void> of_client_;
    bool taken_ = false;
};

Audience::Audience(Pages& pages, AudienceLimits limits, metrics::Registry& metrics)
    : pages_(pages), refused_(metrics.counter(kRefused)), hall_(std::make_shared<Hall>(limits, metrics.gauge(kStreams))) {}

void Audience::attend(const std::string& slug) {
    {
        const std::scoped_lock lock(mutex_);
        if (subscriptions_.contains(slug)) return;
    }
    auto subscription = pages_.subscribe(slug, [hall = hall_, &pages = pages_, slug] { tell(*hall, pages, slug); });
    const std::scoped_lock lock(mutex_);
    subscriptions_.try_emplace(slug, std::move(subscription));  // of two at once, the other one's goes with `subscription`, after the lock
}

void Audience::tell(Hall& hall, const Pages& pages, const std::string& slug) {
    std::vector<std::pair<std::shared_ptr<http::Stream>, Guard>> listeners;
    {
        const std::scoped_lock lock(hall.mutex);
        const auto row = hall.rows.find(slug);
        if (row == hall.rows.end()) return;
        for (const auto& [seat, listener] : row->second) {
            if (auto stream = listener.stream.lock()) listeners.emplace_back(std::move(stream), listener.guard);
        }
    }
    const auto page = pages.find(slug);
    for (const auto& [stream, guard] : listeners) {
        stream->send(changed());
        if (!page || page->guard != guard) stream->end();
    }
}

http::Response Audience::listen(const http::Request& request, const Page& page, std::shared_ptr<void> place) {
    auto seat = std::make_shared<Seat>(hall_, page.slug, std::move(place));
    if (!seat->taken()) {
        refused_.add();
        throw http::ProblemError{http::problem::unavailable, "As many are told of changes as may be. The page can be asked for again instead.", {}};
    }
    attend(page.slug);
    auto stream = http::open_stream(request);
    seat->sit(stream, page.guard);
    // A change after the page was found and before it was listened to would go unheard.
    const auto now = pages_.find(page.slug);
    if (!now || now->version != page.version) stream->send(changed());
    stream->on_closed([seat] {});  // held until then, or until the stream is dropped
    return http::Response::events(std::move(stream));
}

}  // namespace sonde::status_page::serve
