#include "controlplane/api/endpoint/narrowing.h"

#include <fmt/format.h>

#include <string>

#include "lib/json/json.h"

namespace sonde::controlplane {
namespace {

// To look up and sort so many takes about as long as to walk past what is between as many in 100,000.
constexpr int kFew = 1000;
// Where the database expects so many by its statistics, they are not few enough, even if it is wrong by a third.
constexpr std::int64_t kMany = kFew * 3 / 2;

constexpr std::string_view kByBitmap = "set local enable_seqscan = off; set local enable_indexscan = off; set local enable_indexonlyscan = off";
constexpr std::string_view kByAny = "set local enable_seqscan = on; set local enable_indexscan = on; set local enable_indexonlyscan = on";

// How many the database expects by its statistics, which takes it a fraction of a millisecond.
std::int64_t expected(db::Tx& tx, const std::string& sql, const Conditions& conditions) {
    const auto plan = json::parse(tx.run_text("explain (format json) " + sql, conditions.params())[0].text(0));
    return plan ? plan->at(0).at("Plan").at("Plan Rows").get<std::int64_t>() : 0;
}

}  // namespace

std::optional<std::vector<std::int64_t>> few_matches(db::Tx& tx, std::string_view from, std::string_view id, const Conditions& conditions) {
    const auto all = fmt::format("select {} as id from {} {}", id, from, conditions.where());
    if (expected(tx, all, conditions) > kMany) return std::nullopt;
    const auto sql = fmt::format("select coalesce(array_agg(id), '{{}}') from ({} limit {}) few", all, kFew + 1);
    tx.run_script(kByBitmap);
    auto ids = tx.run_text(sql, conditions.params())[0].wholes(0);
    tx.run_script(kByAny);
    if (ids.size() > static_cast<std::size_t>(kFew)) return std::nullopt;
    return ids;
}

}  // namespace sonde::controlplane
