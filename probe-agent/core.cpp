#include "probe-agent/core.h"

#include <fmt/format.h>

#include <stdexcept>

#include "lib/log/log.h"
#include "lib/message/run.h"
#include "lib/message/subject.h"

namespace sonde::agent {
namespace {

constexpr milliseconds kMeasure{10'000};
constexpr milliseconds kDrainStep{10};

std::unique_ptr<Spool> open_spool(const AgentConfig& config) {
    if (config.spool_directory.empty()) return nullptr;
    auto spool = Spool::open(config.spool_directory, config.spool_bytes);
    if (!spool) throw std::runtime_error(spool.error().message);
    if (!(*spool)->empty()) log::info("spool_found", "records", (*spool)->records(), "bytes", (*spool)->bytes());
    return std::move(*spool);
}

message::Presence identity(const AgentConfig& config, const Limits& limits) {
    message::Presence self;
    self.region = config.region;
    self.agent = agent_name(config);
    self.version = service::version();
    self.started_at = wall_now();
    self.capacity = limits.max_in_flight;
    return self;
}

ProbeOptions probe_options(const AgentConfig& config) {
    return {fmt::format("Sonde/{}", service::version()), config.ca_file, config.rdap_bootstrap_url};
}

Reporter::Options reporter_options(const AgentConfig& config) {
    return {config.region, agent_name(config), config.linger, config.retry_for, config.pending_bytes};
}

}  // namespace

Core::Core(uv::Loop& loop, bus::Bus& bus, const AgentConfig& config, const std::string& id, net::Guard guard, metrics::Registry& registry)
    : loop_(loop),
      bus_(bus),
      region_(config.region),
      name_(agent_name(config)),
      metrics_(registry),
      spool_(open_spool(config)),
      resolver_(loop, {.servers = config.dns_servers}),
      probe_(loop, resolver_, probe_options(config), std::move(guard)),
      scrapes_(loop, probe_.network(), probe_),
      targets_(static_cast<std::size_t>(config.target_cache)),
      receipts_(loop, bus),
      reporter_(loop, bus, receipts_, spool_.get(), clock_, reporter_options(config), metrics_),
      runner_(loop, probe_, clock_, targets_, derive_limits(config), *this, metrics_),
      intake_(loop, bus, receipts_, runner_, {config.region, config.fetch_window}, metrics_),
      presence_(loop, bus, clock_, id.empty() ? message::subject::presence(config.region) : message::subject::presence_of(config.region, id),
                identity(config, runner_.limits()), config.presence_interval,
                [this](message::Presence& presence) { describe(presence); }),
      watch_(loop),
      measure_(loop),
      drain_(loop) {
    metrics_.capacity.set(runner_.limits().max_in_flight);
}

Core::~Core() = default;

void Core::start() {
    runner_.on_room([this] { intake_.refresh(); });
    intake_.start();
    presence_.start();
    measure_.every(kMeasure, [this] { measure(); });
}

void Core::result(ReceiptId receipt, message::ProbeResult result) { reporter_.add(receipt, std::move(result)); }

void Core::expired(ReceiptId receipt) { receipts_.settle(receipt); }

// Who asked waits now: what cannot be sent now is of no use later.
void Core::ran(ReceiptId receipt, RunId run, TimePoint started_at, std::string document) {
    const auto sent = bus_.publish(message::subject::runs(region_), message::write_run_answer({run, region_, name_, started_at, std::move(document)}));
    (sent ? metrics_.runs_answered : metrics_.runs_lost).add();
    receipts_.settle(receipt);
}

void Core::describe(message::Presence& presence) const {
    presence.in_flight = runner_.in_flight();
    presence.queued = runner_.queued();
    presence.checks = runner_.executed();
    presence.spooled_bytes = reporter_.spooled_bytes();
    presence.dropped = reporter_.dropped() + static_cast<std::int64_t>(metrics_.jobs_expired.value());
}

void Core::measure() {
    metrics_.loop_busy.set(std::chrono::duration<double>(watch_.take_longest()).count());
    metrics_.clock_offset.set(std::chrono::duration<double>(clock_.offset()).count());
    metrics_.open_messages.set(static_cast<double>(receipts_.size()));
}

void Core::drain(milliseconds deadline, std::function<void()> done) {
    drained_ = std::move(done);
    drain_until_ = loop_.now() + deadline;
    runner_.on_room(nullptr);
    intake_.drain();
    scrapes_.close();
    runner_.forget_later();
    presence_.drain();
    drain_step();
}

void Core::drain_step() {
    const bool all_ran = runner_.in_flight() == 0 && runner_.queued() == 0 && runner_.delayed() == 0;
    if (all_ran) reporter_.flush();
    const bool is_done = all_ran && reporter_.idle();
    if (!is_done && loop_.now() < drain_until_) return drain_.once(kDrainStep, [this] { drain_step(); });
    if (!is_done)
        log::warning("drain_incomplete", "in_flight", runner_.in_flight(), "queued", runner_.queued(), "open_messages",
                     receipts_.size());
    reporter_.put_by();
    intake_.close();  // before, so that what is given back does not come to us again
    receipts_.give_back();
    presence_.say();
    drained_();
}

}  // namespace sonde::agent
