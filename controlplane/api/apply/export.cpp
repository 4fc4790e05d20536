#include "controlplane/api/apply/export.h"

#include <fmt/format.h>

#include <memory>

#include "controlplane/api/apply/fields.h"
#include "controlplane/api/apply/managed.h"
#include "controlplane/api/apply/reference.h"
#include "controlplane/api/apply/request.h"
#include "controlplane/api/apply/stock.h"
#include "lib/base/slug.h"

namespace sonde::controlplane::apply_api {
namespace {

constexpr db::Statement kExportNow{"export_now", "select now()"};

// All is read when it is made, in the transaction; the document needs that no more, for to write it takes long where there is much.
class Export {
public:
    Export(Backend& backend, const Call& call, db::Tx& tx, const std::string& owner) : stocks_(backend, call, tx), owner_(owner) {
        for (const auto& [key, row] : managed_store::load(tx, owner)) {
            rows_[{key.first, row.resource}] = {key.second, row.applied};
            taken_[group_of(key.first, key.second)].insert(last_of(key.second));
        }
        others_ = managed_store::all_others(tx, owner);
        now_ = tx.run(kExportNow)[0].time(0);
        for (const auto kind : kKinds) read(kind);
    }

    Json document() {
        std::size_t count = 0;
        for (const auto kind : kKinds) count += all_[kind].size();
        if (count > kMostResources) {
            throw http::ProblemError{http::problem::conflict, fmt::format("there are more than {} resources, the most that one set of files may have", kMostResources), {}};
        }
        for (const auto kind : kKinds) name_all(kind);
        for (const auto kind : kKinds) {
            for (const auto& [identifier, current] : all_[kind]) write(kind, current);
        }
        return {{"owner", owner_}, {"resources", std::move(resources_)}, {"left_out", std::move(left_out_)}};
    }

private:
    void read(Kind kind) {
        all_[kind] = stocks_.of(kind).load_all(kMostResources);
        std::erase_if(all_[kind], [&](const auto& entry) { return is_over(kind, entry.second.document, now_); });
        std::set<std::string> with_secrets;
        for (const auto& [identifier, current] : all_[kind]) {
            if (kind == Kind::monitor && !current.secret_names.empty()) with_secrets.insert(identifier);
        }
        if (!with_secrets.empty()) stocks_.of(kind).open_secrets(with_secrets);
    }

    // Keys of monitors are told apart within their site.
    static std::string group_of(Kind kind, const std::string& key) {
        return kind == Kind::monitor ? "monitor/" + key.substr(0, key.find('/')) : std::string(name_of(kind));
    }
    static std::string last_of(const std::string& key) { return key.substr(key.find('/') + 1); }

    void name_all(Kind kind) {
        for (const auto& [identifier, current] : all_[kind]) {
            if (const auto claim = others_.find({kind, identifier}); claim != others_.end()) {
                leave_out(kind, identifier, fmt::format("the files of {} set fields of it", claim->second.owner));
                continue;
            }
            if (const auto key = key_of(kind, identifier, current); !key.empty()) {
                keys_[{kind, identifier}] = key;
                references_.tell(kind, key, identifier);
            }
        }
    }

    std::string key_of(Kind kind, const std::string& identifier, const Current& current) {
        if (kind == Kind::region) return identifier;
        if (const auto row = rows_.find({kind, identifier}); row != rows_.end()) return row->second.first;
        if (kind == Kind::status_page) return slug_of(identifier, current);
        const auto title = current.document.value("name", current.document.value("title", std::string{}));
        if (kind != Kind::monitor) return unused_slug(title, name_of(kind), taken_[group_of(kind, "")]);
        const auto site = keys_.find({Kind::site, current.document.at("site_id").get<std::string>()});
        if (site == keys_.end()) {
            leave_out(kind, identifier, "its site is left out");
            return {};
        }
        return site->second + '/' + unused_slug(title, name_of(kind), taken_["monitor/" + site->second]);
    }

    // Another page of the files may have had this name when they were applied.
    std::string slug_of(const std::string& identifier, const Current& current) {
        auto slug = current.document.at("slug").get<std::string>();
        if (taken_[group_of(Kind::status_page, slug)].insert(slug).second) return slug;
        leave_out(Kind::status_page, identifier, "its slug is the key of another page");
        return {};
    }

    void leave_out(Kind kind, const std::string& identifier, std::string reason) {
        left_out_.push_back({{"kind", name_of(kind)}, {"id", identifier}, {"reason", std::move(reason)}});
    }

    void write(Kind kind, const Current& current) {
        const auto key = keys_.find({kind, current.identifier});
        if (key == keys_.end()) return;
        auto said = brief(kind, current.document, stocks_.of(kind).secrets(current.identifier));
        const auto row = rows_.find({kind, current.identifier});
        if (row != rows_.end()) add_owned(said, current.document, row->second.second);
        auto set = references_.name(kind, said);
        for (const auto& name : current.secret_names) set["secrets"][name] = nullptr;
        Json resource{{"kind", name_of(kind)}, {"key", key->second}};
        if (row == rows_.end() && key_field(kind).empty()) resource["adopt"] = current.identifier;
        resource["set"] = std::move(set);
        resources_.push_back(std::move(resource));
    }

    // What the files set they go on setting, also where it is what would be without them.
    static void add_owned(Json& said, const Json& document, const std::string& applied) {
        const auto before = json::parse(applied, {.bytes = 64 << 20, .depth = 64});
        if (!before) return;
        const auto present = fields_of(document);
        const auto now = fields_of(said);
        for (const auto& [field, value] : fields_of(*before)) {
            const auto there = present.find(field);
            if (there != present.end() && !now.contains(field)) said[Json::json_pointer(field)] = there->second;
        }
    }

    Stocks stocks_;
    TimePoint now_;
    const std::string& owner_;
    std::map<Key, std::pair<std::string, std::string>> rows_;  // by resource: key and what was applied
    std::multimap<Key, Claim> others_;
    std::map<Kind, Currents> all_;
    std::map<std::string, std::set<std::string>> taken_;
    std::map<Key, std::string> keys_;  // by resource
    References references_;
    Json resources_ = Json::array();
    Json left_out_ = Json::array();
};

}  // namespace

Json export_resources(Backend& backend, const Call& call, const std::string& owner) {
    return call.transact(backend, [&](db::Tx& tx) { return std::make_unique<Export>(backend, call, tx, owner); })->document();
}

}  // namespace sonde::controlplane::apply_api
