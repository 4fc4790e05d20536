// Sites and monitors, of which there are many: by their stores, together.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "controlplane/api/apply/stock.h"
#include "controlplane/api/monitor/monitor.h"
#include "controlplane/api/monitor/monitor_store.h"
#include "controlplane/api/monitor/relation.h"
#include "controlplane/api/monitor/site_store.h"

namespace sonde::controlplane::apply_api {
namespace {

template <class AnyId>
std::vector<std::int64_t> numbers_in(const std::set<std::string>& identifiers) {
    std::vector<std::int64_t> numbers;
    for (const auto& identifier : identifiers) {
        if (const auto id = AnyId::parse(identifier)) numbers.push_back(id->value());
    }
    return numbers;
}

Page whole_list(std::size_t most) {
    Page page;
    page.limit = static_cast<int>(std::min(most, std::size_t{1'000'000}));
    return page;
}

[[noreturn]] void changed_meanwhile() { throw db::DbError(db::Failure::conflict, "it was changed by others while it was looked at"); }

// All of them have to be there as they were looked at.
template <class AnyId, class Resource>
void hold(const std::vector<Resource>& locked, const std::map<AnyId, int>& versions) {
    const bool as_seen = std::all_of(locked.begin(), locked.end(), [&versions](const auto& resource) { return resource.version == versions.at(resource.id); });
    if (locked.size() != versions.size() || !as_seen) changed_meanwhile();
}

class SiteStock final : public Stock {
public:
    explicit SiteStock(db::Tx& tx) : tx_(tx) {}

    Currents load(const std::set<std::string>& identifiers) override { return noted(site_store::find_all(tx_, numbers_in<SiteId>(identifiers))); }
    Currents load_all(std::size_t most) override { return noted(site_store::list(tx_, {}, Sorting{kSiteOrder}, whole_list(most)).items); }

    std::string create(const Json& document, const std::string& pointer) override {
        const auto id = new_id<SiteId>();
        json::Problems problems;
        made_.emplace_back(id, read_site(document, pointer, problems));
        return id.text();
    }

    void update(const Current& current, const Json& document, const std::string& pointer) override {
        json::Problems problems;
        edits_.push_back({SiteId::parse(current.identifier).value(), current.version, read_site(document, pointer, problems)});
    }

    void remove(const Current& current) override {
        const auto id = SiteId::parse(current.identifier).value();
        const auto locked = site_store::lock(tx_, id);
        if (!locked || locked->version != current.version) changed_meanwhile();
        site_store::remove(tx_, {id.value()});
    }

    void flush(json::Problems& problems) override {
        if (!problems.empty()) return;
        std::vector<SiteId> ids;
        std::vector<const SiteDraft*> drafts;
        for (const auto& [id, draft] : made_) {
            ids.push_back(id);
            drafts.push_back(&draft);
        }
        site_store::insert(tx_, ids, drafts);
        std::map<SiteId, int> versions;
        ids.clear();
        drafts.clear();
        for (const auto& edit : edits_) {
            versions.emplace(edit.id, edit.version);
            ids.push_back(edit.id);
            drafts.push_back(&edit.draft);
        }
        hold(site_store::lock_all(tx_, relation::numbers(ids)), versions);
        site_store::update(tx_, ids, drafts);
        made_.clear();
        edits_.clear();
    }

private:
    static Currents noted(const std::vector<Site>& sites) {
        Currents found;
        for (const auto& site : sites) found.emplace(site.id.text(), Current{site.id.text(), site.version, write_site(site.draft), {}});
        return found;
    }

    struct Edit {
        SiteId id;
        int version;
        SiteDraft draft;
    };
    db::Tx& tx_;
    std::vector<std::pair<SiteId, SiteDraft>> made_;
    std::vector<Edit> edits_;
};

class MonitorStock final : public Stock {
public:
    MonitorStock(Backend& backend, db::Tx& tx) : box_(backend.secrets), tx_(tx) {}

    Currents load(const std::set<std::string>& identifiers) override { return noted(monitor_store::find_all(tx_, numbers_in<MonitorId>(identifiers))); }
    Currents load_all(std::size_t most) override { return noted(monitor_store::list(tx_, {}, Sorting{kMonitorOrder}, whole_list(most)).items); }

    void open_secrets(const std::set<std::string>& identifiers) override {
        for (auto& [id, secrets] : monitor_store::secrets_of(tx_, box_, numbers_in<MonitorId>(identifiers))) secrets_[id.text()] = std::move(secrets);
    }

    [[nodiscard]] const check::Secrets& secrets(const std::string& identifier) const override {
        const auto found = secrets_.find(identifier);
        return found == secrets_.end() ? Stock::secrets(identifier) : found->second;
    }

    std::string create(const Json& document, const std::string& pointer) override {
        const auto id = new_id<MonitorId>();
        writings_.push_back({id, 0, draft_of(document, pointer, {}), pointer});
        return id.text();
    }

    void update(const Current& current, const Json& document, const std::string& pointer) override {
        writings_.push_back({MonitorId::parse(current.identifier).value(), current.version, draft_of(document, pointer, secrets(current.identifier)), pointer});
    }

    void remove(const Current& current) override {
        const auto id = MonitorId::parse(current.identifier).value();
        const auto locked = monitor_store::lock(tx_, id);
        if (!locked || locked->version != current.version) changed_meanwhile();
        monitor_store::remove(tx_, {id.value()});
    }

    void flush(json::Problems& problems) override {
        if (problems.empty()) check_all_regions(problems);
        if (!problems.empty()) return;
        hold_sites();
        std::vector<std::pair<MonitorId, const MonitorDraft*>> made;
        for (const auto& one : writings_) {
            if (one.version == 0) made.emplace_back(one.id, &one.draft);
        }
        monitor_store::insert(tx_, box_, made);
        std::map<MonitorId, int> versions;
        std::vector<MonitorId> ids;
        std::vector<std::pair<MonitorId, const MonitorDraft*>> edited;
        for (const auto& one : writings_) {
            if (one.version == 0) continue;
            versions.emplace(one.id, one.version);
            ids.push_back(one.id);
            edited.emplace_back(one.id, &one.draft);
        }
        hold(monitor_store::lock_all(tx_, relation::numbers(ids)), versions);
        monitor_store::update(tx_, box_, edited);
        writings_.clear();
    }

private:
    struct Writing {
        MonitorId id;
        int version;  // 0: it is made
        MonitorDraft draft;
        std::string pointer;
    };

    static MonitorDraft draft_of(const Json& document, const std::string& pointer, const check::Secrets& before) {
        json::Problems problems;
        return read_monitor(document, pointer, SiteField::required, problems, {SecretsField::whole, before});
    }

    // A site that was there must not go before the monitors are in it.
    void hold_sites() {
        std::set<std::int64_t> sites;
        for (const auto& one : writings_) {
            if (one.version == 0) sites.insert(one.draft.site_id.value());
        }
        if (relation::sites(tx_, {sites.begin(), sites.end()}).size() != sites.size()) changed_meanwhile();
    }

    void check_all_regions(json::Problems& problems) {
        std::set<std::string> names;
        for (const auto& one : writings_) {
            const auto named = regions_named(one.draft);
            names.insert(named.begin(), named.end());
        }
        if (names.empty()) return;
        const auto missing = monitor_store::missing_regions(tx_, {names.begin(), names.end()});
        if (missing.empty()) return;
        for (const auto& one : writings_) check_regions(missing, one.draft, one.pointer, problems);
    }

    static Currents noted(const std::vector<Monitor>& monitors) {
        Currents found;
        for (const auto& one : monitors) found.emplace(one.id.text(), Current{one.id.text(), one.version, write_monitor(one.draft), one.secret_names});
        return found;
    }

    const crypto::SecretBox& box_;
    db::Tx& tx_;
    std::map<std::string, check::Secrets> secrets_;
    std::vector<Writing> writings_;
};

}  // namespace

std::unique_ptr<Stock> site_stock(db::Tx& tx) { return std::make_unique<SiteStock>(tx); }
std::unique_ptr<Stock> monitor_stock(Backend& backend, db::Tx& tx) { return std::make_unique<MonitorStock>(backend, tx); }

}  // namespace sonde::controlplane::apply_api
