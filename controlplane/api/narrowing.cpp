#include "controlplane/api/narrowing.h"

#include <fmt/format.h>

namespace sonde::controlplane {
namespace {

// To look up and sort so many takes about as long as to walk past what is between as many in 100,000.
constexpr int kFew = 1000;

constexpr std::string_view kByBitmap = "set local enable_seqscan = off; set local enable_indexscan = off; set local enable_indexonlyscan = off";
constexpr std::string_view kByAny = "set local enable_seqscan = on; set local enable_indexscan = on; set local enable_indexonlyscan = on";

}  // namespace

std::optional<std::vector<std::int64_t>> few_matches(db::Tx& tx, std::string_view from, std::string_view id, const Conditions& conditions) {
    const auto sql = fmt::format("select coalesce(array_agg(id), '{{}}') from (select {} as id from {} {} limit {}) few", id, from, conditions.where(), kFew + 1);
    tx.run_script(kByBitmap);
    auto ids = tx.run_text(sql, conditions.params())[0].wholes(0);
    tx.run_script(kByAny);
    if (ids.size() > static_cast<std::size_t>(kFew)) return std::nullopt;
    return ids;
}

}  // namespace sonde::controlplane
