#include "cli/up/database.h"

#include "cli/failure.h"
#include "cli/token/token.h"
#include "cli/up/file.h"
#include "lib/db/migrate.h"

namespace sonde::cli::up {
namespace {

constexpr db::Statement kAnyToken{"up_any_token", "select 1 from api_client where role = 'admin' limit 1"};
constexpr db::Statement kAddRegions{
    "up_add_regions",
    "insert into region (name, title, failure_domain) select name, name, name from unnest($1::text[]) as name "
    "where not exists (select 1 from region)"};

}  // namespace

Prepared prepare_database(db::Pool& pool, const Layout& layout, const std::vector<std::string>& regions) {
    const auto report = db::migrate(pool);
    if (!report) throw Failure{"cannot migrate the database: " + report.error().message};
    Prepared prepared{report->before, report->after, std::nullopt};
    pool.transact([&](db::Tx& tx) {
        tx.run(kAddRegions, {regions});
        if (!tx.run(kAnyToken).empty()) return;
        prepared.admin_token = token::create(tx, {"admin", "admin", std::nullopt});
        // Before the commit: a token whose text was never written down would lock everybody out.
        write_file(layout.admin_token(), prepared.admin_token->reveal() + "\n");
    });
    return prepared;
}

}  // namespace sonde::cli::up
