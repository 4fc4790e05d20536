#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "lib/service/service.h"

namespace run_test {

using namespace sonde;

namespace {

// What the service in the child process does, as a file in which each call leaves a line.
struct Script {
    std::filesystem::path directory;
    bool fails_to_start = false;
    bool hangs_in_stop = false;

    [[nodiscard]] std::string path(const char* name) const { return (directory / name).string(); }
};

void note(const Script& script, const std::string& line) { std::ofstream(script.path("calls"), std::ios::app) << line << '\n'; }

struct Settings {
    std::string level = "info";
    int pace = 1;
    int fixed = 1;
};

class ScriptedApp final : public service::App {
public:
    ScriptedApp(const Script& script, const Settings& settings) : script_(script), settings_(settings) {}
    void start() override {
        note(script_, "start");
        if (script_.fails_to_start) throw std::runtime_error("the harbour is closed");
    }
    void stop() override {
        note(script_, "stop");
        while (script_.hangs_in_stop) pause();
    }
    void reload() override {
        note(script_, "reload pace=" + std::to_string(settings_.pace) + " fixed=" + std::to_string(settings_.fixed));
    }
    [[nodiscard]] int port() const override { return 4711; }

private:
    const Script& script_;
    const Settings& settings_;
};

// `run_service` in a process of its own; standard output and error go to files.
class Process {
public:
    explicit Process(Script script, std::vector<std::string> words) : script_(std::move(script)) {
        std::fflush(nullptr);  // or the child writes it a second time
        pid_ = fork();
        if (pid_ == 0) _exit(child(std::move(words)));
    }
    ~Process() {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void signal(int number) const { kill(pid_, number); }

    // The exit code; -1 if it did not end in time, -2 if by a signal.
    int wait() {
        int status = 0;
        const bool ended = eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; });
        if (!ended) return -1;
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
    }

    [[nodiscard]] std::string text(const char* name) const {
        std::ifstream file(script_.path(name));
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    [[nodiscard]] bool shows(const char* name, const std::string& wanted) const {
        return eventually([&] { return text(name).find(wanted) != std::string::npos; });
    }

    template <class Condition>
    static bool eventually(Condition condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::sleep_for(milliseconds{5});
        }
        return true;
    }

private:
    int child(std::vector<std::string> words) {
        if (std::freopen(script_.path("out").c_str(), "w", stdout) == nullptr) return 99;
        if (std::freopen(script_.path("err").c_str(), "w", stderr) == nullptr) return 99;
        Settings settings;
        service::Program program;
        program.name = "sonde-example";
        program.description = "an example";
        program.keys = {config::one_of("level", settings.level, {"info", "warning"}, "Loudness.", {.reloadable = true}),
                        config::key("pace", settings.pace, 1, 9, "Pace.", {.reloadable = true}),
                        config::key("fixed", settings.fixed, 1, 9, "Fixed.")};
        program.log_level = &settings.level;
        program.make_app = [&] { return std::make_unique<ScriptedApp>(script_, settings); };
        words.insert(words.begin(), "sonde-example");
        std::vector<char*> argv;
        for (auto& word : words) argv.push_back(word.data());
        const int code = service::run_service(static_cast<int>(argv.size()), argv.data(), program);
        std::fflush(nullptr);
        return code;
    }

    Script script_;
    pid_t pid_ = -1;
};

struct Directory {
    std::filesystem::path path;
    Directory() {
        std::string name = (std::filesystem::temp_directory_path() / "sonde-service-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Directory() { std::filesystem::remove_all(path); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    [[nodiscard]] std::string write(const char* name, const std::string& text) const {
        std::ofstream(path / name) << text;
        return (path / name).string();
    }
};

}  // namespace

TEST_CASE("a service starts, says where it is, and stops on SIGTERM and on SIGINT") {
    for (const int signal : {SIGTERM, SIGINT}) {
        const Directory directory;
        Process process({directory.path}, {"--ready-file", (directory.path / "ready").string()});
        REQUIRE(process.shows("ready", ",\"port\":4711}\n"));
        process.signal(signal);
        CHECK(process.wait() == 0);
        CHECK(process.text("calls") == "start\nstop\n");
        CHECK_FALSE(std::filesystem::exists(directory.path / "ready"));
    }
}

TEST_CASE("a start that fails is undone by stop, and told in one line") {
    const Directory directory;
    Process process({directory.path, true}, {"--ready-file", (directory.path / "ready").string()});
    CHECK(process.wait() == 1);
    CHECK(process.text("calls") == "start\nstop\n");
    const auto error = process.text("err");
    CHECK(error.find("start_failed error=\"the harbour is closed\"\n") != std::string::npos);
    CHECK(std::count(error.begin(), error.end(), '\n') == 1);
    CHECK_FALSE(std::filesystem::exists(directory.path / "ready"));
}

TEST_CASE("a ready file that cannot be written is a start that fails") {
    const Directory directory;
    Process process({directory.path}, {"--ready-file", "/nonexistent/ready"});
    CHECK(process.wait() == 1);
    CHECK(process.text("calls") == "start\nstop\n");
    CHECK(process.text("err").find("cannot write the ready file /nonexistent/ready: No such file or directory") !=
          std::string::npos);
}

TEST_CASE("a second signal ends a service that hangs in its stop") {
    const Directory directory;
    Process process({directory.path, false, true}, {"--ready-file", (directory.path / "ready").string()});
    REQUIRE(process.shows("ready", "4711"));
    process.signal(SIGTERM);
    REQUIRE(process.shows("calls", "stop"));
    process.signal(SIGTERM);
    CHECK(process.wait() == 1);
}

TEST_CASE("SIGHUP takes over what may be reloaded, keeps the last good, and says what needs a restart") {
    const Directory directory;
    const auto file = directory.write("config.yaml", "pace: 2\nfixed: 2\n");
    Process process({directory.path}, {"--config", file, "--ready-file", (directory.path / "ready").string()});
    REQUIRE(process.shows("ready", "4711"));

    (void)directory.write("config.yaml", "pace: 3\nfixed: 3\n");
    process.signal(SIGHUP);
    REQUIRE(process.shows("calls", "reload pace=3 fixed=2\n"));
    CHECK(process.shows("err", "reload_needs_restart keys=fixed\n"));
    CHECK(process.shows("err", "reloaded changed=pace\n"));

    (void)directory.write("config.yaml", "pace: 99\n");
    process.signal(SIGHUP);
    CHECK(process.shows("err", "config.yaml:1: \\\"pace\\\" must be a whole number from 1 to 9, not \\\"99\\\""));

    (void)directory.write("config.yaml", "pace: 4\nfixed: 2\n");
    process.signal(SIGHUP);
    CHECK(process.shows("calls", "reload pace=4 fixed=2\n"));
    CHECK(process.text("calls").find("pace=99") == std::string::npos);
    process.signal(SIGTERM);
    CHECK(process.wait() == 0);
}

TEST_CASE("wrong usage and wrong configuration end with 2, before anything was started") {
    const Directory directory;
    const auto file = directory.write("config.yaml", "pace: 2\npaec: 3\n");
    {
        Process process({directory.path}, {"--nonsense"});
        CHECK(process.wait() == 2);
        CHECK(process.text("err") == "sonde-example: unknown option \"--nonsense\"; --help shows what there is\n");
    }
    for (const auto& words : {std::vector<std::string>{"--config", file},
                              {"--config", file, "--check-config"},
                              {"--config", file, "--print-config"}}) {
        Process process({directory.path}, words);
        CHECK(process.wait() == 2);
        CHECK(process.text("err") == file + ":2: unknown key \"paec\"; did you mean \"pace\"?\n");
    }
    CHECK_FALSE(std::filesystem::exists(directory.path / "calls"));
}

TEST_CASE("questions about a service are answered on standard output") {
    const Directory directory;
    const auto file = directory.write("config.yaml", "pace: 2\n");
    const auto answer = [&](std::vector<std::string> words) {
        Process process({directory.path}, std::move(words));
        CHECK(process.wait() == 0);
        CHECK(process.text("err").empty());
        return process.text("out");
    };
    CHECK(answer({"--version"}) == "sonde-example " + std::string(service::version()) + "\n");
    CHECK(answer({"--help"}).starts_with("sonde-example: an example\n"));
    CHECK(answer({"--config", file, "--check-config"}) == file + ": valid\n");
    CHECK(answer({"--config", file, "--print-config"}).find("\npace: 2\n") != std::string::npos);
    CHECK(answer({"--config-reference"}).find("| `pace` | whole number: 1 to 9 | `1` | yes | Pace. |\n") != std::string::npos);
}

}  // namespace run_test
