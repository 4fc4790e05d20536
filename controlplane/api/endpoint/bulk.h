// Requests that ask for the same of many: `{"mode": "atomic" | "each", "items": […]}`, all or none, or each by itself with its own outcome.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/api/endpoint/endpoint.h"
#include "lib/json/reader.h"

namespace sonde::controlplane {

enum class BulkMode : unsigned char { atomic, each };

inline constexpr std::size_t kMaxBulkItems = 10'000;

// The items of one request and what becomes of each: nothing is wrong with it until somebody says so. A copy goes into the transaction, which may be
// repeated; `body` must outlive them all.
class Bulk {
public:
    // Throws a 422 if there are no items to speak of.
    explicit Bulk(const Json& body);

    [[nodiscard]] std::size_t size() const { return items_->size(); }
    [[nodiscard]] const Json& item(std::size_t i) const { return (*items_)[i]; }
    [[nodiscard]] std::string pointer(std::size_t i) const;

    // It is not valid, if there are any; those that were told before come first.
    void refuse(std::size_t i, json::Problems problems);
    void refuse(std::size_t i, const http::ProblemKind& kind, std::string detail, json::Problems errors);
    [[nodiscard]] bool refused(std::size_t i) const { return refusals_.contains(i); }
    // Throws if something is wrong with any of them and all or none were asked for.
    void stop_if_atomic() const;

    // What is told of an item that is done: with the status that it would have alone.
    void done(std::size_t i, int status, Json document);
    // 200, or with `status` if everything is done.
    [[nodiscard]] http::Response response(int status = 200);

private:
    struct Refusal {
        http::ProblemKind kind;
        std::string detail;
        json::Problems errors;
    };
    static constexpr std::size_t kMaxErrorsOfItem = 20;

    BulkMode mode_ = BulkMode::atomic;
    const Json* items_ = nullptr;
    std::map<std::size_t, Refusal> refusals_;
    std::map<std::size_t, Json> done_;
};

// What an item names: a thing there is, perhaps at a version.
template <class AnyId>
struct BulkTarget {
    AnyId id;
    int version = 0;  // 0: any
};

// `id` and `version` of every item, from a reader that goes on with what else `read_rest(i, reader)` asks for. No thing may be there twice.
template <class AnyId, class ReadRest>
std::vector<BulkTarget<AnyId>> read_targets(Bulk& bulk, ReadRest read_rest) {
    std::vector<BulkTarget<AnyId>> targets(bulk.size());
    std::map<AnyId, std::size_t> seen;
    for (std::size_t i = 0; i < bulk.size(); ++i) {
        json::Problems problems;
        json::Reader in(bulk.item(i), bulk.pointer(i), problems);
        in.require({"id"});
        in.id("id", targets[i].id);
        in.whole("version", targets[i].version, 1, INT32_MAX);
        read_rest(i, in);
        in.finish();
        if (problems.empty() && !seen.emplace(targets[i].id, i).second) problems.push_back({bulk.pointer(i) + "/id", "is there twice"});
        bulk.refuse(i, std::move(problems));
    }
    return targets;
}

// Refuses item `i` if it asks for another version.
template <class AnyId>
void check_version(Bulk& bulk, std::size_t i, const BulkTarget<AnyId>& target, int version) {
    if (target.version == 0 || target.version == version) return;
    bulk.refuse(i, http::problem::precondition_failed, "the version is now " + std::to_string(version), {{bulk.pointer(i) + "/version", "is not the present one"}});
}

// The numbers of those that nothing is wrong with.
template <class AnyId>
std::vector<std::int64_t> targets_left(const Bulk& bulk, const std::vector<BulkTarget<AnyId>>& targets) {
    std::vector<std::int64_t> ids;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        if (!bulk.refused(i)) ids.push_back(targets[i].id.value());
    }
    return ids;
}

}  // namespace sonde::controlplane

template <>
struct sonde::EnumNames<sonde::controlplane::BulkMode> {
    static constexpr std::array<std::string_view, 2> names{"atomic", "each"};
};
