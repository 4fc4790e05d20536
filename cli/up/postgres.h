// The embedded PostgreSQL: a private server on a local port, small, durable.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/up/child.h"
#include "cli/up/layout.h"
#include "cli/up/say.h"
#include "lib/base/secret.h"

namespace sonde::cli::up {

class Postgres {
public:
    // Finds the programs and makes the database cluster if there is none. Throws Failure.
    Postgres(const Layout& layout, Say& say);

    [[nodiscard]] Program program(int port) const;
    [[nodiscard]] Secret dsn(int port) const;
    // Whether the server with that number takes connections: it says so in its own file, without being asked and refusing.
    [[nodiscard]] bool is_ready(pid_t server) const;

private:
    void choose_place(Say& say);
    void initialise();
    std::string run_tool(const std::vector<std::string>& arguments, const std::string& input = {}) const;

    const Layout& layout_;
    std::optional<User> user_;
    fs::path programs_;  // the directory of initdb and postgres
    fs::path data_;
    std::string password_;
};

}  // namespace sonde::cli::up
