// Real servers for integration tests: started on free ports in a temporary directory, stopped by process id when dropped, and
// killed when the thread that started them ends, however it ends: start them on the main thread.
#pragma once

#include <memory>
#include <string>

#include "lib/base/secret.h"

namespace sonde::test {

// A private PostgreSQL with an empty database, already migrated unless told otherwise. Throws with the server's log if it does not start.
class PostgresServer {
public:
    explicit PostgresServer(bool migrated = true);
    ~PostgresServer();
    [[nodiscard]] Secret dsn() const;
    void kill_hard();  // SIGKILL to all its processes, as a crash would
    void restart();    // on the same port and data
    void freeze();     // takes connections, answers nothing new; sessions that exist go on
    void thaw();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// A private nats-server with JetStream. No authentication, unless `extra_config`, which is appended to its configuration, says so.
class NatsServer {
public:
    explicit NatsServer(const std::string& extra_config = {});
    ~NatsServer();
    [[nodiscard]] std::string url() const;
    void kill_hard();
    void restart();        // on the same port and store
    void delete_store();   // while stopped
    void freeze();         // connections stay open, nothing is answered
    void thaw();
    [[nodiscard]] std::size_t times_logged(std::string_view words) const;  // since it was started last

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// A port of the loopback that nobody listened at a moment ago.
int free_port();

// How many times as long as usual things may take: SONDE_TEST_PATIENCE, which the set-ups of sanitizers give.
int patience();

// Waits until `condition` holds; false after the deadline, `patience()` times as late. For tests instead of sleeps.
template <class Condition>
bool eventually(Condition condition, int deadline_ms = 60'000);

}  // namespace sonde::test

#include <chrono>
#include <thread>

template <class Condition>
bool sonde::test::eventually(Condition condition, int deadline_ms) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms) * patience();
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}
