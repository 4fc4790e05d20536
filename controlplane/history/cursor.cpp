#include "controlplane/history/cursor.h"

namespace sonde::history {
namespace {

constexpr db::Statement kRead{"history_cursor_read", "select upto, monitor_id from history_cursor where name = $1"};
constexpr db::Statement kWrite{"history_cursor_write", R"sql(
insert into history_cursor (name, upto, monitor_id) values ($1, $2, $3)
on conflict (name) do update set upto = excluded.upto, monitor_id = excluded.monitor_id)sql"};

}  // namespace

std::optional<Cursor> read_cursor(db::Tx& tx, std::string_view name) {
    const auto rows = tx.run(kRead, {name});
    if (rows.empty()) return std::nullopt;
    return Cursor{rows[0].time(0), rows[0].whole(1)};
}

void write_cursor(db::Tx& tx, std::string_view name, const Cursor& cursor) {
    tx.run(kWrite, {name, cursor.upto, cursor.monitor_after});
}

}  // namespace sonde::history
