#include "cli/up/services.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "cli/failure.h"
#include "cli/up/file.h"

extern char** environ;

namespace sonde::cli::up {
namespace {

constexpr std::string_view kHead = R"(# {0} of `sonde up`. Written once, yours to edit; SIGHUP reads it again. All keys: sonde-{1} --config-reference
# What may change from start to start comes from the environment that `sonde up` sets.
listen:
  address: 127.0.0.1
  port: {2}
)";

constexpr std::string_view kBus = R"(nats:
  urls: ["${SONDE_NATS_URL}"]
  credentials_file: ${SONDE_NATS_CREDENTIALS_FILE}
)";

constexpr std::string_view kDatabase = R"(database:
  dsn: ${SONDE_DATABASE_DSN}
)";

constexpr std::string_view kSecrets = R"(secrets:
  key_file: ${SONDE_SECRET_KEY_FILE}
)";

constexpr std::string_view kAdmission = R"(admission:
  key_file: ${SONDE_BUS_KEY_FILE}
)";

constexpr std::string_view kStatusPages = R"(status_pages:
  directory: ${SONDE_STATUS_PAGES_DIRECTORY}
)";

// Where people find Sonde: by it messages lead to what they are about, and status pages to themselves.
constexpr std::string_view kPublicUrl = R"(# Where people reach Sonde; the same {0}. Anything but this machine needs a proxy with TLS in front (docs/login.md).
{1}: ${{SONDE_PUBLIC_URL}}
)";

// Webhooks and checks may not reach inside, unless the owner of the machine they run on says so.
constexpr std::string_view kGuard = R"(guard:
  # For trying Sonde on one machine. Remove these where others may say what is checked or notified: everything that listens here can
  # then be reached. All other private and special addresses stay refused.
  allow: ["127.0.0.0/8", "::1"]
  deny: []
)";

constexpr std::string_view kAgent = R"(region: {0}
name: {0}-1
spool:
  directory: ${{SONDE_SPOOL_DIRECTORY}}
)";

struct Service {
    std::string name;      // of the process
    std::string file;      // of the configuration
    std::string program;   // sonde-<program>
    std::string region;    // of an agent
    int niceness = 0;
};

std::vector<Service> services(const std::vector<EmbeddedAgent>& agents) {
    std::vector<Service> all{{"controlplane", "controlplane.yaml", "controlplane", "", 0},
                             {"engine", "engine.yaml", "engine", "", 10},
                             {"notifier", "notifier.yaml", "notifier", "", 12}};
    for (const auto& agent : agents) {
        if (agent.admitted) all.push_back({agent.name, "agent-" + agent.region + ".yaml", "agent", agent.region, 0});
    }
    return all;
}

std::string configuration(const Service& service) {
    const bool serves = service.program == "controlplane";
    auto text = fmt::format(kHead, service.name, service.program, serves ? "${SONDE_API_PORT}" : "0");
    if (service.program != "notifier") text += kBus;
    if (service.program == "agent") return text + fmt::format(kAgent, service.region) + std::string{kGuard};
    text += kDatabase;
    text += kSecrets;
    if (serves) text += kAdmission;
    if (serves) text += kStatusPages;
    if (serves) text += fmt::format(kPublicUrl, "as links.base_url in notifier.yaml", "api.public_url");
    if (service.program == "notifier") text += fmt::format(kPublicUrl, "as api.public_url in controlplane.yaml", "links.base_url") + std::string{kGuard};
    return text;
}

fs::path program_file(const std::string& name) {
    std::error_code failed;
    const auto here = fs::read_symlink("/proc/self/exe", failed).parent_path();
    // Installed beside us, or in the directory of its own that a build tree has.
    static const std::pair<std::string_view, std::string_view> places[] = {
        {"controlplane", "controlplane"}, {"agent", "probe-agent"}, {"engine", "incident-engine"}, {"notifier", "notifier"}};
    const auto file = "sonde-" + name;
    if (fs::exists(here / file)) return here / file;
    for (const auto& [service, directory] : places) {
        if (const auto built = here.parent_path() / directory / file; service == name && fs::exists(built)) return built;
    }
    throw Failure{file + " is neither in " + here.string() + " nor in a build tree around it"};
}

std::vector<std::string> environment(const Layout& layout, const Surroundings& surroundings, const Service& service) {
    std::vector<std::pair<std::string, std::string>> own;
    if (service.program != "notifier") {
        own.emplace_back("SONDE_NATS_URL", "nats://127.0.0.1:" + std::to_string(surroundings.nats_port));
        own.emplace_back("SONDE_NATS_CREDENTIALS_FILE", credentials_file(layout, service.name).string());
    }
    if (service.region.empty()) {
        own.emplace_back("SONDE_DATABASE_DSN", surroundings.dsn.reveal());
        own.emplace_back("SONDE_SECRET_KEY_FILE", layout.secret("key").string());
        own.emplace_back("SONDE_API_PORT", std::to_string(surroundings.api_port));
        own.emplace_back("SONDE_PUBLIC_URL", surroundings.url());
        if (service.program == "controlplane") {
            own.emplace_back("SONDE_BUS_KEY_FILE", layout.secret("bus-key").string());
            own.emplace_back("SONDE_STATUS_PAGES_DIRECTORY", layout.status_pages(service.name).string());
        }
    } else {
        own.emplace_back("SONDE_SPOOL_DIRECTORY", layout.spool(service.name).string());
    }
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        if (!text.starts_with("SONDE_")) all.emplace_back(text);
    }
    for (const auto& [name, value] : own) all.push_back(name + "=" + value);
    return all;
}

}  // namespace

const std::vector<std::string>& embedded_regions() {
    static const std::vector<std::string> regions{"eu", "us", "ap"};
    return regions;
}

std::string renewed_configuration(std::string text, std::string_view program) {
    constexpr std::string_view former = "  user: ${SONDE_NATS_USER}\n  password: ${SONDE_NATS_PASSWORD}\n";
    if (const auto at = text.find(former); at != std::string::npos) {
        text.replace(at, former.size(), "  credentials_file: ${SONDE_NATS_CREDENTIALS_FILE}\n");
        if (program == "controlplane" && text.find("\nadmission:") == std::string::npos) {
            if (!text.ends_with('\n')) text += '\n';
            text += kAdmission;
        }
    }
    if (program == "notifier") {
        if (const auto at = text.find(kBus); at != std::string::npos) text.erase(at, kBus.size());
    }
    return text;
}

std::vector<Program> service_programs(const Layout& layout, const Surroundings& surroundings, const std::vector<EmbeddedAgent>& agents) {
    std::vector<Program> programs;
    for (const auto& service : services(agents)) {
        const auto config = layout.config(service.file);
        if (const auto present = read_file(config); !present) {
            write_file(config, configuration(service));
        } else if (const auto renewed = renewed_configuration(*present, service.program); renewed != *present) {
            write_file(config, renewed);
        }
        Program program;
        program.name = service.name;
        program.is_agent = !service.region.empty();
        program.ready_file = layout.ready(service.name);
        program.arguments = {program_file(service.program), "--config", config, "--ready-file", program.ready_file};
        program.environment = environment(layout, surroundings, service);
        program.log = layout.log(service.name);
        program.niceness = service.niceness;
        program.stop_signal = SIGTERM;
        program.quit_signal = SIGKILL;
        program.stop_deadline = milliseconds{20'000};
        programs.push_back(std::move(program));
        if (!service.region.empty()) fs::create_directories(layout.spool(service.name));
    }
    return programs;
}

}  // namespace sonde::cli::up
