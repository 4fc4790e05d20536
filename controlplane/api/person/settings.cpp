#include "controlplane/api/person/settings.h"

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/person/settings_draft.h"

namespace sonde::controlplane::settings_api {
namespace {

// There is one row, since the migration that made the table.
constexpr db::Statement kFind{"settings_find", "select retention::text, version, updated_at from settings"};
constexpr db::Statement kLock{"settings_lock", "select retention::text, version, updated_at from settings for no key update"};
constexpr db::Statement kUpdate{"settings_update", "update settings set retention = $1::jsonb, version = version + 1, updated_at = now() returning retention::text, version, updated_at"};

struct Settings {
    SettingsDraft draft;
    int version = 1;
    TimePoint updated_at;
};

Settings read_row(const db::Row& row) { return {{retention::read_stored(stored_json(row.text(0)))}, row.small(1), row.time(2)}; }

http::Response answer(const Call& call, const Settings& settings) {
    auto document = write_settings(settings.draft);
    document["version"] = settings.version;
    document["updated_at"] = to_rfc3339(settings.updated_at);
    return resource_response(call.request, document, settings.version);
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    return answer(call, call.transact(backend, [&](db::Tx& tx) { return read_row(tx.run(kFind)[0]); }));
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto body = read_body(call);
    return answer(call, call.transact(backend, [&](db::Tx& tx) {
        const auto before = read_row(tx.run(kLock)[0]);
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = read_settings(patch ? patched(write_settings(before.draft), body) : body, "", problems);
        refuse_if_any(problems);
        if (draft == before.draft) return before;
        return read_row(tx.run(kUpdate, {json::dump(write_settings(draft)["retention"])})[0]);
    }));
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/settings", Permission::settings_read, read},
        {Method::put, "/v1/settings", Permission::settings_write, edit},
        {Method::patch, "/v1/settings", Permission::settings_write, edit},
    };
}

}  // namespace sonde::controlplane::settings_api
