// Files as `sonde apply` sends them, for tests of applying.
#pragma once

#include <string>
#include <string_view>

#include "tests/integration/controlplane/api_stand.h"

namespace sonde::test::applying {

// Each test has an owner of its own, so that they do not see each other's keys.
inline std::string new_owner() {
    static int number = 0;
    return "files-" + std::to_string(++number);
}

inline Json parse(std::string_view text) {
    auto document = json::parse(text);
    REQUIRE_MESSAGE(document.ok(), document.error().message);
    return *document;
}

struct Files {
    std::string owner = new_owner();
    Json resources = Json::array();

    explicit Files(std::string_view text) { set(text); }
    void set(std::string_view text) { resources = parse(text); }

    [[nodiscard]] Answer send(const char* mode, bool prune = false) const {
        return stand().admin().post("/v1/apply", {{"owner", owner}, {"mode", mode}, {"prune", prune}, {"resources", resources}});
    }
    [[nodiscard]] Json plan(bool prune = false) const { return good(send("plan", prune)); }
    Json apply(bool prune = false) const { return good(send("apply", prune)); }
    [[nodiscard]] static Json good(const Answer& answer) {
        REQUIRE_MESSAGE(answer.status == 200, answer.body);
        return answer.json();
    }
    // `create site shop`, one a line; of changes `  /field: old -> new`.
    [[nodiscard]] static std::string told(const Json& answer) {
        std::string text;
        for (const auto& step : answer["steps"]) {
            text += step["action"].get<std::string>() + ' ' + step["kind"].get<std::string>() + ' ' + step["key"].get<std::string>() + '\n';
            if (step["action"] == "create") continue;
            for (const auto& change : step["changes"]) {
                text += "  " + change["field"].get<std::string>() + ": " + json::dump(change["old"]) + " -> " + json::dump(change["new"]) +
                        (change["by_hand"] == true ? " by hand" : "") + '\n';
            }
        }
        return text;
    }
};

inline std::int64_t count(std::string_view sql) {
    return stand().pool().transact([&](db::Tx& tx) { return tx.run_text(sql)[0].whole(0); });
}

inline std::string id_of(const Files& files, const char* kind, const char* key) {
    return stand().pool().transact([&](db::Tx& tx) {
        const auto rows = tx.run_text("select resource from managed where owner = $1 and kind = $2 and key = $3", {files.owner, kind, key});
        REQUIRE(rows.size() == 1);
        return std::string(rows[0].text(0));
    });
}

inline Json shown(const char* path, const std::string& id) { return stand().viewer().get(std::string(path) + '/' + id).json(); }

}  // namespace sonde::test::applying
