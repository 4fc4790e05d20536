#include "probe-agent/work/reporter.h"

#include <algorithm>

#include "lib/log/log.h"
#include "lib/message/subject.h"

namespace sonde::agent {
namespace {

constexpr std::size_t kMaxResults = 500;         // the message's own limit
constexpr std::size_t kMaxBytes = 512 * 1024;    // half of what the server takes
constexpr std::size_t kBytesBesideDetail = 420;  // of one result
constexpr milliseconds kTick{250};               // between attempts to send again
constexpr milliseconds kAnswerWithin{5000};
constexpr milliseconds kNewsLinger{20};
constexpr std::size_t kEnough = 150;  // for a message worth its while, which then waits for no more

// How long a result waits for others. What may open or close an incident waits only as long as its like arrives in the same turn; good news travels together.
milliseconds patience(const message::ProbeResult& result, milliseconds linger) {
    const bool is_news = result.verdict != check::Verdict::up || result.reason != message::JobReason::schedule;
    return is_news ? std::min(linger, kNewsLinger) : linger;
}

}  // namespace

Reporter::Reporter(uv::Loop& loop, bus::Bus& bus, Receipts& receipts, Spool* spool, const Clock& clock, Options options,
                   Metrics& metrics)
    : loop_(loop),
      bus_(bus),
      receipts_(receipts),
      spool_(spool),
      clock_(clock),
      options_(std::move(options)),
      metrics_(metrics),
      linger_(loop),
      tick_(loop) {
    tick_.every(kTick, [this] { tick(); });
    count_spool();
}

void Reporter::add(ReceiptId receipt, message::ProbeResult result) {
    const int shard = shard_of(result.site);
    auto& gathering = gathering_.at(static_cast<std::size_t>(shard));
    const auto wait = patience(result, options_.linger);
    ++gathering.receipts[receipt];
    gathering.bytes += result.detail.size() + result.evidence.size() + kBytesBesideDetail;
    gathering.results.push_back(std::move(result));
    if (gathering.results.size() >= kMaxResults || gathering.bytes >= kMaxBytes) return dispatch(shard);
    const auto due = loop_.now() + (gathering.results.size() >= kEnough ? milliseconds{0} : wait);
    if (due >= flush_at_) return;
    flush_at_ = due;
    linger_.once(std::chrono::duration_cast<milliseconds>(due - loop_.now()), [this] { flush(); });
}

void Reporter::flush() {
    flush_at_ = MonotonicPoint::max();
    linger_.cancel();
    for (int shard = 0; shard < kShards; ++shard) dispatch(shard);
}

bool Reporter::idle() const {
    const auto is_empty = [](const Gathering& gathering) { return gathering.results.empty(); };
    return std::all_of(gathering_.begin(), gathering_.end(), is_empty) && parcels_.size() == (backfilling_ == 0 ? 0U : 1U);
}

void Reporter::dispatch(int shard) {
    auto& gathering = gathering_.at(static_cast<std::size_t>(shard));
    if (gathering.results.empty()) return;
    message::ResultBatch batch{options_.region, options_.agent, shard, clock_.now(), std::move(gathering.results)};
    Parcel parcel;
    parcel.shard = shard;
    parcel.results = static_cast<int>(batch.results.size());
    parcel.payload = message::write_result_batch(batch);
    parcel.receipts = std::move(gathering.receipts);
    parcel.made = loop_.now();
    gathering = {};
    pending_bytes_ += static_cast<std::int64_t>(parcel.payload.size());
    const auto id = ++last_;
    parcels_.emplace(id, std::move(parcel));
    if (closed_ || pending_bytes_ > options_.pending_bytes) return spool_parcel(id);
    send(id);
}

void Reporter::send(std::uint64_t id) {
    const auto& parcel = parcels_.at(id);
    // The answer may come when we are gone and the loop has stopped, which then drops it.
    const auto on_answer = [this, id, loop = &loop_](bus::PublishOutcome outcome) {
        loop->post([this, id, outcome] { answered(id, outcome); });
    };
    bus_.publish_to_stream(message::subject::results(parcel.shard, options_.region), parcel.payload, on_answer, kAnswerWithin);
}

void Reporter::answered(std::uint64_t id, bus::PublishOutcome outcome) {
    const auto found = parcels_.find(id);
    if (found == parcels_.end()) return;  // spooled meanwhile: it may come twice, which is one
    if (outcome != bus::PublishOutcome::accepted) return not_accepted(id);
    auto parcel = std::move(found->second);
    parcels_.erase(found);
    if (parcel.backfill) {
        backfilling_ = 0;
        spool_->pop();
        count_spool();
        metrics_.results_backfilled.add(static_cast<std::uint64_t>(parcel.results));
    } else {
        pending_bytes_ -= static_cast<std::int64_t>(parcel.payload.size());
        metrics_.results_accepted.add(static_cast<std::uint64_t>(parcel.results));
    }
    for (const auto& [receipt, jobs] : parcel.receipts) receipts_.settle(receipt, jobs);
    backfill();
}

void Reporter::not_accepted(std::uint64_t id) {
    const auto& parcel = parcels_.at(id);
    if (parcel.backfill) {
        parcels_.erase(id);  // it is in the spool still
        backfilling_ = 0;
        return;
    }
    if (closed_ || loop_.now() - parcel.made >= options_.retry_for) return spool_parcel(id);
    again_.push_back(id);
}

// Sends again what was not accepted, and finds out with the spool's front whether the stream takes batches by now.
void Reporter::tick() {
    metrics_.pending_bytes.set(static_cast<double>(pending_bytes_));
    auto again = std::exchange(again_, {});
    const bool connected = bus_.health().connected;
    for (const auto id : again) {
        const auto found = parcels_.find(id);
        if (found == parcels_.end()) continue;
        if (loop_.now() - found->second.made >= options_.retry_for) {
            spool_parcel(id);
        } else if (connected) {
            metrics_.results_resent.add(static_cast<std::uint64_t>(found->second.results));
            send(id);
        } else {
            again_.push_back(id);
        }
    }
    if (connected) backfill();
}

void Reporter::spool_parcel(std::uint64_t id) {
    const auto found = parcels_.find(id);
    auto parcel = std::move(found->second);
    parcels_.erase(found);
    pending_bytes_ -= static_cast<std::int64_t>(parcel.payload.size());
    if (spool_ == nullptr || !spool_->append(parcel.payload, static_cast<std::uint32_t>(parcel.results))) return lose(parcel);
    metrics_.results_spooled.add(static_cast<std::uint64_t>(parcel.results));
    for (const auto& [receipt, jobs] : parcel.receipts) receipts_.settle(receipt, jobs);
    count_spool();
}

void Reporter::lose(Parcel& parcel) {
    dropped_ += parcel.results;
    metrics_.results_dropped.add(static_cast<std::uint64_t>(parcel.results));
    for (const auto& [receipt, jobs] : parcel.receipts) receipts_.lose(receipt, jobs);
}

// One at a time: history can wait, what is seen now cannot.
void Reporter::backfill() {
    if (closed_ || spool_ == nullptr || backfilling_ != 0) return;
    while (auto payload = spool_->front()) {
        auto batch = message::read_result_batch(*payload);
        if (!batch || batch->region != options_.region) {
            log::warning("spool_record_unreadable", "bytes", payload->size(), "reason",
                         batch ? "of another region" : batch.error().message);
            spool_->pop();
            continue;
        }
        for (auto& result : batch->results) result.backfilled = true;
        Parcel parcel;
        parcel.shard = batch->shard;
        parcel.results = static_cast<int>(batch->results.size());
        parcel.payload = message::write_result_batch(*batch);
        parcel.made = loop_.now();
        parcel.backfill = true;
        backfilling_ = ++last_;
        parcels_.emplace(backfilling_, std::move(parcel));
        return send(backfilling_);
    }
    count_spool();
}

void Reporter::put_by() {
    flush();
    closed_ = true;
    if (backfilling_ != 0) parcels_.erase(std::exchange(backfilling_, 0));
    while (!parcels_.empty()) spool_parcel(parcels_.begin()->first);
}

void Reporter::count_spool() {
    if (spool_ == nullptr) return;
    if (const auto lost = spool_->take_dropped(); lost > 0) {
        dropped_ += lost;
        metrics_.results_dropped.add(static_cast<std::uint64_t>(lost));
        log::warning("spool_full", "dropped_results", lost);
    }
    metrics_.spool_bytes.set(static_cast<double>(spool_->bytes()));
}

}  // namespace sonde::agent
