// What there is of each kind, and its writing: as the resources' own operations do it, in the caller's transaction.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "controlplane/api/apply/kind.h"
#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::apply_api {

struct Current {
    std::string identifier;
    int version = 1;
    Json document;  // canonical, without secrets
    std::vector<std::string> secret_names;
};

// By identifier.
using Currents = std::map<std::string, Current>;

// Of one transaction. Throws DbError, conflict if something that is to be written was changed by others since it was loaded, and ProblemError with
// pointers below the document's own.
class Stock {
public:
    virtual ~Stock() = default;

    virtual Currents load(const std::set<std::string>& identifiers) = 0;
    // At most `most`, and one more where there are more.
    virtual Currents load_all(std::size_t most) = 0;
    // The identifiers of what has these keys by itself, whoever made it: of kinds that have a `key_field`.
    virtual std::map<std::string, std::string> named(const std::set<std::string>&) { return {}; }
    // The secrets of those that were loaded, where the kind has secrets that are compared.
    virtual void open_secrets(const std::set<std::string>&) {}
    [[nodiscard]] virtual const check::Secrets& secrets(const std::string& identifier) const;

    // Of a document that was read without a mistake; `pointer` is for what is wrong with it and shows only when it is written. Returns its identifier.
    virtual std::string create(const Json& document, const std::string& pointer) = 0;
    virtual void update(const Current& current, const Json& document, const std::string& pointer) = 0;
    virtual void remove(const Current& current) = 0;
    // What was kept back to be written together. Writes nothing if there are problems.
    virtual void flush(json::Problems&) {}
};

std::unique_ptr<Stock> site_stock(db::Tx& tx);
std::unique_ptr<Stock> monitor_stock(Backend& backend, db::Tx& tx);
std::unique_ptr<Stock> schedule_override_stock(db::Tx& tx);
// Of the other kinds.
std::unique_ptr<Stock> stock_of(Kind kind, Backend& backend, const Call& call, db::Tx& tx);

// One for each kind.
class Stocks {
public:
    Stocks(Backend& backend, const Call& call, db::Tx& tx);
    [[nodiscard]] Stock& of(Kind kind) const { return *all_.at(static_cast<std::size_t>(kind)); }

private:
    std::vector<std::unique_ptr<Stock>> all_;
};

}  // namespace sonde::controlplane::apply_api
