#include "cli/up/stack.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>

#include "cli/failure.h"
#include "cli/up/admission.h"
#include "cli/up/database.h"
#include "cli/up/endpoints.h"
#include "cli/up/file.h"
#include "cli/up/nats.h"
#include "cli/up/ports.h"
#include "cli/up/postgres.h"
#include "cli/up/readiness.h"
#include "cli/up/running.h"
#include "cli/up/services.h"
#include "cli/up/supervisor.h"
#include "lib/admission/store.h"
#include "lib/base/duration.h"
#include "lib/crypto/crypto.h"

namespace sonde::cli::up {
namespace {

constexpr milliseconds kServerDeadline{60'000};  // PostgreSQL may have to recover first
constexpr milliseconds kServiceDeadline{60'000};
constexpr int kHopeless = 4;  // ends of a child, while all are started, after which waiting is no use
constexpr int kBadConfiguration = 2;

int api_port(const Layout& layout, Ports& ports, int asked) {
    if (asked == 0) return ports.take("api");
    const int remembered = ports.remembered("api");
    const int port = asked > 0 ? asked : remembered > 0 ? remembered : kDefaultPort;
    if (!is_free(port)) {
        throw Failure{"port " + std::to_string(port) + " is in use by another program; choose another with --port N, or any free one with --port 0 (" +
                      layout.dir.string() + ")"};
    }
    ports.set("api", port);
    return port;
}

// Throws if a child will not come up by itself: it keeps ending, or ended because its configuration is wrong.
void require_hope(const Child& child) {
    const bool bad_configuration = child.restarts > 0 && WIFEXITED(child.last_exit) && WEXITSTATUS(child.last_exit) == kBadConfiguration &&
                                   child.program.tier == Tier::service;
    if (child.restarts < kHopeless && !bad_configuration) return;
    throw Failure{child.program.name + " " + describe_end(child.last_exit) + ". The end of " + child.program.log.string() + ":\n" +
                  tail_of(child.program.log, 8)};
}

class Stack {
public:
    Stack(const Options& options, const Layout& layout, Say& say)
        : layout_(layout), say_(say), ports_(layout), supervisor_(say, [this](const auto& children) { tell(children); }) {
        around_.api_port = api_port(layout, ports_, options.port);
    }

    void start() {
        start_postgres();
        const auto prepared = prepare();
        start_nats();
        start_services();
        ready_ = true;
        tell(supervisor_.children());
        supervisor_.reload_on_hangup();
        say_.line("Sonde is ready: " + around_.url());
        if (prepared.admin_token) {
            say_.line("The admin token is shown this once, and kept in " + layout_.admin_token().string());
            say_.privately("  " + prepared.admin_token->reveal());
        } else {
            say_.line("The admin token is in " + layout_.admin_token().string());
        }
    }

    void run() { supervisor_.run(); }

    void stop() {
        say_.line("Stopping");
        supervisor_.stop();
        say_.line("Stopped");
    }

private:
    void start_postgres() {
        Postgres postgres(layout_, say_);
        const int port = ports_.take("postgres");
        around_.dsn = postgres.dsn(port);
        const auto& child = supervisor_.add(postgres.program(port));
        db::PoolOptions options;
        options.dsn = around_.dsn;
        options.application_name = "sonde-up";
        options.size = 1;
        options.connect_timeout = milliseconds{2000};
        pool_ = std::make_unique<db::Pool>(std::move(options), metrics_);
        wait("PostgreSQL", {&child}, kServerDeadline, [&] { return postgres.is_ready(child.id.pid) && pool_->ping() ? "" : "does not answer on port " + std::to_string(port); });
    }

    void start_nats() {
        around_.nats_port = ports_.take("nats");
        if (remove_former_streams(layout_)) say_.line("The bus has credentials instead of passwords now, and its streams were made anew: subscribers of events need the new ones");
        const auto& child = supervisor_.add(nats_program(layout_, around_.nats_port, *keys_, account_));
        std::string version;
        wait("nats-server", {&child}, kServerDeadline, [&] {
            version = nats_version(around_.nats_port);
            return version.empty() ? "does not answer on port " + std::to_string(around_.nats_port) : "";
        });
        if (is_old_nats(version)) {
            say_.line("nats-server is " + version + ". Before 2.10.23 it can lose streams or stop delivering; Sonde notices and recovers, yet a newer one is better");
        }
    }

    Prepared prepare() {
        if (const auto made = crypto::SecretBox::make_key_file(layout_.secret("key")); !made) throw Failure{made.error().message};
        auto prepared = prepare_database(*pool_, layout_, embedded_regions());
        keys_ = bus_keys(layout_);
        agents_ = admit(*pool_, layout_, *keys_, embedded_regions());
        account_ = pool_->transact([&](db::Tx& tx) { return admission::settle(tx, *keys_).token; });
        for (const auto& agent : agents_) {
            if (!agent.admitted) {
                say_.line("The agent " + agent.name + " was revoked or removed, and is not started; delete " + layout_.secret("agent-" + agent.name + ".seed").string() +
                          " to have it join anew");
            }
        }
        pool_.reset();  // its connection is of no more use
        if (prepared.schema_before != prepared.schema_after) {
            say_.line("Migrated the database from version " + std::to_string(prepared.schema_before) + " to " + std::to_string(prepared.schema_after));
        }
        return prepared;
    }

    void start_services() {
        // Agents last: what they ask for has then been made, and they need not ask again.
        auto programs = service_programs(layout_, around_, agents_);
        const auto agents = std::find_if(programs.begin(), programs.end(), [](const Program& program) { return program.is_agent; });
        start_together({std::make_move_iterator(programs.begin()), std::make_move_iterator(agents)});
        start_together({std::make_move_iterator(agents), std::make_move_iterator(programs.end())});
    }

    void start_together(std::vector<Program> programs) {
        std::vector<const Child*> started;
        for (auto& program : programs) started.push_back(&supervisor_.add(std::move(program)));
        wait("the services", started, kServiceDeadline, [&]() -> std::string {
            for (const auto* child : started) {
                if (child->state != ChildState::ready) return child->program.name + " is " + std::string{name_of(child->state)};
                if (const auto reason = not_ready(child->port); !reason.empty()) return child->program.name + " is not ready: " + reason;
            }
            return {};
        });
    }

    // `missing` says what there is still to wait for; nothing when all is well.
    void wait(const std::string& what, const std::vector<const Child*>& children, milliseconds deadline, const std::function<std::string()>& missing) {
        std::string reason;
        const bool well = supervisor_.wait_until(
            [&] {
                for (const auto* child : children) require_hope(*child);
                reason = missing();
                return reason.empty();
            },
            deadline);
        if (!well) throw Failure{what + " did not come up in " + format_duration(deadline) + ": " + reason + ". The logs are in " + (layout_.dir / "log").string()};
    }

    void tell(const std::vector<std::unique_ptr<Child>>& children) {
        try {
            write_state(layout_, children);
            if (ready_) write_endpoints(layout_, around_, children);
        } catch (const Failure& failure) {
            say_.line(failure.what());  // a full disk must not end the supervision
        }
    }

    const Layout& layout_;
    Say& say_;
    Ports ports_;
    Surroundings around_;
    metrics::Registry metrics_;
    bool ready_ = false;
    Supervisor supervisor_;
    std::unique_ptr<db::Pool> pool_;
    std::optional<admission::BusKeys> keys_;
    std::string account_;  // what the bus is told of it at its start
    std::vector<EmbeddedAgent> agents_;
};

}  // namespace

void run_stack(const Options& options, const std::function<void(Say&)>& on_ready) {
    auto layout = open_layout(options.data);
    const auto lock = DirectoryLock::take(layout);
    if (!lock) throw Failure{"Sonde runs in " + layout.dir.string() + " already; stop it with --stop, or name another directory with --data"};
    end_leftovers(layout);
    if (options.fresh) {
        remove_data(options.data);
        layout = open_layout(options.data);
    }
    write_pid(layout);
    Say say(layout.log("up"));
    Stack stack(options, layout, say);
    std::optional<Failure> failure;
    try {
        stack.start();
        on_ready(say);
        stack.run();
    } catch (const Interrupted&) {
        say.line("Interrupted");
    } catch (const Failure& reason) {
        failure = reason;
        say.line("The start failed");
    } catch (const std::exception& reason) {
        failure = Failure{reason.what()};
        say.line("The start failed");
    }
    stack.stop();
    std::error_code ignored;
    fs::remove(layout.pid_file(), ignored);
    if (failure) throw *failure;
}

}  // namespace sonde::cli::up
