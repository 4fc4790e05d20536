// A spec made ready to be run again and again: what can be worked out once is.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/check/redactor.h"
#include "lib/check/secrets.h"
#include "lib/check/spec.h"
#include "lib/net/url.h"

namespace sonde::agent {

// Immutable; shared between the cache and the checks under way.
struct Target {
    check::Spec spec;
    net::Url url;      // of kinds that have one
    std::string host;  // `example.com:443`: checks of one endpoint share a bound
    check::Redactor redact = {};  // what must not be told of a check
};

Result<std::shared_ptr<const Target>> make_target(check::Spec spec, check::Redactor redact = {});

// From the JSON text of a job's spec, in which the secrets are put in first. The error names the field: `/url must begin with http:// or
// https://`; no secret is in it.
Result<std::shared_ptr<const Target>> read_target(check::Kind kind, std::string_view spec, const check::Secrets& secrets = {});

}  // namespace sonde::agent
