#include "controlplane/api/apply/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "controlplane/api/apply/item.h"
#include "controlplane/api/apply/prune.h"

namespace sonde::controlplane::apply_api {
namespace {

constexpr db::Statement kStillHere{"apply_still_here", "select 1"};
constexpr db::Statement kApplyNow{"apply_now", "select now()"};

class Run {
public:
    Run(Backend& backend, const Call& call, db::Tx& tx, const Request& request) : request_(request), tx_(tx), stocks_(backend, call, tx) {}

    Outcome carry_out() {
        managed_store::lock(tx_, request_.owner);
        rows_ = managed_store::load(tx_, request_.owner);
        now_ = tx_.run(kApplyNow)[0].time(0);
        for (const auto& wanted : request_.wanted) references_.expect(wanted.kind, wanted.key);
        identify();
        resolve_all();
        refuse_mistakes();
        make_regions();
        for (const auto kind : {Kind::site, Kind::monitor}) {
            resolve(kind);
            decide_all(kind);
        }
        for (const auto kind : {Kind::site, Kind::monitor}) stocks_.of(kind).flush(problems_);
        refuse_mistakes();
        for (const auto kind : {Kind::group, Kind::dependency, Kind::maintenance, Kind::channel, Kind::schedule, Kind::schedule_override, Kind::escalation, Kind::route,
                                Kind::route_override, Kind::status_page, Kind::drill, Kind::region}) {
            resolve(kind);
            decide_all(kind);
            refuse_mistakes();
        }
        const auto gone = prune_or_tell(tx_, stocks_, request_, rows_, taken_, now_, plan_, problems_);
        refuse_mistakes();
        remember(gone);
        return {std::move(plan_), std::move(references_)};
    }

private:
    // Where the files have them.
    void refuse_mistakes() {
        if (problems_.empty()) return;
        std::map<std::string, const Wanted*> places;
        for (const auto& wanted : request_.wanted) places[wanted.at()] = &wanted;
        for (auto& problem : problems_) {
            const auto field = problem.pointer.rfind('/');
            const auto found = field == std::string::npos ? places.end() : places.find(problem.pointer.substr(0, field));
            if (found != places.end()) problem.pointer = found->first + pointer_in_files(found->second->kind, found->second->set, problem.pointer.substr(field));
        }
        refuse_if_any(problems_);
    }

    // Which resource each key stands for, and whether it is there.
    void identify() {
        std::map<Key, std::string> key_of;
        for (const auto& [key, row] : rows_) key_of[{key.first, row.resource}] = key.second;
        std::map<Kind, std::set<std::string>> asked;
        find_named();
        items_.reserve(request_.wanted.size());
        for (const auto& wanted : request_.wanted) {
            Item item;
            item.wanted = &wanted;
            if (const auto row = rows_.find({wanted.kind, wanted.key}); row != rows_.end()) item.row = row->second;
            if (item.row) asked[wanted.kind].insert(item.row->resource);
            if (const auto adopted = adopted_by(wanted); !adopted.empty()) asked[wanted.kind].insert(adopted);
            items_.push_back(std::move(item));
        }
        for (const auto& [kind, identifiers] : asked) currents_[kind] = stocks_.of(kind).load(identifiers);
        for (auto& item : items_) settle(item, key_of);
        load_claims();
    }

    void find_named() {
        std::map<Kind, std::set<std::string>> keys;
        for (const auto& wanted : request_.wanted) {
            if (!key_field(wanted.kind).empty()) keys[wanted.kind].insert(wanted.key);
        }
        for (const auto& [kind, all] : keys) named_[kind] = stocks_.of(kind).named(all);
    }

    // The identifier of what is taken over, if nothing stands for the key yet; empty: nothing. What has the key by itself need not be told.
    [[nodiscard]] std::string adopted_by(const Wanted& wanted) const {
        if (!wanted.adopt.empty() && wanted.kind != Kind::region) return wanted.adopt;
        const auto named = named_.find(wanted.kind);
        if (named == named_.end()) return {};
        const auto found = named->second.find(wanted.key);
        return found == named->second.end() ? "" : found->second;
    }

    const Current* find(Kind kind, const std::string& identifier) const {
        const auto all = currents_.find(kind);
        if (all == currents_.end()) return nullptr;
        const auto found = all->second.find(identifier);
        return found == all->second.end() ? nullptr : &found->second;
    }

    void settle(Item& item, const std::map<Key, std::string>& key_of) {
        const auto kind = item.wanted->kind;
        if (item.row) item.current = find(kind, item.row->resource);
        const auto adopted = adopted_by(*item.wanted);
        if (item.current == nullptr && !adopted.empty()) {
            item.current = find(kind, adopted);
            item.adopts = item.current != nullptr;
            if (item.adopts) take_over_row(item, key_of);
        }
        if (item.row && item.current != nullptr && item.row->resource == item.current->identifier) item.applied = parsed(item.row->applied);
        if (item.current == nullptr) return;
        item.identifier = item.current->identifier;
        references_.tell(kind, item.wanted->key, item.identifier);
        if (!taken_.emplace(kind, item.identifier).second) {
            problems_.push_back({item.wanted->pointer + "/adopt", fmt::format("{} is another {} of these files already", item.identifier, name_of(kind))});
        }
    }

    // A resource of these files that is adopted under another key has been given another name.
    void take_over_row(Item& item, const std::map<Key, std::string>& key_of) {
        const auto before = key_of.find({item.wanted->kind, item.current->identifier});
        if (before == key_of.end()) return;
        item.old_key = before->second;
        item.row = rows_.at({item.wanted->kind, before->second});
        item.adopts = false;
    }

    void load_claims() {
        std::vector<Key> resources;
        for (const auto& item : items_) {
            if (item.current != nullptr) resources.emplace_back(item.wanted->kind, item.identifier);
        }
        if (!resources.empty()) claims_ = managed_store::others(tx_, request_.owner, resources);
    }

    void resolve_all() {
        for (const auto kind : kKinds) resolve(kind);
    }

    void resolve(Kind kind) {
        for (auto& item : items_) {
            if (item.wanted->kind != kind) continue;
            item.patch = references_.resolve(kind, item.wanted->key, item.wanted->set, item.wanted->at(), problems_);
            item.secrets = nullptr;
            const bool has_secrets = kind == Kind::monitor || kind == Kind::channel || kind == Kind::status_page;  // of others it is a field that nobody knows
            if (const auto secrets = item.patch.find("secrets"); has_secrets && secrets != item.patch.end()) {
                item.secrets = *secrets;
                item.patch.erase("secrets");
                if (!item.secrets.is_object()) problems_.push_back({item.wanted->at() + "/secrets", "must be a map of names and values"});
            }
        }
    }

    // Monitors name regions, and regions monitors as anchors: those that there are not yet are made without, and get them at the end.
    void make_regions() {
        for (auto& item : items_) {
            if (item.wanted->kind != Kind::region || item.current != nullptr) continue;
            auto document = item.patch;
            document.erase("anchors");
            const auto made = canonical(Kind::region, document, item.wanted->at(), problems_);
            if (!problems_.empty()) continue;
            attempt(item, [&] { stocks_.of(Kind::region).create(made, item.wanted->at()); });
            auto loaded = stocks_.of(Kind::region).load({item.wanted->key});
            if (loaded.empty()) continue;
            currents_[Kind::region].merge(loaded);
            item.current = find(Kind::region, item.wanted->key);
            item.identifier = item.wanted->key;
            item.fresh = true;
        }
    }

    template <class Body>
    void attempt(const Item& item, Body body) {
        try {
            body();
        } catch (const http::ProblemError& error) {
            if (error.errors.empty()) throw http::ProblemError{error.kind, error.detail, {{item.wanted->pointer, error.detail}}};
            for (const auto& problem : error.errors) problems_.push_back({item.wanted->at() + problem.pointer, problem.detail});
        } catch (const db::DbError& error) {
            if (error.failure() != db::Failure::unique && error.failure() != db::Failure::check && error.failure() != db::Failure::foreign_key) throw;
            // The transaction is of no use any more.
            const auto response = database_problem(error);
            const auto told = json::parse(response.body);
            throw http::ProblemError{http::problem::invalid, "one mistake",
                                     {{item.wanted->pointer, told ? told->value("detail", std::string{}) : std::string{"is refused by the database"}}}};
        }
    }

    static Json fallback_of(const Item& item) {
        const auto found = item.wanted->set.find("fallback_channel_id");
        return found == item.wanted->set.end() ? Json::object() : Json{{"fallback_channel_id", *found}};
    }

    // A channel comes after the one that stands in for it.
    std::vector<Item*> in_order(Kind kind) {
        std::map<std::string, Item*> by_key;
        for (auto& item : items_) {
            if (item.wanted->kind == kind) by_key[item.wanted->key] = &item;
        }
        const auto stand_in = [&by_key](const Item& item) -> const Item* {
            const auto fallback = fallback_of(item);
            if (fallback.empty() || !fallback["fallback_channel_id"].is_string()) return nullptr;
            const auto found = by_key.find(fallback["fallback_channel_id"].get<std::string>());
            return found == by_key.end() ? nullptr : found->second;
        };
        std::vector<std::pair<std::size_t, Item*>> by_depth;
        for (auto& item : items_) {
            if (item.wanted->kind != kind) continue;
            std::size_t depth = 0;
            for (const auto* at = &item; kind == Kind::channel && at != nullptr && depth < by_key.size(); at = stand_in(*at)) ++depth;
            by_depth.emplace_back(depth, &item);
        }
        std::stable_sort(by_depth.begin(), by_depth.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        std::vector<Item*> order;
        for (const auto& [depth, item] : by_depth) order.push_back(item);
        return order;
    }

    void decide_all(Kind kind) {
        std::set<std::string> with_secrets;
        for (const auto& item : items_) {
            if (item.wanted->kind == kind && item.current != nullptr && !item.current->secret_names.empty() && !is_as_it_was(item) && needs_reading(item)) with_secrets.insert(item.identifier);
        }
        if (!with_secrets.empty()) stocks_.of(kind).open_secrets(with_secrets);
        std::size_t looked_at = 0;
        for (auto* place : in_order(kind)) {
            auto& item = *place;
            // What it names may have been made just now.
            if (kind == Kind::channel) item.patch.update(references_.resolve(kind, item.wanted->key, fallback_of(item), item.wanted->at(), problems_));
            // The server ends a transaction that says nothing for long, and tens of thousands may have to be read anew.
            if (++looked_at % 2000 == 0) tx_.run(kStillHere);
            if (kind == Kind::status_page && item.secrets.is_object()) tx_.run(kStillHere);  // each password is held against its hash
            if (item.current != nullptr) {
                change(item);
            } else {
                create(item);
            }
        }
    }

    void refuse_claimed(const Item& item) {
        const auto [first, last] = claims_.equal_range({item.wanted->kind, item.identifier});
        if (first == last) return;
        const auto set = fields_of(said(item));
        for (auto claim = first; claim != last; ++claim) {
            for (const auto& [field, value] : fields_of(parsed(claim->second.applied))) {
                const auto key = key_field(item.wanted->kind);
                const bool goes_without_saying = field == "/site_id" || (!key.empty() && field.substr(1) == key);
                if (set.contains(field) && !goes_without_saying) {
                    problems_.push_back({item.wanted->at() + field, fmt::format("is set by the files of {}", claim->second.owner)});
                }
            }
        }
    }

    void change(Item& item) {
        const auto kind = item.wanted->kind;
        item.version = item.current->version;
        if (is_as_it_was(item)) return step(item, {}, item.current->document);
        refuse_claimed(item);
        if (!needs_reading(item)) return step(item, {}, item.current->document);
        const auto applied = without_secrets(item.applied);
        const auto& stored = stocks_.of(kind).secrets(item.identifier);
        auto desired = desire(item.current->document, applied, item.patch, defaults_of(item, applied, stored)).document;
        const auto secrets = secrets_after(item);
        if (!secrets.empty() || !item.current->secret_names.empty()) desired["secrets"] = secrets;
        const auto mistakes = problems_.size();
        const auto after = canonical(kind, desired, item.wanted->at(), problems_, stored);
        if (problems_.size() != mistakes) return;
        // What is over there and here is left as it is, whatever else differs.
        if (is_over(kind, after, now_) && is_over(kind, item.current->document, now_)) return step(item, {}, item.current->document);
        if (kind == Kind::status_page) refuse_without_password(item, after);
        refuse_what_stays(item, after);
        auto changes = explain_changes(item.current->document, after, applied, item.patch);
        add_secret_changes(item, secrets, stored, changes);
        if (!changes.empty() && problems_.size() == mistakes) write(item, after, secrets, changes);
        step(item, std::move(changes), after);
    }

    void write(Item& item, const Json& after, const Json& secrets, const std::vector<Change>& changes) {
        auto document = after;
        const auto kind = item.wanted->kind;
        if (kind == Kind::monitor && (!secrets.empty() || !item.current->secret_names.empty())) document["secrets"] = secrets;
        const bool secret_changes = std::any_of(changes.begin(), changes.end(), [](const Change& one) { return one.field.starts_with("/secrets/") && one.after.is_string(); });
        if (kind == Kind::channel && secret_changes) document["secrets"] = given(item.secrets);
        if (kind == Kind::status_page && secret_changes) document.update(given(item.secrets));
        attempt(item, [&] { stocks_.of(kind).update(*item.current, document, item.wanted->at()); });
        ++item.version;
    }

    // The canonical document if only the files had said anything: what is as it is there, nobody has set.
    Json defaults_of(const Item& item, const Json& applied, const check::Secrets& stored) const {
        if (applied.empty()) return {};
        auto document = applied;
        for (const auto& field : required_fields(item.wanted->kind)) {
            if (!document.contains(field) && item.current->document.contains(field)) document[field] = item.current->document[field];
        }
        json::Problems problems;
        auto by_default = canonical(item.wanted->kind, document, "", problems, stored);
        return problems.empty() ? by_default : Json{};
    }

    void refuse_without_password(const Item& item, const Json& page) {
        if (const auto missing = missing_password(page, item); !missing.empty()) problems_.push_back({item.wanted->at() + "/secrets", missing});
    }

    void refuse_what_stays(const Item& item, const Json& after) {
        const auto fixed = [&](const char* field, const char* detail) {
            if (item.current->document.contains(field) && item.current->document[field] != after[field]) problems_.push_back({item.wanted->at() + '/' + field, detail});
        };
        if (item.wanted->kind == Kind::monitor) {
            fixed("site_id", "a monitor cannot move to another site: give it another key");
            fixed("kind", "the kind of a monitor cannot change: give it another key");
        } else if (item.wanted->kind == Kind::channel) {
            fixed("kind", "the kind of a channel cannot change: give it another key");
        } else if (item.wanted->kind == Kind::group) {
            fixed("site_id", "the site of a group cannot change: give it another key");
        } else if (item.wanted->kind == Kind::schedule_override) {
            fixed("schedule_id", "the schedule of an override cannot change: give it another key");
        }
    }

    void create(Item& item) {
        const auto kind = item.wanted->kind;
        auto document = item.patch;
        if (kind == Kind::monitor) {
            if (item.secrets.is_object()) document["secrets"] = item.secrets;
        } else if (kind == Kind::channel) {
            if (const auto missing = missing_secret(document, item.secrets); !missing.empty()) {
                problems_.push_back({item.wanted->at() + "/secrets", missing});
                return;
            }
            document["secrets"] = given(item.secrets);
        }
        const auto at = item.wanted->at();
        const auto mistakes = problems_.size();
        if (kind == Kind::status_page) refuse_without_password(item, document);
        // The site of a monitor has no identifier if it could not be read; what is wrong with the monitor is told all the same.
        if (kind == Kind::monitor && document["site_id"] == "") document["site_id"] = SiteId{1}.text();
        auto judged = document;
        if (kind == Kind::status_page && item.secrets.is_object()) judged["secrets"] = item.secrets;
        const auto made = canonical(kind, judged, at, problems_);
        if (problems_.size() != mistakes) return;
        if (is_over(kind, made, now_)) {
            plan_.steps.push_back({Action::over, kind, item.wanted->key, "", title_of(document), {}, "it is over"});
            return;
        }
        if (kind == Kind::status_page) document.update(given(item.secrets));
        attempt(item, [&] { item.identifier = stocks_.of(kind).create(document, at); });
        if (item.identifier.empty()) return;
        references_.tell(kind, item.wanted->key, item.identifier);
        std::vector<Change> changes;
        for (const auto& [field, value] : fields_of(said(item))) changes.push_back({field, nullptr, value});
        std::erase_if(changes, [&](const Change& one) { return (kind == Kind::monitor && one.field == "/site_id") || (kind == Kind::status_page && one.field == "/slug"); });
        plan_.steps.push_back({Action::create, kind, item.wanted->key, "", title_of(document), std::move(changes),
                               item.row ? "what it was before is gone" : ""});
    }

    void step(const Item& item, std::vector<Change> changes, const Json& after) {
        const auto kind = item.wanted->kind;
        if (item.fresh) {
            changes.clear();
            for (const auto& [field, value] : fields_of(item.patch)) changes.push_back({field, nullptr, value});
            plan_.steps.push_back({Action::create, kind, item.wanted->key, "", title_of(after), std::move(changes), item.row ? "what it was before is gone" : ""});
        } else if (item.adopts) {
            plan_.steps.push_back({Action::adopt, kind, item.wanted->key, item.identifier, title_of(after), std::move(changes), ""});
        } else if (!changes.empty()) {
            plan_.steps.push_back({Action::update, kind, item.wanted->key, item.identifier, title_of(after), std::move(changes), ""});
        } else {
            ++plan_.unchanged;
        }
    }

    void remember(std::vector<Key> gone) {
        std::vector<std::pair<Key, Managed>> rows;
        for (const auto& item : items_) {
            if (item.identifier.empty()) continue;  // over, and not made
            const Key key{item.wanted->kind, item.wanted->key};
            auto text = json::dump(said(item));
            const bool same_resource = item.row && item.row->resource == item.identifier;
            if (!item.old_key.empty()) gone.emplace_back(item.wanted->kind, item.old_key);
            if (same_resource && item.old_key.empty() && item.row->applied == text && item.row->version == item.version) continue;
            const bool made = same_resource ? item.row->made : !item.adopts;
            rows.push_back({key, {item.identifier, made, std::move(text), item.version}});
        }
        managed_store::remove(tx_, request_.owner, gone);
        managed_store::put(tx_, request_.owner, rows);
    }

    const Request& request_;
    db::Tx& tx_;
    TimePoint now_;
    Stocks stocks_;
    std::map<Key, Managed> rows_;
    std::map<Kind, std::map<std::string, std::string>> named_;  // identifiers by key
    std::map<Kind, Currents> currents_;
    std::multimap<Key, Claim> claims_;
    std::set<Key> taken_;
    std::vector<Item> items_;
    References references_;
    Plan plan_;
    json::Problems problems_;
};

}  // namespace

Outcome carry_out(Backend& backend, const Call& call, db::Tx& tx, const Request& request) { return Run(backend, call, tx, request).carry_out(); }

}  // namespace sonde::controlplane::apply_api
