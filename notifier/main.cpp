#include "notifier/app.h"

int main(int argc, char** argv) {
    static sonde::notifier::NotifierConfig config;
    sonde::service::Program program;
    program.name = "sonde-notifier";
    program.description = "Decides who hears of an event, and delivers.";
    program.keys = sonde::notifier::keys_of(config);
    program.log_level = &config.common.log_level;
    program.make_app = [] { return std::make_unique<sonde::notifier::NotifierApp>(config); };
    return sonde::service::run_service(argc, argv, program);
}
