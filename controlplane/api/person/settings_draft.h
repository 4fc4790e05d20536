// The settings of an installation: their reading and their documents. Pure.
#pragma once

#include "controlplane/retention/retention.h"
#include "lib/json/reader.h"

namespace sonde::controlplane {

struct SettingsDraft {
    retention::Retention retention;
    friend bool operator==(const SettingsDraft&, const SettingsDraft&) = default;
};

SettingsDraft read_settings(const Json& document, const std::string& pointer, json::Problems& problems);
Json write_settings(const SettingsDraft& draft);

}  // namespace sonde::controlplane
