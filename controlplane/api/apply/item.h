// One resource of the files on its way to what is there. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/api/apply/managed.h"
#include "controlplane/api/apply/plan.h"
#include "controlplane/api/apply/stock.h"

namespace sonde::controlplane::apply_api {

struct Item {
    const Wanted* wanted = nullptr;
    std::optional<Managed> row;     // as it was before
    std::string old_key;            // of a resource whose key has changed
    const Current* current = nullptr;
    bool adopts = false;
    Json applied = Json::object();  // of the row
    Json secrets;                   // what is said of them; null: nothing
    Json patch;                     // the rest, as the API has it
    std::string identifier;
    bool fresh = false;             // made before its time, as regions are
    int version = 1;                // when all is done
};

// What was stored as applied. Throws DbError(broken) if it is no document.
Json parsed(const std::string& text);

// What people call the resource.
std::string title_of(const Json& document);

// Whether the files say what they said the last time, and nobody has changed the resource since. Secrets that are given may be others.
bool is_as_it_was(const Item& item);

// Whether there is anything that may come to a change. Else nothing is read, nor a secret opened: of thousands of resources most are as they were.
bool needs_reading(const Item& item);

Json without_secrets(Json document);

// What is remembered as set: of secrets the names.
Json said(const Item& item);

// All the secrets that a resource is to have: a null keeps the value there is. Of a channel what is not said stays.
Json secrets_after(const Item& item);

// The secrets that have a value; of the others the one there is stays.
Json given(const Json& secrets);

// Why a channel cannot be made with these secrets; empty if it can.
std::string missing_secret(const Json& channel, const Json& secrets);

// Why a status page cannot have this document; empty if it can.
std::string missing_password(const Json& page, const Item& item);

// What changes with `after`, if `before` are the values there are; of a status page the hash that the value is held against, which takes a tenth of a second.
void add_secret_changes(const Item& item, const Json& after, const check::Secrets& before, std::vector<Change>& changes);

}  // namespace sonde::controlplane::apply_api
