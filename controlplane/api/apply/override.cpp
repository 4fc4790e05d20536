// Overrides of schedules: the API has them below their schedules, files by keys of their own.
#include <algorithm>

#include "controlplane/api/apply/stock.h"
#include "controlplane/api/notify/schedule_override_store.h"

namespace sonde::controlplane::apply_api {
namespace {

namespace store = schedule_override_store;

class OverrideStock final : public Stock {
public:
    explicit OverrideStock(db::Tx& tx) : tx_(tx) {}

    Currents load(const std::set<std::string>& identifiers) override {
        std::vector<std::int64_t> ids;
        for (const auto& identifier : identifiers) {
            if (const auto id = ScheduleOverrideId::parse(identifier)) ids.push_back(id->value());
        }
        return noted_overrides(store::find_all(tx_, ids));
    }

    Currents load_all(std::size_t most) override {
        Conditions none;
        return noted_overrides(store::list(tx_, none, static_cast<int>(std::min(most, std::size_t{1'000'000}) + 1)));
    }

    std::string create(const Json& document, const std::string&) override {
        const auto id = new_id<ScheduleOverrideId>();
        store::insert(tx_, id, schedule_in(document), draft_in(document));
        return id.text();
    }

    void update(const Current& current, const Json& document, const std::string&) override { store::update(tx_, held(current), draft_in(document)); }
    void remove(const Current& current) override { store::remove(tx_, held(current)); }

private:
    static ScheduleId schedule_in(const Json& document) { return ScheduleId::parse(document.at("schedule_id").get_ref<const std::string&>()).value(); }

    static ScheduleOverrideDraft draft_in(Json document) {
        document.erase("schedule_id");
        json::Problems problems;
        return read_schedule_override(document, "", problems);
    }

    // It has to be there as it was looked at.
    [[nodiscard]] ScheduleOverrideId held(const Current& current) {
        const auto id = ScheduleOverrideId::parse(current.identifier).value();
        const auto locked = store::lock(tx_, id);
        if (!locked || locked->version != current.version) throw db::DbError(db::Failure::conflict, "it was changed by others while it was looked at");
        return id;
    }

    static Currents noted_overrides(const std::vector<ScheduleOverride>& all) {
        Currents found;
        for (const auto& one : all) {
            Json document{{"schedule_id", one.schedule.text()}};
            json::add(document, write_schedule_override(one.draft));
            found.emplace(one.id.text(), Current{one.id.text(), one.version, std::move(document), {}});
        }
        return found;
    }

    db::Tx& tx_;
};

}  // namespace

std::unique_ptr<Stock> schedule_override_stock(db::Tx& tx) { return std::make_unique<OverrideStock>(tx); }

}  // namespace sonde::controlplane::apply_api
