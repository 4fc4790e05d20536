// The services of one machine: which there are, their configuration files, and how they are started.
#pragma once

#include <string>
#include <vector>

#include "cli/up/admission.h"
#include "cli/up/child.h"
#include "cli/up/layout.h"
#include "lib/base/secret.h"

namespace sonde::cli::up {

// The regions of the embedded default, each with one agent and a failure domain of its own.
const std::vector<std::string>& embedded_regions();

struct Surroundings {
    int api_port = 0;
    int nats_port = 0;
    Secret dsn;

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(api_port); }
};

// In the order of their start, agents last, and of these the admitted ones. Writes each one's DIR/config/<name>.yaml if there is none: it is the user's from then on, and takes
// what may change between starts (ports, credentials) from the environment. Throws Failure if a program is missing.
std::vector<Program> service_programs(const Layout& layout, const Surroundings& surroundings, const std::vector<EmbeddedAgent>& agents);

// A configuration as it was written before the bus knew credentials, with them, and of the notifier, which once was on the bus, without it; any other as it is. Pure.
std::string renewed_configuration(std::string text, std::string_view program);

}  // namespace sonde::cli::up
