// Precompiled for the fuzz targets, which are many files of a few lines.
#ifndef SONDE_TESTS_PCH_JSON_H
#define SONDE_TESTS_PCH_JSON_H
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#endif  // SONDE_TESTS_PCH_JSON_H
