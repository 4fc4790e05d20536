// Writes resources as files that `read` takes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/files/resource.h"

namespace sonde::cli::files {

// All resources as one document, monitors within their sites.
std::string write_one(const std::vector<Resource>& resources, const std::vector<std::string>& head);

// By name: `sites/<key>.yaml` for each site with its monitors, and one file for each other section.
std::map<std::string, std::string> write_many(const std::vector<Resource>& resources, const std::vector<std::string>& head);

// `GET /v1/export` as resources: each secret as `{env: NAME}`, named after the resource.
std::vector<Resource> from_export(const Json& document);

// `SONDE_SHOP_HOME_KEY`
std::string variable_for(const std::string& key, const std::string& secret);

}  // namespace sonde::cli::files
