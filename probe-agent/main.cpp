#include "probe-agent/app.h"

int main(int argc, char** argv) {
    static sonde::agent::AgentConfig config;
    sonde::service::Program program;
    program.name = "sonde-agent";
    program.description = "Runs the checks of its region and reports what it saw.";
    program.keys = sonde::agent::keys_of(config);
    program.log_level = &config.common.log_level;
    program.make_app = [] { return std::make_unique<sonde::agent::AgentApp>(config); };
    return sonde::service::run_service(argc, argv, program);
}
