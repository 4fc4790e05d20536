#include <signal.h>

#include <fstream>
#include <memory>

#include "tests/support/child.h"

namespace sonde::test {

namespace fs = std::filesystem;

struct NatsServer::Impl {
    TempDir dir;
    fs::path log = fs::path(dir.path()) / "log";
    fs::path store = fs::path(dir.path()) / "store";
    fs::path config = fs::path(dir.path()) / "nats.conf";
    std::string program = find_program("nats-server");
    int port = 0;
    std::unique_ptr<Child> server;

    void start(int on_port) {
        port = on_port;
        std::ofstream(config) << "listen: 127.0.0.1:" << port << "\njetstream { store_dir: \"" << store.string()
                              << "\", max_mem: 128MB, max_file: 2GB }\n" << extra;
        std::error_code ignored;
        fs::remove(log, ignored);
        server = std::make_unique<Child>(std::vector<std::string>{program, "-c", config.string()}, log, User{});
    }

    // By its own log, for another server may have got the port before us.
    bool ready() {
        bool is_ready = false;
        eventually(
            [&] {
                is_ready = text_of(log).find("Server is ready") != std::string::npos && accepts(port);
                return is_ready || !server->running();
            },
            kStartDeadlineMs);
        return is_ready && server->running();
    }

    std::string extra;
};

NatsServer::NatsServer(const std::string& extra_config) : impl_(std::make_unique<Impl>()) {
    impl_->extra = extra_config;
    start_on_free_port(impl_->log, [this](int port) { impl_->start(port); }, [this](int) { return impl_->ready(); });
}

NatsServer::~NatsServer() = default;

std::string NatsServer::url() const { return "nats://127.0.0.1:" + std::to_string(impl_->port); }
void NatsServer::kill_hard() { impl_->server->kill_hard(); }
void NatsServer::freeze() { impl_->server->freeze(); }
void NatsServer::thaw() { impl_->server->signal(SIGCONT); }

void NatsServer::restart() {
    impl_->server->kill_hard();
    impl_->start(impl_->port);
    if (!impl_->ready()) throw std::runtime_error("nats-server does not start again: " + text_of(impl_->log));
}

std::size_t NatsServer::times_logged(std::string_view words) const {
    const auto text = text_of(impl_->log);
    std::size_t times = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++times;
    return times;
}

void NatsServer::delete_store() {
    if (impl_->server->running()) throw std::runtime_error("the store of a running server is not to be deleted");
    fs::remove_all(impl_->store);
}

}  // namespace sonde::test
