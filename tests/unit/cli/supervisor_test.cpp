#include "cli/up/supervisor.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>

#include "cli/failure.h"
#include "cli/up/file.h"
#include "tests/unit/cli/scratch.h"

namespace supervisor_test {

using namespace sonde;
using namespace sonde::cli;
using namespace std::chrono_literals;

namespace {

// A supervisor of shell scripts. Tells nobody.
struct Scene {
    test::Scratch dir;
    up::Say say{dir / "up.log"};
    int changes = 0;
    up::Supervisor supervisor{say, [this](const auto&) { ++changes; }};

    Scene() { say.detach(); }

    up::Program script(const std::string& name, const std::string& text) {
        up::Program program;
        program.name = name;
        program.arguments = {"/bin/sh", "-c", text};
        program.environment = {"PATH=/usr/bin:/bin"};
        program.log = dir / (name + ".log").c_str();
        program.stop_signal = SIGTERM;
        program.quit_signal = SIGKILL;
        program.stop_deadline = 5s;
        return program;
    }
    std::string log(const std::string& name) { return up::read_file(dir / (name + ".log").c_str()).value_or(""); }
};

}  // namespace

TEST_CASE("a child that dies is started again, and that is said") {
    Scene scene;
    const auto& child = scene.supervisor.add(scene.script("victim", "exec sleep 60"));
    const auto first = child.id;
    REQUIRE(first.alive());
    ::kill(first.pid, SIGKILL);
    REQUIRE(scene.supervisor.wait_until([&] { return child.restarts == 1 && child.state == up::ChildState::ready; }, 10s));
    CHECK(child.id.alive());
    CHECK(child.id.pid != first.pid);
    CHECK_FALSE(first.alive());
    const auto said = up::read_file(scene.dir / "up.log").value_or("");
    CHECK(said.find("victim (process " + std::to_string(first.pid) + ") was ended by signal 9 (Killed); restarting in 500ms (restart 1)") != std::string::npos);
}

TEST_CASE("a service is ready when its own ready file says so, not one of an earlier life") {
    Scene scene;
    auto program = scene.script("service", "sleep 0.1; printf '{\"pid\":%d,\"port\":4711}' $$ > " + (scene.dir / "ready").string() + "; exec sleep 60");
    program.ready_file = scene.dir / "ready";
    up::write_file(program.ready_file, R"({"pid":1,"port":1})");
    const auto& child = scene.supervisor.add(program);
    CHECK(child.state == up::ChildState::starting);
    REQUIRE(scene.supervisor.wait_until([&] { return child.state == up::ChildState::ready; }, 10s));
    CHECK(child.port == 4711);
}

TEST_CASE("services end before the bus, and the bus before the database") {
    Scene scene;
    const auto tell = [&](const std::string& name) {
        return "trap 'echo " + name + " >> " + (scene.dir / "order").string() + "; exit 0' TERM; echo up; while :; do sleep 0.02; done";
    };
    auto database = scene.script("database", tell("database"));
    database.tier = up::Tier::database;
    auto bus = scene.script("bus", tell("bus"));
    bus.tier = up::Tier::bus;
    scene.supervisor.add(database);
    scene.supervisor.add(bus);
    scene.supervisor.add(scene.script("service", tell("service")));
    REQUIRE(scene.supervisor.wait_until(
        [&] { return scene.log("database") == "up\n" && scene.log("bus") == "up\n" && scene.log("service") == "up\n"; }, 10s));
    scene.supervisor.stop();
    CHECK(up::read_file(scene.dir / "order") == "service\nbus\ndatabase\n");
    for (const auto& child : scene.supervisor.children()) CHECK(child->state == up::ChildState::stopped);
}

TEST_CASE("a child that will not end is ended") {
    Scene scene;
    auto program = scene.script("stubborn", "trap '' TERM; echo up; while :; do sleep 0.02; done");
    program.stop_deadline = 100ms;
    const auto& child = scene.supervisor.add(program);
    REQUIRE(scene.supervisor.wait_until([&] { return scene.log("stubborn") == "up\n"; }, 10s));
    const auto id = child.id;
    scene.supervisor.stop();
    CHECK_FALSE(id.alive());
    CHECK(up::read_file(scene.dir / "up.log").value_or("").find("stubborn did not end in time") != std::string::npos);
}

TEST_CASE("a signal to the supervisor asks for the end, and a second one kills at once") {
    Scene scene;
    auto program = scene.script("slow", "trap '' TERM; echo up; while :; do sleep 0.02; done");
    program.stop_deadline = 60s;
    scene.supervisor.add(program);
    REQUIRE(scene.supervisor.wait_until([&] { return scene.log("slow") == "up\n"; }, 10s));
    ::kill(::getpid(), SIGTERM);
    CHECK_THROWS_AS(scene.supervisor.wait_until([] { return false; }, 10s), up::Interrupted);
    ::kill(::getpid(), SIGTERM);  // waits, blocked, until stop() looks
    const auto begin = std::chrono::steady_clock::now();
    scene.supervisor.stop();
    CHECK(std::chrono::steady_clock::now() - begin < 20s);
}

TEST_CASE("a program that cannot be executed is an error with its path and the reason") {
    Scene scene;
    auto program = scene.script("none", "");
    program.arguments = {"/no/such/program"};
    CHECK_THROWS_WITH_AS(scene.supervisor.add(program), "cannot start /no/such/program: No such file or directory", Failure);
}

TEST_CASE("a process is known by its number and its start: another with its number is not it") {
    const auto self = up::ProcessId::of(::getpid());
    REQUIRE(self.has_value());
    CHECK(self->alive());
    CHECK_FALSE(up::ProcessId{self->pid, self->started + 1}.alive());
    CHECK_FALSE(up::ProcessId::of(0).has_value());
}

TEST_CASE("a log that grows beyond its bound is set aside once and emptied") {
    Scene scene;
    auto program = scene.script("loud", "exec sleep 60");
    up::write_file(program.log, std::string((20U << 20U) + 1, 'x'));
    scene.supervisor.add(program);
    auto old = program.log;
    old += ".1";
    REQUIRE(scene.supervisor.wait_until([&] { return std::filesystem::exists(old) && std::filesystem::file_size(program.log) == 0; }, 10s));
    CHECK(std::filesystem::file_size(old) == (20U << 20U) + 1);
}

}  // namespace supervisor_test
