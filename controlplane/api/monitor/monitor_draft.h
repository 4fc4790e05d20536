// What people set of a monitor: its reading, its defaults, its canonical document. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/api/monitor/monitor_secrets.h"
#include "lib/base/enum_name.h"
#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/check/policy.h"
#include "lib/check/spec.h"
#include "lib/json/reader.h"

namespace sonde::controlplane {

enum class Placement : unsigned char { all, rotate };
enum class Severity : unsigned char { critical, major, minor };

struct MonitorDraft {
    SiteId site_id;  // zero where it goes without saying
    check::Kind kind = check::Kind::http;
    std::string name;
    Json spec = check::write_spec({});  // canonical; secrets by their names
    check::Secrets secrets;             // all there are to be
    milliseconds time_needed{0};        // by the spec
    milliseconds interval{60'000};
    milliseconds timeout{10'000};
    std::vector<std::string> regions;  // empty: every region there is
    Placement placement = Placement::all;
    Severity severity = Severity::critical;
    std::vector<std::string> tags;
    bool enabled = true;
    bool paused = false;
    check::Policy policy;
};

// How a document names the monitor's site: it must, or it stands inside the site's own document and must not.
enum class SiteField : unsigned char { required, implied };

// How a document changes the secrets, and those there were.
struct SecretsBefore {
    SecretsField means = SecretsField::whole;
    check::Secrets secrets;
};

// Whether the regions exist is not asked here. The spec is validated as it is with the secrets in their places.
MonitorDraft read_monitor(const Json& document, const std::string& pointer, SiteField site_field, json::Problems& problems,
                          const SecretsBefore& before = {});

// The canonical document: every field that the kind has present but the secrets. `read_monitor` reads it back equal.
Json write_monitor(const MonitorDraft& draft);

// Where none is given: ten seconds, and less where the interval is short, so that a slow check is over before the next one.
milliseconds default_timeout(milliseconds interval);

inline constexpr milliseconds kMinTimeout{100};
inline constexpr milliseconds kMaxTimeout{120'000};

// The fields of these names, as they are read of a monitor; `spec` by the draft's kind.
void read_regions(json::Reader& in, std::vector<std::string>& regions, json::Problems& problems);
void read_spec(json::Reader& in, MonitorDraft& draft, json::Problems& problems);
// A time-out that ends the check before its spec does. Not asked where either could not be read.
void refuse_short_timeout(const json::Reader& in, const MonitorDraft& draft, json::Problems& problems);

// Of kinds that are heard of: a job that went well is well.
inline constexpr int kPushRecoveryRounds = 1;

// The longest list of regions of a monitor.
inline constexpr std::size_t kMaxRegions = 64;

}  // namespace sonde::controlplane

template <>
struct sonde::EnumNames<sonde::controlplane::Placement> {
    static constexpr std::array<std::string_view, 2> names{"all", "rotate"};
};

template <>
struct sonde::EnumNames<sonde::controlplane::Severity> {
    static constexpr std::array<std::string_view, 3> names{"critical", "major", "minor"};
};
