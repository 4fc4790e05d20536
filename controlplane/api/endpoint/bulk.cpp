#include "controlplane/api/endpoint/bulk.h"

#include <fmt/format.h>

namespace sonde::controlplane {

Bulk::Bulk(const Json& body) {
    json::Problems problems;
    json::Reader in(body, "", problems);
    in.require({"items"});
    in.name("mode", mode_);
    items_ = in.array("items", kMaxBulkItems);
    in.finish();
    refuse_if_any(problems);
}

std::string Bulk::pointer(std::size_t i) const { return fmt::format("/items/{}", i); }

void Bulk::refuse(std::size_t i, json::Problems problems) {
    if (problems.empty()) return;
    auto& refusal = refusals_.try_emplace(i, Refusal{http::problem::invalid, {}, {}}).first->second;
    for (auto& problem : problems) {
        if (refusal.errors.size() < kMaxErrorsOfItem) refusal.errors.push_back(std::move(problem));
    }
}

void Bulk::refuse(std::size_t i, const http::ProblemKind& kind, std::string detail, json::Problems errors) {
    refusals_.try_emplace(i, Refusal{kind, std::move(detail), std::move(errors)});
}

void Bulk::stop_if_atomic() const {
    if (mode_ == BulkMode::each || refusals_.empty()) return;
    const auto* kind = &refusals_.begin()->second.kind;
    const auto* detail = &refusals_.begin()->second.detail;
    json::Problems all;
    for (const auto& [i, refusal] : refusals_) {
        if (refusal.kind.status == http::problem::invalid.status) kind = &refusal.kind;
        all.insert(all.end(), refusal.errors.begin(), refusal.errors.end());
    }
    if (kind->status == http::problem::invalid.status) refuse_if_any(all);
    if (all.size() > kMaxErrors) all.resize(kMaxErrors);
    throw http::ProblemError{*kind, refusals_.size() == 1 ? *detail : fmt::format("{} of {} items cannot be done, so none was", refusals_.size(), size()), std::move(all)};
}

void Bulk::done(std::size_t i, int status, Json document) {
    document["status"] = status;
    done_[i] = std::move(document);
}

http::Response Bulk::response(int status) {
    Json items = Json::array();
    for (std::size_t i = 0; i < size(); ++i) {
        if (const auto found = done_.find(i); found != done_.end()) {
            items.push_back(std::move(found->second));
            continue;
        }
        const auto& refusal = refusals_.at(i);
        items.push_back({{"status", refusal.kind.status}, {"problem", http::problem_document(refusal.kind, refusal.detail, refusal.errors)}});
    }
    Json document;
    document["succeeded"] = size() - refusals_.size();
    document["failed"] = refusals_.size();
    document["items"] = std::move(items);
    return http::Response::json(document, refusals_.empty() ? status : 200);
}

}  // namespace sonde::controlplane
