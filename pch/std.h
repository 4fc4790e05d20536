// Precompiled for every target: standard headers only, so that nothing of ours is visible without being included.
#ifndef SONDE_PCH_STD_H
#define SONDE_PCH_STD_H
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#endif  // SONDE_PCH_STD_H
