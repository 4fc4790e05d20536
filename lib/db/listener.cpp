#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "lib/db/db.h"
#include "lib/db/session.h"
#include "lib/log/log.h"

namespace sonde::db {
namespace {

constexpr milliseconds kConnectTimeout{2000};  // the least that libpq knows
constexpr milliseconds kFirstPause{200};
constexpr milliseconds kLongestPause{5000};
// TCP's keepalives find a dead peer; waking now and then only bounds what else could go wrong with that.
constexpr milliseconds kWait{60000};

}  // namespace

struct Listener::Impl {
    Secret dsn;
    std::vector<std::string> channels;
    std::function<void(std::string_view)> on_notify;
    metrics::Registry unread;  // a listener's few statements are not worth a series
    StatementTimes times{unread};
    int wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    std::mutex mutex;
    std::condition_variable stopping_changed;
    bool stopping = false;
    std::unique_ptr<Session> session;  // guarded by `mutex`; used by the thread alone
    std::thread thread;

    bool stopped() {
        const std::scoped_lock lock(mutex);
        return stopping;
    }

    void pause(milliseconds length) {
        static thread_local std::minstd_rand random{std::random_device{}()};
        const milliseconds jittered{std::uniform_int_distribution<std::int64_t>(length.count() / 2, length.count())(random)};
        std::unique_lock lock(mutex);
        stopping_changed.wait_for(lock, jittered, [this] { return stopping; });
    }

    // Until the connection breaks or the listener stops.
    void listen(milliseconds& next_pause) {
        SessionSettings settings;
        settings.dsn = dsn;
        settings.application_name = "sonde-listener";
        settings.connect_timeout = kConnectTimeout;
        auto fresh = std::make_unique<Session>(settings, times);
        {
            const std::scoped_lock lock(mutex);
            session = std::move(fresh);
        }
        session->set_up();
        session->listen(channels);
        next_pause = kFirstPause;
        log::debug("database_listening");
        on_notify({});
        while (!stopped()) {
            for (const auto& channel : session->wait_for_notifications(wake_fd, kWait)) on_notify(channel);
        }
    }

    void run() {
        auto next_pause = kFirstPause;
        bool told = false;
        while (!stopped()) {
            try {
                listen(next_pause);
            } catch (const DbError& error) {
                if (!told) log::warning("database_listener_lost", "error", error.what());
                told = next_pause != kFirstPause;
            }
            std::unique_ptr<Session> dead;
            {
                const std::scoped_lock lock(mutex);
                dead = std::move(session);
            }
            dead.reset();
            pause(next_pause);
            next_pause = std::min(next_pause * 2, kLongestPause);
        }
    }
};

Listener::Listener(Secret dsn, std::vector<std::string> channels, std::function<void(std::string_view channel)> on_notify)
    : impl_(std::make_unique<Impl>()) {
    impl_->dsn = std::move(dsn);
    impl_->channels = std::move(channels);
    impl_->on_notify = std::move(on_notify);
    if (impl_->wake_fd < 0) throw std::runtime_error("a database listener: no more file descriptors");
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

Listener::~Listener() {
    {
        const std::scoped_lock lock(impl_->mutex);
        impl_->stopping = true;
        if (impl_->session) impl_->session->enforce_deadline(MonotonicPoint::max());
    }
    impl_->stopping_changed.notify_all();
    ::eventfd_write(impl_->wake_fd, 1);
    impl_->thread.join();
    ::close(impl_->wake_fd);
}

}  // namespace sonde::db
