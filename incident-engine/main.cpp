#include "incident-engine/app.h"

int main(int argc, char** argv) {
    static sonde::engine::EngineConfig config;
    sonde::service::Program program;
    program.name = "sonde-engine";
    program.description = "Turns results into incidents.";
    program.keys = sonde::engine::keys_of(config);
    program.log_level = &config.common.log_level;
    program.make_app = [] { return std::make_unique<sonde::engine::EngineApp>(config); };
    return sonde::service::run_service(argc, argv, program);
}
