#include "controlplane/app.h"

int main(int argc, char** argv) {
    static sonde::controlplane::ControlplaneConfig config;
    sonde::service::Program program;
    program.name = "sonde-controlplane";
    program.description = "Serves the API and schedules the checks.";
    program.keys = sonde::controlplane::keys_of(config);
    program.log_level = &config.common.log_level;
    program.make_app = [] { return std::make_unique<sonde::controlplane::ControlplaneApp>(config); };
    return sonde::service::run_service(argc, argv, program);
}
