// The command line of a service. Internal to lib/service.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace sonde::service {

struct Arguments {
    enum class Do : unsigned char { run, check_config, print_config, config_reference, version, help };
    Do what = Do::run;
    std::string config_file;  // empty: defaults only
    std::string ready_file;   // empty: none
};

// `--name value` and `--name=value`. What is wrong is told in one line.
Result<Arguments> parse_arguments(const std::vector<std::string_view>& words);

std::string usage(std::string_view name, std::string_view description);

}  // namespace sonde::service
