// The secrets of monitors at rest: the column `monitor.secrets`. The control plane seals; it and the engine open what a job must carry.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/id.h"
#include "lib/check/secrets.h"
#include "lib/crypto/crypto.h"

namespace sonde::service {

// Bound to the monitor: moved to another, it does not open.
std::string seal_secrets(const crypto::SecretBox& box, MonitorId monitor, const check::Secrets& secrets);

// An error, without any value in it, for what was sealed under another key or for another monitor.
Result<check::Secrets> open_secrets(const crypto::SecretBox& box, MonitorId monitor, std::string_view sealed);

// Those of the sealed ones that `spec`, its JSON text, names: what a job carries. What cannot be opened is logged, and the job goes without;
// the agent then says which name it lacks, and nobody is told that a target is down.
check::Secrets secrets_for_job(const crypto::SecretBox& box, MonitorId monitor, std::string_view sealed, std::string_view spec);

}  // namespace sonde::service
