#include "bench/raw/bus.h"

#include <fmt/format.h>
#include <nats/nats.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string_view>

#include "bench/cpu.h"
#include "lib/bus/bus.h"

namespace sonde::bench {
namespace {

constexpr const char* kStream = "BENCH_LIMITS";
constexpr const char* kSubject = "bench.limits";
constexpr const char* kConsumer = "loop";
constexpr int kAskFor = 256;  // messages, and again when half of them are here
constexpr std::chrono::seconds kPatience{30};

struct Release {
    void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
    void operator()(natsConnection* connection) const { natsConnection_Destroy(connection); }
    void operator()(natsSubscription* subscription) const { natsSubscription_Destroy(subscription); }
    void operator()(natsMsg* message) const { natsMsg_Destroy(message); }
};
template <class Handle>
using Owned = std::unique_ptr<Handle, Release>;

void must(natsStatus status, const char* what) {
    if (status != NATS_OK) throw std::runtime_error(fmt::format("{}: {}", what, natsStatus_GetText(status)));
}

void must(const Status& status, const char* what) {
    if (!status) throw std::runtime_error(fmt::format("{}: {}", what, status.error().message));
}

// The stream and its consumer, as Sonde makes its own.
class Stream {
public:
    explicit Stream(const BusLoop& loop) : bus_(bus::Bus::connect(options(loop), metrics_)) {
        for (const auto end = std::chrono::steady_clock::now() + kPatience; !bus_->flush(milliseconds{500});) {
            if (std::chrono::steady_clock::now() > end) throw std::runtime_error("nats-server cannot be reached at " + loop.url);
        }
        must(bus_->ensure_stream({.name = kStream, .subjects = {kSubject}, .retention = bus::Retention::work_queue}), "making a stream");
        must(bus_->ensure_consumer({.stream = kStream, .durable = kConsumer, .filter = {}}), "making a consumer");
    }
    ~Stream() { static_cast<void>(bus_->delete_stream(kStream)); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

private:
    static bus::Options options(const BusLoop& loop) {
        bus::Options made;
        made.urls = {loop.url};
        made.credentials_file = loop.credentials_file;
        made.client_name = "bench-limits";
        return made;
    }
    metrics::Registry metrics_;
    std::unique_ptr<bus::Bus> bus_;
};

// Its callbacks run on threads of NATS.c, one for each subscription.
class Traffic {
public:
    explicit Traffic(const BusLoop& loop) : loop_(loop) {
        natsOptions* options = nullptr;
        must(natsOptions_Create(&options), "options");
        const Owned<natsOptions> owned(options);
        must(natsOptions_SetURL(options, loop.url.c_str()), "address");
        must(natsOptions_SetUserCredentialsFromFiles(options, loop.credentials_file.c_str(), nullptr), "credentials");
        natsConnection* connection = nullptr;
        must(natsConnection_Connect(&connection, options), "connecting");
        connection_.reset(connection);
        answers_ = subscribe(kAnswers, &Traffic::on_answer);
        messages_ = subscribe(kMessages, &Traffic::on_message);
    }

    ~Traffic() {
        // No callback after this: they use what follows.
        natsConnection_Close(connection_.get());
        messages_.reset();
        answers_.reset();
    }
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;

    void pass() {
        const std::string text(static_cast<std::size_t>(loop_.jobs) * static_cast<std::size_t>(loop_.job_bytes), 'j');
        ask(kAskFor);
        for (long sent = 0; sent < loop_.messages; ++sent) {
            wait([&] { return sent - answered_ < loop_.unanswered; });
            must(natsConnection_PublishRequest(connection_.get(), kSubject, kAnswers, text.data(), static_cast<int>(text.size())), "publishing");
        }
        wait([&] { return answered_ == loop_.messages && received_ == loop_.messages; });
        must(natsConnection_FlushTimeout(connection_.get(), std::chrono::milliseconds(kPatience).count()), "the last acknowledgements");
    }

private:
    static constexpr const char* kAnswers = "_INBOX.bench.limits.answers";
    static constexpr const char* kMessages = "_INBOX.bench.limits.messages";

    using Handler = void (Traffic::*)(natsMsg*);
    struct Route {
        Traffic* traffic;
        Handler handler;
    };

    Owned<natsSubscription> subscribe(const char* subject, Handler handler) {
        auto& route = routes_[handler == &Traffic::on_answer ? 0 : 1];
        route = {this, handler};
        natsSubscription* made = nullptr;
        must(natsConnection_Subscribe(&made, connection_.get(), subject, &Traffic::arrived, &route), "subscribing");
        Owned<natsSubscription> owned(made);
        must(natsSubscription_SetPendingLimits(made, -1, -1), "limits");
        return owned;
    }

    static void arrived(natsConnection* /*connection*/, natsSubscription* /*subscription*/, natsMsg* message, void* closure) {
        const Owned<natsMsg> owned(message);
        const auto& route = *static_cast<Route*>(closure);
        (route.traffic->*route.handler)(message);
    }

    void on_answer(natsMsg* message) {
        const std::string_view text(natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message)));
        const std::scoped_lock lock(mutex_);
        if (text.find("\"seq\"") == std::string_view::npos) refused_ = text.empty() ? "no stream answers" : text;
        ++answered_;
        moved_.notify_one();
    }

    void on_message(natsMsg* message) {
        const auto* reply = natsMsg_GetReply(message);
        if (reply == nullptr || *reply == '\0') {  // a status: what was asked for has ended
            asked_ = 0;
            return ask(kAskFor);
        }
        static_cast<void>(natsConnection_PublishString(connection_.get(), reply, "+ACK"));
        if (--asked_ < kAskFor / 2) ask(kAskFor / 2);
        const std::scoped_lock lock(mutex_);
        ++received_;
        moved_.notify_one();
    }

    // By the callback alone, but for the first time.
    void ask(int messages) {
        asked_ += messages;
        const auto subject = fmt::format("$JS.API.CONSUMER.MSG.NEXT.{}.{}", kStream, kConsumer);
        const auto request = fmt::format(R"({{"batch":{},"expires":{}}})", messages, std::chrono::nanoseconds(kPatience).count());
        static_cast<void>(natsConnection_PublishRequest(connection_.get(), subject.c_str(), kMessages, request.data(), static_cast<int>(request.size())));
    }

    template <class Condition>
    void wait(Condition condition) {
        std::unique_lock lock(mutex_);
        if (!moved_.wait_for(lock, kPatience, [&] { return condition() || !refused_.empty(); })) throw std::runtime_error("nothing moves on the bus");
        if (!refused_.empty()) throw std::runtime_error("the stream refuses: " + refused_);
    }

    const BusLoop& loop_;
    std::mutex mutex_;
    std::condition_variable moved_;
    long answered_ = 0;
    long received_ = 0;
    std::string refused_;
    int asked_ = 0;
    Route routes_[2]{};
    Owned<natsConnection> connection_;
    Owned<natsSubscription> answers_;
    Owned<natsSubscription> messages_;
};

}  // namespace

Cost run(const BusLoop& loop) {
    const Stream stream(loop);
    Traffic traffic(loop);
    const auto began = std::chrono::steady_clock::now();
    const auto before = cpu_us();
    traffic.pass();
    const auto used = cpu_us() - before;
    const auto jobs = static_cast<double>(loop.messages) * loop.jobs;
    return {static_cast<long>(jobs), used / jobs, jobs / std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(), 0};
}

}  // namespace sonde::bench
