// What the kernel knows of this process, in Prometheus text with the names its client libraries share. Internal to lib/service.
#pragma once

#include <string>

namespace sonde::service {

std::string process_metrics();

}  // namespace sonde::service
